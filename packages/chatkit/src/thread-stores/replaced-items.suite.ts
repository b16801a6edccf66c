// What every thread store must do where the end of a thread is replaced: all of it or nothing.

import { setImmediate } from "node:timers/promises";

import { describe, expect } from "vitest";

import type { StoredItem } from "../protocol/items.ts";
import { ada, hidden, ids, items, message, refused, type StoreTest, thread } from "./suite-fixture.ts";

export function replacedItemsSuite(storeTest: StoreTest): void {
  describe("R71: items that take the place of others", () => {
    storeTest("are written in the step that removes those", async ({ store, signal }) => {
      const before = [message("msg_1"), message("msg_2", 1), hidden("hid_1", 2), message("msg_3", 3)];
      await store.createThread(ada, thread("thr_1"), before, signal);
      // One of them bears the id of one that goes, and is written anew: it stands where it was written last.
      const instead = [message("msg_9", 4), message("msg_2", 4)];
      const progress = { over: false };
      const replacing = store.replaceItemsAfter(ada, "thr_1", "msg_1", instead, signal).finally(() => {
        progress.over = true;
      });
      const seen: string[][] = [];
      while (!progress.over) {
        seen.push(ids(await items(store, ada, signal)));
        await setImmediate();
      }
      await replacing;
      const allowed = [
        ["msg_1", "msg_2", "hid_1", "msg_3"],
        ["msg_1", "msg_9", "msg_2"],
      ];
      for (const ids of seen) expect(allowed).toContainEqual(ids);
      expect(ids(await items(store, ada, signal))).toEqual(allowed[1]);
    });

    storeTest("leave the others where they are when they cannot be written", async ({ store, signal }) => {
      const before = Array.from({ length: 500 }, (_, at) => message(`msg_${at}`, 1));
      await store.createThread(ada, thread("thr_1"), [message("msg_first"), ...before], signal);
      // A time that nobody can read.
      const broken: StoredItem = { ...message("msg_broken"), created_at: "never" };
      const replacing = store.replaceItemsAfter(ada, "thr_1", "msg_first", [message("ok"), broken], signal);
      await expect(replacing).rejects.toThrow();
      const page = { limit: 1, order: "desc", visibleOnly: false } as const;
      expect(ids(await store.listItems(ada, "thr_1", page, signal))).toEqual(["msg_499"]);
      expect(await store.loadItem(ada, "thr_1", "msg_0", signal)).not.toBeNull();
      expect(await store.loadItem(ada, "thr_1", "ok", signal)).toBeNull();
    });

    storeTest("replace thousands as well", async ({ store, signal }) => {
      const before = Array.from({ length: 1200 }, (_, at) => message(`msg_${at}`, 1));
      await store.createThread(ada, thread("thr_1"), before, signal);
      await store.replaceItemsAfter(ada, "thr_1", "msg_1", [message("msg_new", 2)], signal);
      expect(ids(await items(store, ada, signal))).toEqual(["msg_0", "msg_1", "msg_new"]);
    });
  });

  describe("a list that ends early", () => {
    const page = { limit: 2, visibleOnly: false } as const;

    storeTest("ends with the item that is named, in both orders", async ({ store, signal }) => {
      const stored = ["msg_1", "msg_2", "msg_3", "msg_4"].map((id) => message(id));
      await store.createThread(ada, thread("thr_1"), stored, signal);
      const list = (order: "asc" | "desc", after?: string) =>
        store.listItems(
          ada,
          "thr_1",
          { ...page, order, upTo: "msg_3", ...(after === undefined ? {} : { after }) },
          signal,
        );
      const found = async (...args: Parameters<typeof list>) => {
        const listed = await list(...args);
        return [ids(listed), listed.hasMore];
      };
      expect(await found("asc")).toEqual([["msg_1", "msg_2"], true]);
      expect(await found("asc", "msg_2")).toEqual([["msg_3"], false]);
      expect(await found("asc", "msg_3")).toEqual([[], false]);
      expect(await found("asc", "msg_4")).toEqual([[], false]);
      expect(await found("desc")).toEqual([["msg_3", "msg_2"], true]);
      expect(await found("desc", "msg_2")).toEqual([["msg_1"], false]);
      expect(await found("desc", "msg_4")).toEqual([["msg_3", "msg_2"], true]);
    });

    storeTest("needs that item", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [message("msg_1")], signal);
      for (const order of ["asc", "desc"] as const) {
        const listing = store.listItems(ada, "thr_1", { ...page, order, upTo: "msg_9" }, signal);
        expect(await refused(listing)).toBe("not_found");
      }
    });
  });
}
