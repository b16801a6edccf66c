// What every thread store must do.

import { describe, expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import type { Owner, StoredPage, ThreadStore } from "../ports.ts";
import type { StoredItem, StoredThread } from "../protocol/items.ts";

export type DisposableThreadStore = ThreadStore & Partial<AsyncDisposable>;

const ada: Owner = { tenant: "north", user: "ada" };
/** Everybody who is not Ada: other tenant, other user, and names that would coincide if they were simply joined. */
const strangers: readonly Owner[] = [
  { tenant: "north", user: "bob" },
  { tenant: "south", user: "ada" },
  { tenant: "northa", user: "da" },
];

export function threadStoreSuite(openStore: () => Promise<DisposableThreadStore>): void {
  const storeTest = test.extend<{ store: ThreadStore }>({
    store: async ({ onTestFinished }, use) => {
      const store = await openStore();
      onTestFinished(async () => store[Symbol.asyncDispose]?.());
      await use(store);
    },
  });

  describe("threads", () => {
    storeTest("come back as they were written", async ({ store, signal }) => {
      const written: StoredThread = {
        ...thread("thr_1"),
        title: "Ahoj \u2028 🙂",
        status: { type: "locked", reason: "paid" },
        allowed_image_domains: [],
        metadata: { nested: { list: [1, null, "x"] } },
      };
      await store.saveThread(ada, written, signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(written);
      expect(await store.loadThread(ada, "thr_2", signal)).toBeNull();
    });

    storeTest("keep members that we do not know", async ({ store, signal }) => {
      const later = { ...thread("thr_1"), pinned: true };
      await store.saveThread(ada, later, signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(later);
    });

    storeTest("keep their place when saved again", async ({ store, signal }) => {
      for (const id of ["thr_1", "thr_2", "thr_3"]) await store.saveThread(ada, thread(id), signal);
      await store.saveThread(ada, { ...thread("thr_1", 9), title: "new" }, signal);
      const page = await store.listThreads(ada, { limit: 10, order: "asc" }, signal);
      expect(ids(page)).toEqual(["thr_1", "thr_2", "thr_3"]);
      expect(page.rows[0]?.title).toBe("new");
    });

    storeTest("are not tied to what the caller goes on changing", async ({ store, signal }) => {
      const mutable = { ...thread("thr_1"), metadata: { step: 1 } };
      await store.saveThread(ada, mutable, signal);
      mutable.metadata.step = 2;
      const loaded = await store.loadThread(ada, "thr_1", signal);
      expect(loaded?.metadata).toEqual({ step: 1 });
    });

    storeTest(
      "are listed in pages, in both orders, without loss or repetition",
      async ({ store, signal }) => {
        // Three instants, each of them four times: order within an instant is the order of writing.
        const all = Array.from({ length: 12 }, (_, at) => `thr_${String(at).padStart(2, "0")}`);
        for (const [at, id] of all.entries())
          await store.saveThread(ada, thread(id, Math.floor(at / 4)), signal);
        expect(await pagedThreads(store, "asc", 5, signal)).toEqual(all);
        expect(await pagedThreads(store, "desc", 5, signal)).toEqual(all.toReversed());
        expect(await pagedThreads(store, "asc", 4, signal)).toEqual(all);
      },
    );

    storeTest("an exactly full page is the last", async ({ store, signal }) => {
      for (const id of ["thr_1", "thr_2"]) await store.saveThread(ada, thread(id), signal);
      const page = await store.listThreads(ada, { limit: 2, order: "asc" }, signal);
      expect(page).toMatchObject({ hasMore: false });
      expect(page.rows).toHaveLength(2);
    });

    storeTest("an unknown cursor is refused", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      expect(await refused(store.listThreads(ada, { limit: 2, order: "asc", after: "thr_9" }, signal))).toBe(
        "not_found",
      );
    });

    storeTest("one instant may be written in many ways", async ({ store, signal }) => {
      const times = [
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.000600Z",
        "2026-01-02T05:04:05.001+02:00",
        "2026-01-02T03:04:05.5Z",
      ];
      for (const [at, created_at] of [...times.entries()].toReversed()) {
        await store.saveThread(ada, { ...thread(`thr_${at}`), created_at }, signal);
      }
      const page = await store.listThreads(ada, { limit: 10, order: "asc" }, signal);
      expect(ids(page)).toEqual(["thr_0", "thr_1", "thr_2", "thr_3"]);
    });

    storeTest("are deleted with their items, again without complaint", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveItems(ada, "thr_1", [message("msg_1")], signal);
      await store.deleteThread(ada, "thr_1", signal);
      await store.deleteThread(ada, "thr_1", signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
      expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).toBeNull();
      await store.saveThread(ada, thread("thr_1"), signal);
      expect((await items(store, ada, signal)).rows).toEqual([]);
    });
  });

  describe("items", () => {
    storeTest(
      "come back as they were written, with members that we do not know",
      async ({ store, signal }) => {
        await store.saveThread(ada, thread("thr_1"), signal);
        const later = { ...message("msg_1"), reaction: { emoji: "👍", by: null } };
        await store.saveItems(ada, "thr_1", [later], signal);
        expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).toEqual(later);
        expect(await store.loadItem(ada, "thr_1", "msg_2", signal)).toBeNull();
      },
    );

    storeTest("keep their place when saved again, also as another kind", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveItems(
        ada,
        "thr_1",
        [message("msg_1", 1), message("msg_2", 1), message("msg_3", 1)],
        signal,
      );
      await store.saveItems(ada, "thr_1", [hidden("msg_1", 9)], signal);
      const page = await items(store, ada, signal);
      expect(ids(page)).toEqual(["msg_1", "msg_2", "msg_3"]);
      expect(page.rows[0]?.type).toBe("hidden_context_item");
      const visible = await store.listItems(
        ada,
        "thr_1",
        { limit: 9, order: "asc", visibleOnly: true },
        signal,
      );
      expect(ids(visible)).toEqual(["msg_2", "msg_3"]);
    });

    storeTest("all of a call are written, or none", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      const unwritable = { ...message("msg_2"), created_at: "yesterday" };
      await expect(store.saveItems(ada, "thr_1", [message("msg_1"), unwritable], signal)).rejects.toThrow(
        "ISO 8601",
      );
      expect((await items(store, ada, signal)).rows).toEqual([]);
    });

    storeTest("need a thread", async ({ store, signal }) => {
      expect(await refused(store.saveItems(ada, "thr_1", [message("msg_1")], signal))).toBe("not_found");
      expect(await refused(items(store, ada, signal))).toBe("not_found");
    });

    storeTest("the same id lives in two threads", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveThread(ada, thread("thr_2"), signal);
      await store.saveItems(ada, "thr_1", [message("msg_1")], signal);
      await store.saveItems(ada, "thr_2", [{ ...message("msg_1"), thread_id: "thr_2" }], signal);
      await store.deleteItems(ada, "thr_2", ["msg_1"], signal);
      expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).not.toBeNull();
    });

    storeTest("pages of visible items are full whenever there are rows", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      const written = Array.from({ length: 30 }, (_, at) =>
        at % 3 === 0 ? message(`msg_${at}`, 0) : hidden(`hid_${at}`, 0),
      );
      await store.saveItems(ada, "thr_1", written, signal);
      const first = await store.listItems(
        ada,
        "thr_1",
        { limit: 4, order: "asc", visibleOnly: true },
        signal,
      );
      expect(ids(first)).toEqual(["msg_0", "msg_3", "msg_6", "msg_9"]);
      expect(first.hasMore).toBe(true);
      const rest = await store.listItems(
        ada,
        "thr_1",
        { limit: 6, order: "asc", visibleOnly: true, after: "msg_9" },
        signal,
      );
      expect(ids(rest)).toEqual(["msg_12", "msg_15", "msg_18", "msg_21", "msg_24", "msg_27"]);
      expect(rest.hasMore).toBe(false);
    });

    storeTest("a hidden item serves as cursor", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveItems(ada, "thr_1", [message("msg_1"), hidden("hid_1"), message("msg_2")], signal);
      const page = await store.listItems(
        ada,
        "thr_1",
        { limit: 9, order: "desc", visibleOnly: true, after: "hid_1" },
        signal,
      );
      expect(ids(page)).toEqual(["msg_1"]);
    });

    storeTest("a cursor of another thread is refused", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveThread(ada, thread("thr_2"), signal);
      await store.saveItems(ada, "thr_2", [{ ...message("msg_1"), thread_id: "thr_2" }], signal);
      const page = { limit: 9, order: "asc", visibleOnly: false, after: "msg_1" } as const;
      expect(await refused(store.listItems(ada, "thr_1", page, signal))).toBe("not_found");
    });

    storeTest("are deleted by id, unknown ones without complaint", async ({ store, signal }) => {
      await store.saveThread(ada, thread("thr_1"), signal);
      await store.saveItems(ada, "thr_1", [message("msg_1"), message("msg_2"), message("msg_3")], signal);
      await store.deleteItems(ada, "thr_1", ["msg_1", "msg_9", "msg_3"], signal);
      await store.deleteItems(ada, "thr_9", ["msg_2"], signal);
      await store.deleteItems(ada, "thr_1", [], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_2"]);
    });
  });

  describe("S63: another owner with the right ids", () => {
    for (const stranger of strangers) {
      storeTest(
        `${stranger.tenant}/${stranger.user} finds and changes nothing`,
        async ({ store, signal }) => {
          const mine = { ...thread("thr_1"), title: "mine" };
          await store.saveThread(ada, mine, signal);
          await store.saveItems(ada, "thr_1", [message("msg_1")], signal);

          expect(await store.loadThread(stranger, "thr_1", signal)).toBeNull();
          expect(await store.loadItem(stranger, "thr_1", "msg_1", signal)).toBeNull();
          expect((await store.listThreads(stranger, { limit: 9, order: "asc" }, signal)).rows).toEqual([]);
          expect(
            await refused(store.listThreads(stranger, { limit: 9, order: "asc", after: "thr_1" }, signal)),
          ).toBe("not_found");
          expect(await refused(items(store, stranger, signal))).toBe("not_found");
          expect(
            await refused(store.saveItems(stranger, "thr_1", [message("msg_1"), message("msg_2")], signal)),
          ).toBe("not_found");
          await store.deleteItems(stranger, "thr_1", ["msg_1"], signal);
          await store.deleteThread(stranger, "thr_1", signal);
          await store.saveThread(stranger, { ...thread("thr_1"), title: "theirs" }, signal);
          expect((await items(store, stranger, signal)).rows).toEqual([]);

          expect(await store.loadThread(ada, "thr_1", signal)).toEqual(mine);
          expect(ids(await items(store, ada, signal))).toEqual(["msg_1"]);
        },
      );
    }
  });

  storeTest("an aborted operation throws and does nothing", async ({ store, signal }) => {
    await store.saveThread(ada, thread("thr_1"), signal);
    const aborted = AbortSignal.abort();
    await expect(store.saveThread(ada, { ...thread("thr_1"), title: "late" }, aborted)).rejects.toThrow(
      "aborted",
    );
    await expect(store.saveItems(ada, "thr_1", [message("msg_1")], aborted)).rejects.toThrow("aborted");
    await expect(store.loadThread(ada, "thr_1", aborted)).rejects.toThrow("aborted");
    expect((await store.loadThread(ada, "thr_1", signal))?.title).toBeUndefined();
    expect((await items(store, ada, signal)).rows).toEqual([]);
  });
}

