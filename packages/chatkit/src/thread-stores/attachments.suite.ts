// What every thread store must do: what is known of attachments.

import { describe, expect } from "vitest";

import { setTimeout as sleep } from "node:timers/promises";

import { ChatKitError } from "../errors.ts";
import type { ThreadStore } from "../ports.ts";
import type { StoredAttachment } from "../protocol/items.ts";
import { ada, attachment, refused, strangers, type StoreTest, thread, userMessage } from "./suite-fixture.ts";

export function attachmentsSuite(storeTest: StoreTest): void {
  describe("attachments", () => {
    storeTest("that no message has taken are doomed on condition", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.saveAttachment(ada, attachment("atc_1"), signal);
      await store.saveAttachment(ada, attachment("atc_2", { thread_id: "thr_1" }), signal);
      expect(await store.doomUnusedAttachment(ada, "atc_1", signal)).toBe(true);
      expect(await store.doomUnusedAttachment(ada, "atc_2", signal)).toBe(false);
      expect(await store.doomUnusedAttachment(ada, "atc_3", signal)).toBe(false);
      expect(await store.loadAttachment(ada, "atc_1", signal)).toBeNull();
      expect(await store.loadAttachment(ada, "atc_2", signal)).not.toBeNull();
    });

    storeTest(
      "come back as they were written, with members that we do not know",
      async ({ store, signal }) => {
        const image: StoredAttachment & { pages: number } = {
          type: "image",
          id: "atc_1",
          name: "Ahoj 🙂.png",
          mime_type: "image/png",
          preview_url: "https://files.example/atc_1",
          metadata: { scan: [1, null] },
          size: 12,
          pages: 3,
        };
        await store.saveAttachment(ada, image, signal);
        expect(await store.loadAttachment(ada, "atc_1", signal)).toEqual(image);
        expect(await store.loadAttachment(ada, "atc_2", signal)).toBeNull();
      },
    );

    storeTest("are saved again under the same id", async ({ store, signal }) => {
      await store.saveAttachment(ada, attachment("atc_1", { size: 5 }), signal);
      const taken = attachment("atc_1", { size: 7, thread_id: "thr_1" });
      await store.saveAttachment(ada, taken, signal);
      expect(await store.loadAttachment(ada, "atc_1", signal)).toEqual(taken);
      expect(await store.attachmentBytes(ada, signal)).toBe(7);
    });

    storeTest("S65: are taken by a message together with it, or not at all", async ({ store, signal }) => {
      const sent = (id: string, threadId: string, created: boolean, files: string[]) => ({
        thread: thread(threadId),
        created,
        message: userMessage(id, threadId),
        attachments: files.map((file) => attachment(file, { size: 5, thread_id: threadId })),
      });
      await store.saveAttachment(ada, attachment("atc_1", { size: 5 }), signal);
      await store.saveAttachment(ada, attachment("atc_2", { size: 5 }), signal);
      await store.saveAttachment(ada, attachment("atc_3", { size: 5 }), signal);
      await store.doomAttachment(ada, "atc_3", signal);

      await store.saveMessage(ada, sent("msg_1", "thr_1", true, ["atc_1"]), signal);
      expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).toEqual(userMessage("msg_1", "thr_1"));
      expect((await store.loadAttachment(ada, "atc_1", signal))?.thread_id).toBe("thr_1");
      // Its own thread may take it once more.
      await store.saveMessage(ada, sent("msg_2", "thr_1", false, ["atc_1"]), signal);

      for (const files of [
        ["atc_2", "atc_1"],
        ["atc_2", "atc_3"],
        ["atc_2", "atc_none"],
      ]) {
        expect(await refused(store.saveMessage(ada, sent("msg_1", "thr_2", true, files), signal))).toBe(
          "not_found",
        );
      }
      const gone = sent("msg_1", "thr_2", false, ["atc_2"]);
      expect(await refused(store.saveMessage(ada, gone, signal))).toBe("not_found");
      for (const stranger of strangers) {
        const stolen = sent("msg_1", "thr_2", true, ["atc_2"]);
        expect(await refused(store.saveMessage(stranger, stolen, signal))).toBe("not_found");
        expect(await store.loadThread(stranger, "thr_2", signal)).toBeNull();
      }
      expect(await store.loadThread(ada, "thr_2", signal)).toBeNull();
      expect((await store.loadAttachment(ada, "atc_2", signal))?.thread_id).toBeUndefined();
    });

    storeTest(
      "S65: of two messages that take the same file at once, one gets it",
      async ({ store, signal }) => {
        await store.saveAttachment(ada, attachment("atc_1"), signal);
        const taking = (threadId: string) => {
          const taken = attachment("atc_1", { thread_id: threadId });
          const message = userMessage(`msg_${threadId}`, threadId);
          const sent = { thread: thread(threadId), created: true, message, attachments: [taken] };
          return store.saveMessage(ada, sent, signal).then(
            () => threadId,
            (thrown: unknown) => thrown,
          );
        };
        const outcomes = await Promise.all([taking("thr_1"), taking("thr_2")]);
        const winner = (await store.loadAttachment(ada, "atc_1", signal))?.thread_id;
        expect(outcomes.filter((outcome) => outcome === winner)).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome instanceof ChatKitError)).toHaveLength(1);
        const { rows } = await store.listThreads(ada, { limit: 5, order: "asc" }, signal);
        expect(rows.map(({ id }) => id)).toEqual([winner]);
      },
    );

    storeTest("count against the quota of their owner until they are doomed", async ({ store, signal }) => {
      expect(await store.attachmentBytes(ada, signal)).toBe(0);
      await store.saveAttachment(ada, attachment("atc_1", { size: 3_000_000_000 }), signal);
      await store.saveAttachment(ada, attachment("atc_2", { size: 20, thread_id: "thr_1" }), signal);
      await store.saveAttachment(ada, attachment("atc_3"), signal);
      for (const stranger of strangers)
        await store.saveAttachment(stranger, attachment("atc_1", { size: 500 }), signal);
      expect(await store.attachmentBytes(ada, signal)).toBe(3_000_000_020);
      await store.doomAttachment(ada, "atc_1", signal);
      expect(await store.attachmentBytes(ada, signal)).toBe(20);
      await store.deleteAttachment(ada, "atc_2", signal);
      expect(await store.attachmentBytes(ada, signal)).toBe(0);
    });

    storeTest("do not come back once doomed, until their record is gone", async ({ store, signal }) => {
      await store.saveAttachment(ada, attachment("atc_1"), signal);
      await store.doomAttachment(ada, "atc_1", signal);
      await store.doomAttachment(ada, "atc_1", signal);
      expect(await store.loadAttachment(ada, "atc_1", signal)).toBeNull();
      expect(await refused(store.saveAttachment(ada, attachment("atc_1"), signal))).toBe("not_found");
      expect(await store.loadAttachment(ada, "atc_1", signal)).toBeNull();
      expect(await forgotten(store, 0, signal)).toEqual(["atc_1"]);

      await store.deleteAttachment(ada, "atc_1", signal);
      expect(await forgotten(store, Date.now() + 1, signal)).toEqual([]);
      await store.saveAttachment(ada, attachment("atc_1"), signal);
      expect(await store.loadAttachment(ada, "atc_1", signal)).not.toBeNull();
    });

    storeTest(
      "are doomed and deleted without complaint when they are not there",
      async ({ store, signal }) => {
        await store.doomAttachment(ada, "atc_1", signal);
        await store.deleteAttachment(ada, "atc_1", signal);
        expect(await forgotten(store, Date.now() + 1, signal)).toEqual([]);
      },
    );

    storeTest("are forgotten when no message has taken them for a while", async ({ store, signal }) => {
      await store.createThread(ada, thread("thr_1"), [], signal);
      await store.saveAttachment(ada, attachment("atc_unused"), signal);
      await store.saveAttachment(ada, attachment("atc_taken", { thread_id: "thr_1" }), signal);
      await store.saveAttachment(ada, attachment("atc_given_back", { thread_id: "thr_1" }), signal);
      await sleep(5);
      const between = Date.now();
      await sleep(5);
      await store.saveAttachment(ada, attachment("atc_given_back"), signal);
      await store.saveAttachment(ada, attachment("atc_unused", { size: 9 }), signal);
      await store.saveAttachment(ada, attachment("atc_new"), signal);
      // It is the first saving that counts, and who has one now.
      expect(await forgotten(store, between, signal)).toEqual(["atc_unused", "atc_given_back"]);
      expect(await forgotten(store, between - 60_000, signal)).toEqual([]);
      expect(await forgotten(store, Date.now() + 1, signal)).toEqual([
        "atc_unused",
        "atc_given_back",
        "atc_new",
      ]);
    });

    storeTest(
      "are listed with their owners, the oldest first, so many at a time",
      async ({ store, signal }) => {
        const owners = [ada, ...strangers];
        for (const owner of owners) await store.saveAttachment(owner, attachment("atc_1"), signal);
        for (const owner of owners) await store.doomAttachment(owner, "atc_1", signal);
        const first = await store.listForgottenAttachments({ unusedBefore: 0, limit: 3 }, signal);
        expect(first).toEqual(owners.slice(0, 3).map((owner) => ({ owner, attachmentId: "atc_1" })));
        for (const { owner, attachmentId } of first)
          await store.deleteAttachment(owner, attachmentId, signal);
        const rest = await store.listForgottenAttachments({ unusedBefore: 0, limit: 3 }, signal);
        expect(rest).toEqual([{ owner: owners[3], attachmentId: "atc_1" }]);
      },
    );
  });
}

async function forgotten(store: ThreadStore, unusedBefore: number, signal: AbortSignal): Promise<string[]> {
  const found = await store.listForgottenAttachments({ unusedBefore, limit: 100 }, signal);
  return found.map(({ attachmentId }) => attachmentId);
}
