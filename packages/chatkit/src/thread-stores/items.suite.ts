// What every thread store must do: items.

import { describe, expect } from "vitest";

import { ada, hidden, ids, items, message, refused, type StoreTest, thread } from "./suite-fixture.ts";

export function itemsSuite(storeTest: StoreTest): void {
  describe("items", () => {
    storeTest(
      "come back as they were written, with members that we do not know",
      async ({ store, signal }) => {
        await store.createThread(ada, thread("thr_1"), [], signal);
        const later = { ...message("msg_1"), reaction: { emoji: "👍", by: null } };
        await store.saveItems(ada, "thr_1", [later], signal);
        expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).toEqual(later);
        expect(await store.loadItem(ada, "thr_1", "msg_2", signal)).toBeNull();
      },
    );

    storeTest("keep their place when saved again, also as another kind", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
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
      await store.createThread(ada, thread("thr_1"), [], signal);
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
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.createThread(ada, thread("thr_2"), [], signal);
      await store.saveItems(ada, "thr_1", [message("msg_1")], signal);
      await store.saveItems(ada, "thr_2", [{ ...message("msg_1"), thread_id: "thr_2" }], signal);
      await store.deleteItems(ada, "thr_2", ["msg_1"], signal);
      expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).not.toBeNull();
    });

    storeTest("pages of visible items are full whenever there are rows", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
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
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.saveItems(ada, "thr_1", [message("msg_1"), hidden("hid_1"), message("msg_2")], signal);
      const page = await store.listItems(
        ada,
        "thr_1",
        { limit: 9, order: "desc", visibleOnly: true, after: "hid_1" },
        signal,
      );
      expect(ids(page)).toEqual(["msg_1"]);
    });

    storeTest("S67: a cursor of another thread is refused", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.createThread(ada, thread("thr_2"), [], signal);
      await store.saveItems(ada, "thr_2", [{ ...message("msg_1"), thread_id: "thr_2" }], signal);
      const page = { limit: 9, order: "asc", visibleOnly: false, after: "msg_1" } as const;
      expect(await refused(store.listItems(ada, "thr_1", page, signal))).toBe("not_found");
    });

    storeTest("are deleted by id, unknown ones without complaint", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.saveItems(ada, "thr_1", [message("msg_1"), message("msg_2"), message("msg_3")], signal);
      await store.deleteItems(ada, "thr_1", ["msg_1", "msg_9", "msg_3"], signal);
      await store.deleteItems(ada, "thr_9", ["msg_2"], signal);
      await store.deleteItems(ada, "thr_1", [], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_2"]);
    });

    for (const order of ["asc", "desc"] as const) {
      storeTest(`pages of equal times join to the whole, ${order}`, async ({ store, signal }) => {
        // Three instants, ten items each; written in one call, and one by one.
        const written = Array.from({ length: 30 }, (_, at) => message(`msg_${at}`, Math.floor(at / 10)));
        await store.createThread(ada, thread("thr_1"), written.slice(0, 15), signal);
        for (const item of written.slice(15)) await store.saveItems(ada, "thr_1", [item], signal);
        const expected = written.map((item) => item.id);
        for (const limit of [1, 7, 10, 30]) {
          const seen: string[] = [];
          for (let more = true; more && seen.length <= 30;) {
            const after = seen.at(-1);
            const page = { limit, order, visibleOnly: false, ...(after === undefined ? {} : { after }) };
            const found = await store.listItems(ada, "thr_1", page, signal);
            seen.push(...ids(found));
            more = found.hasMore;
          }
          expect(seen).toEqual(order === "asc" ? expected : expected.toReversed());
        }
      });
    }

    storeTest("that come after one are deleted, hidden ones too", async ({ store, signal }) => {
      // By time, then by writing: of equal times only those that were written later.
      const written = [
        message("msg_3", 2),
        message("msg_1", 1),
        message("msg_2", 1),
        hidden("hid_1", 1),
        message("msg_0", 0),
      ];
      await store.createThread(ada, thread("thr_1"), written, signal);
      await store.createThread(
        ada,
        thread("thr_2"),
        [{ ...message("msg_9", 9), thread_id: "thr_2" }],
        signal,
      );
      await store.replaceItemsAfter(ada, "thr_1", "msg_1", [], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_0", "msg_1"]);
      expect(await store.loadItem(ada, "thr_1", "hid_1", signal)).toBeNull();
      expect(await store.loadItem(ada, "thr_2", "msg_9", signal)).not.toBeNull();
      await store.replaceItemsAfter(ada, "thr_1", "msg_1", [], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_0", "msg_1"]);
    });

    storeTest("are not deleted after one that is not there", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [message("msg_1"), message("msg_2")], signal);
      await store.createThread(ada, thread("thr_2"), [{ ...message("msg_9"), thread_id: "thr_2" }], signal);
      expect(await refused(store.replaceItemsAfter(ada, "thr_1", "msg_9", [], signal))).toBe("not_found");
      expect(await refused(store.replaceItemsAfter(ada, "thr_9", "msg_1", [], signal))).toBe("not_found");
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1", "msg_2"]);
    });

    storeTest("can be written where others were deleted", async ({ store, signal }) => {
      await store.createThread(
        ada,
        thread("thr_1"),
        [message("msg_1"), message("msg_2"), message("msg_3")],
        signal,
      );
      await store.replaceItemsAfter(ada, "thr_1", "msg_1", [], signal);
      await store.saveItems(ada, "thr_1", [message("msg_3"), message("msg_2")], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1", "msg_3", "msg_2"]);
    });

    storeTest("ten thousand of them are paged, cut and deleted like ten", async ({ store, signal }) => {
      const many = Array.from({ length: 10_000 }, (_, at) => message(`msg_${at}`, Math.floor(at / 3000)));
      await store.createThread(ada, thread("thr_1"), many, signal);
      const page = { limit: 100, order: "desc", visibleOnly: true, after: "msg_5000" } as const;
      const found = await store.listItems(ada, "thr_1", page, signal);
      expect(found.hasMore).toBe(true);
      expect([found.rows[0]?.id, found.rows[99]?.id]).toEqual(["msg_4999", "msg_4900"]);

      await store.replaceItemsAfter(ada, "thr_1", "msg_49", [], signal);
      expect(ids(await items(store, ada, signal))).toEqual(many.slice(0, 50).map((item) => item.id));
      await store.saveItems(ada, "thr_1", many, signal);
      await store.deleteThread(ada, "thr_1", signal);
      await store.createThread(ada, thread("thr_1"), [], signal);
      expect((await items(store, ada, signal)).rows).toEqual([]);
    });
  });
}
