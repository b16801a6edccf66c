// What every thread store must do: nobody reaches what is not theirs (S63 to S65).

import { describe, expect } from "vitest";

import {
  ada,
  attachment,
  ids,
  items,
  message,
  refused,
  strangers,
  type StoreTest,
  thread,
} from "./suite-fixture.ts";

const page = { limit: 9, order: "asc" } as const;

export function isolationSuite(storeTest: StoreTest): void {
  describe("S63: another owner with the right ids", () => {
    for (const stranger of strangers) {
      const name = `${stranger.tenant}/${stranger.user}`;

      storeTest(`${name} finds and changes nothing`, async ({ store, signal }) => {
        const mine = { ...thread("thr_1"), title: "mine" };
        const file = attachment("atc_1", { thread_id: "thr_1", size: 5 });
        await store.createThread(ada, mine, [message("msg_1"), message("msg_2")], signal);
        await store.saveAttachment(ada, file, signal);

        expect(await store.loadThread(stranger, "thr_1", signal)).toBeNull();
        expect(await store.loadItem(stranger, "thr_1", "msg_1", signal)).toBeNull();
        expect(await store.loadAttachment(stranger, "atc_1", signal)).toBeNull();
        expect(await store.attachmentBytes(stranger, signal)).toBe(0);
        expect((await store.listThreads(stranger, page, signal)).rows).toEqual([]);
        const refusals = [
          store.listThreads(stranger, { ...page, after: "thr_1" }, signal),
          items(store, stranger, signal),
          store.updateThread(stranger, mine.id, (stored) => ({ ...stored, title: "theirs" }), signal),
          store.saveItems(stranger, "thr_1", [message("msg_1"), message("msg_3")], signal),
          store.replaceItemsAfter(stranger, "thr_1", "msg_1", [], signal),
        ];
        expect(await Promise.all(refusals.map(refused))).toEqual(refusals.map(() => "not_found"));
        await store.deleteItems(stranger, "thr_1", ["msg_1"], signal);
        expect(await store.deleteThread(stranger, "thr_1", signal)).toEqual([]);
        await store.doomAttachment(stranger, "atc_1", signal);
        expect(await store.doomUnusedAttachment(stranger, "atc_1", signal)).toBe(false);
        await store.deleteAttachment(stranger, "atc_1", signal);

        expect(await store.loadThread(ada, "thr_1", signal)).toEqual(mine);
        expect(ids(await items(store, ada, signal))).toEqual(["msg_1", "msg_2"]);
        expect(await store.loadItem(ada, "thr_1", "msg_3", signal)).toBeNull();
        expect(await store.loadAttachment(ada, "atc_1", signal)).toEqual(file);
        expect(await store.attachmentBytes(ada, signal)).toBe(5);
      });

      storeTest(`${name} may use the same ids for things of their own`, async ({ store, signal }) => {
        for (const owner of [ada, stranger]) {
          const title = owner.user;
          await store.createThread(owner, { ...thread("thr_1"), title }, [message("msg_1")], signal);
          await store.saveAttachment(owner, attachment("atc_1", { thread_id: "thr_1", name: title }), signal);
        }
        await store.saveItems(stranger, "thr_1", [message("msg_2")], signal);
        await store.replaceItemsAfter(stranger, "thr_1", "msg_1", [], signal);
        expect(await store.deleteThread(stranger, "thr_1", signal)).toEqual(["atc_1"]);

        expect((await store.loadThread(ada, "thr_1", signal))?.title).toBe(ada.user);
        expect(ids(await items(store, ada, signal))).toEqual(["msg_1"]);
        expect((await store.loadAttachment(ada, "atc_1", signal))?.name).toBe(ada.user);
        expect(await store.loadAttachment(stranger, "atc_1", signal)).toBeNull();
      });
    }
  });

  describe("S65: an item is valid only within its thread", () => {
    storeTest("not with another thread of the same owner", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [message("msg_1")], signal);
      await store.createThread(ada, thread("thr_2"), [], signal);
      expect(await store.loadItem(ada, "thr_2", "msg_1", signal)).toBeNull();
      expect(await refused(store.replaceItemsAfter(ada, "thr_2", "msg_1", [], signal))).toBe("not_found");
      await store.deleteItems(ada, "thr_2", ["msg_1"], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_1"]);
    });
  });
}
