// What every thread store must do: threads.

import { ChatKitError } from "../errors.ts";
import { describe, expect } from "vitest";

import type { StoredThread } from "../protocol/items.ts";
import {
  ada,
  attachment,
  ids,
  items,
  message,
  pagedThreads,
  refused,
  type StoreTest,
  thread,
} from "./suite-fixture.ts";

export function threadsSuite(storeTest: StoreTest): void {
  describe("threads", () => {
    storeTest("come back as they were written", async ({ store, signal }) => {
      const written: StoredThread = {
        ...thread("thr_1"),
        title: "Ahoj \u2028 🙂",
        status: { type: "locked", reason: "paid" },
        allowed_image_domains: [],
        metadata: { nested: { list: [1, null, "x"] } },
      };
      await store.createThread(ada, written, [], signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(written);
      expect(await store.loadThread(ada, "thr_2", signal)).toBeNull();
    });

    storeTest("keep members that we do not know", async ({ store, signal }) => {
      const later = { ...thread("thr_1"), pinned: true };
      await store.createThread(ada, later, [], signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(later);
    });

    storeTest("keep their place when saved again", async ({ store, signal }) => {
      for (const id of ["thr_1", "thr_2", "thr_3"]) await store.createThread(ada, thread(id), [], signal);
      await store.createThread(ada, { ...thread("thr_1", 9), title: "new" }, [], signal);
      const page = await store.listThreads(ada, { limit: 10, order: "asc" }, signal);
      expect(ids(page)).toEqual(["thr_1", "thr_2", "thr_3"]);
      expect(page.rows[0]?.title).toBe("new");
    });

    storeTest("are not tied to what the caller goes on changing", async ({ store, signal }) => {
      const mutable = { ...thread("thr_1"), metadata: { step: 1 } };
      await store.createThread(ada, mutable, [], signal);
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
          await store.createThread(ada, thread(id, Math.floor(at / 4)), [], signal);
        expect(await pagedThreads(store, "asc", 5, signal)).toEqual(all);
        expect(await pagedThreads(store, "desc", 5, signal)).toEqual(all.toReversed());
        expect(await pagedThreads(store, "asc", 4, signal)).toEqual(all);
      },
    );

    storeTest("an exactly full page is the last", async ({ store, signal }) => {
      for (const id of ["thr_1", "thr_2"]) await store.createThread(ada, thread(id), [], signal);
      const page = await store.listThreads(ada, { limit: 2, order: "asc" }, signal);
      expect(page).toMatchObject({ hasMore: false });
      expect(page.rows).toHaveLength(2);
    });

    storeTest("S67: an unknown cursor is refused", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
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
        await store.createThread(ada, { ...thread(`thr_${at}`), created_at }, [], signal);
      }
      const page = await store.listThreads(ada, { limit: 10, order: "asc" }, signal);
      expect(ids(page)).toEqual(["thr_0", "thr_1", "thr_2", "thr_3"]);
    });

    storeTest("are deleted with their items, again without complaint", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.saveItems(ada, "thr_1", [message("msg_1")], signal);
      await store.deleteThread(ada, "thr_1", signal);
      await store.deleteThread(ada, "thr_1", signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
      expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).toBeNull();
      await store.createThread(ada, thread("thr_1"), [], signal);
      expect((await items(store, ada, signal)).rows).toEqual([]);
    });

    storeTest("are created with their first items", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [message("msg_1"), message("msg_2")], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1", "msg_2"]);
      await store.createThread(ada, { ...thread("thr_1"), title: "again" }, [message("msg_3")], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1", "msg_2", "msg_3"]);
      expect((await store.loadThread(ada, "thr_1", signal))?.title).toBe("again");
    });

    storeTest("are not created when one of their items cannot be written", async ({ store, signal }) => {
      const broken = { ...message("msg_2"), created_at: "yesterday" };
      await expect(
        store.createThread(ada, thread("thr_1"), [message("msg_1"), broken], signal),
      ).rejects.toThrow("ISO 8601");
      expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
      expect(await store.listThreads(ada, { limit: 9, order: "asc" }, signal)).toMatchObject({ rows: [] });
    });

    storeTest("are updated in place", async ({ store, signal }) => {
      for (const id of ["thr_1", "thr_2"])
        await store.createThread(ada, thread(id), [message("msg_1")], signal);
      const later = { ...thread("thr_1", 30), title: "new", pinned: true };
      await store.updateThread(ada, later.id, () => later, signal);
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(later);
      expect(ids(await store.listThreads(ada, { limit: 9, order: "asc" }, signal))).toEqual([
        "thr_1",
        "thr_2",
      ]);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1"]);
    });

    storeTest("are changed by many at once, and no change is lost", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      const changes = Array.from({ length: 10 }, (_, at) =>
        store.updateThread(
          ada,
          "thr_1",
          (stored) => ({ ...stored, metadata: { ...stored.metadata, [`key_${at}`]: at } }),
          signal,
        ),
      );
      await Promise.all(changes);
      const stored = await store.loadThread(ada, "thr_1", signal);
      expect(Object.keys(stored?.metadata ?? {})).toHaveLength(10);
    });

    storeTest("are not changed by what refuses to", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      const refuse = () => {
        throw new ChatKitError("thread_locked");
      };
      expect(await refused(store.updateThread(ada, "thr_1", refuse, signal))).toBe("conflict");
      expect(await store.loadThread(ada, "thr_1", signal)).toEqual(thread("thr_1"));
    });

    storeTest(
      "do not come back once deleted, by an update or an item of a turn that goes on",
      async ({ store, signal }) => {
        await store.createThread(ada, thread("thr_1"), [message("msg_1")], signal);
        await store.deleteThread(ada, "thr_1", signal);
        expect(await refused(store.updateThread(ada, "thr_1", () => thread("thr_1"), signal))).toBe(
          "not_found",
        );
        expect(await refused(store.saveItems(ada, "thr_1", [message("msg_2")], signal))).toBe("not_found");
        expect(await refused(store.replaceItemsAfter(ada, "thr_1", "msg_1", [], signal))).toBe("not_found");
        expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
        expect(await store.loadItem(ada, "thr_1", "msg_2", signal)).toBeNull();
      },
    );

    storeTest(
      "are deleted together with all that is written to them at the same time",
      async ({ store, signal }) => {
        await store.createThread(ada, thread("thr_1"), [message("msg_0")], signal);
        const writes = Array.from({ length: 50 }, (_, at) =>
          store.saveItems(ada, "thr_1", [message(`msg_${at}`)], signal).catch(() => {}),
        );
        await Promise.all([
          ...writes.slice(0, 25),
          store.deleteThread(ada, "thr_1", signal),
          ...writes.slice(25),
        ]);
        await store.createThread(ada, thread("thr_1"), [], signal);
        expect((await items(store, ada, signal)).rows).toEqual([]);
      },
    );

    storeTest(
      "doom their attachments when they are deleted, and no others (S73)",
      async ({ store, signal }) => {
        for (const id of ["thr_1", "thr_2"]) await store.createThread(ada, thread(id), [], signal);
        await store.saveAttachment(ada, attachment("atc_1", { thread_id: "thr_1" }), signal);
        await store.saveAttachment(ada, attachment("atc_2", { thread_id: "thr_2" }), signal);
        await store.saveAttachment(ada, attachment("atc_3"), signal);
        await store.saveAttachment(ada, attachment("atc_4", { thread_id: "thr_1" }), signal);
        expect((await store.deleteThread(ada, "thr_1", signal)).toSorted()).toEqual(["atc_1", "atc_4"]);
        expect(await store.loadAttachment(ada, "atc_1", signal)).toBeNull();
        expect(await store.loadAttachment(ada, "atc_2", signal)).not.toBeNull();
        expect(await store.loadAttachment(ada, "atc_3", signal)).not.toBeNull();
        expect(await store.deleteThread(ada, "thr_9", signal)).toEqual([]);
      },
    );
  });
}