function thread(id: string, second = 0): StoredThread {
  return { id, created_at: timeAt(second), status: { type: "active" }, metadata: {} };
}

function message(id: string, second = 0): StoredItem {
  return {
    id,
    thread_id: "thr_1",
    created_at: timeAt(second),
    type: "assistant_message",
    content: [{ type: "output_text", text: id, annotations: [] }],
  };
}

function hidden(id: string, second = 0): StoredItem {
  return {
    id,
    thread_id: "thr_1",
    created_at: timeAt(second),
    type: "hidden_context_item",
    content: { secret: id },
  };
}

function timeAt(second: number): string {
  return new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
}

function ids(page: StoredPage<{ readonly id: string }>): string[] {
  return page.rows.map((row) => row.id);
}

function items(store: ThreadStore, owner: Owner, signal: AbortSignal): Promise<StoredPage<StoredItem>> {
  return store.listItems(owner, "thr_1", { limit: 100, order: "asc", visibleOnly: false }, signal);
}

async function pagedThreads(
  store: ThreadStore,
  order: "asc" | "desc",
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  const seen: string[] = [];
  let after: string | undefined;
  for (let count = 0; count < 20; count++) {
    const page = await store.listThreads(
      ada,
      { limit, order, ...(after === undefined ? {} : { after }) },
      signal,
    );
    seen.push(...ids(page));
    after = page.rows.at(-1)?.id;
    if (!page.hasMore) return seen;
  }
  throw new Error("the list does not end");
}

/** The code of the refusal. */
async function refused(operation: Promise<unknown>): Promise<string> {
  const thrown: unknown = await operation.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ChatKitError)) throw new Error("not refused", { cause: thrown });
  return thrown.code;
}
