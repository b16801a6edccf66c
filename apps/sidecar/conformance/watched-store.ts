// A thread store that remembers what was written to it, and fails where a case wants it to.

import { ChatKitError, type Owner, type ThreadStore } from "@sidekit/chatkit";
import type { StoredItem } from "@sidekit/chatkit/protocol";

import type { Setup } from "./case-format.ts";

export interface WatchedStore<Store extends ThreadStore> {
  readonly store: Store;
  /** Whether the item is there now, or was before it was removed again. */
  holds(owner: Owner, threadId: string, itemId: string): Promise<boolean>;
}

export function watchStore<Store extends ThreadStore>(
  inner: Store,
  failure: Setup["storeFailure"],
): WatchedStore<Store> {
  const removed = new Set<string>();
  const written = new Set<string>();
  const fail = (op: string, itemId: string) => {
    if (failure?.op !== op || (failure.itemId ?? itemId) !== itemId) return;
    throw new ChatKitError("store_unavailable", { cause: new Error("the case wants this to fail") });
  };
  const failOnWrite = async (owner: Owner, threadId: string, items: readonly StoredItem[]) => {
    if (failure === undefined) return;
    for (const { id } of items) {
      const known = await inner.loadItem(owner, threadId, id, AbortSignal.timeout(1_000));
      fail(known === null ? "addThreadItem" : "saveItem", id);
    }
  };
  const remember = (threadId: string, items: readonly StoredItem[]) => {
    for (const { id } of items) {
      written.add(keyOf(threadId, id));
      removed.delete(keyOf(threadId, id));
    }
  };
  const forget = (threadId: string, itemIds: Iterable<string>) => {
    for (const id of itemIds) removed.add(keyOf(threadId, id));
  };
  const writtenTo = (threadId: string) =>
    [...written].map((key): [string, string] => JSON.parse(key)).filter(([thread]) => thread === threadId);

  return {
    store: {
      ...inner,
      async createThread(owner, thread, items, signal) {
        await failOnWrite(owner, thread.id, items);
        await inner.createThread(owner, thread, items, signal);
        remember(thread.id, items);
      },
      async saveMessage(owner, sent, signal) {
        await failOnWrite(owner, sent.thread.id, [sent.message]);
        await inner.saveMessage(owner, sent, signal);
        remember(sent.thread.id, [sent.message]);
      },
      async saveItems(owner, threadId, items, signal) {
        await failOnWrite(owner, threadId, items);
        await inner.saveItems(owner, threadId, items, signal);
        remember(threadId, items);
      },
      async deleteItems(owner, threadId, itemIds, signal) {
        for (const itemId of itemIds) fail("deleteThreadItem", itemId);
        forget(threadId, itemIds);
        await inner.deleteItems(owner, threadId, itemIds, signal);
      },
      async replaceItemsAfter(owner, threadId, itemId, items, signal) {
        await failOnWrite(owner, threadId, items);
        forget(
          threadId,
          writtenTo(threadId).map(([, id]) => id),
        );
        await inner.replaceItemsAfter(owner, threadId, itemId, items, signal);
        remember(threadId, items);
      },
      async deleteThread(owner, threadId, signal) {
        forget(
          threadId,
          writtenTo(threadId).map(([, id]) => id),
        );
        return inner.deleteThread(owner, threadId, signal);
      },
    },
    async holds(owner, threadId, itemId) {
      const key = keyOf(threadId, itemId);
      const item = await inner.loadItem(owner, threadId, itemId, AbortSignal.timeout(1_000));
      return item !== null || (written.has(key) && removed.has(key));
    },
  };
}

function keyOf(threadId: string, itemId: string): string {
  return JSON.stringify([threadId, itemId]);
}
