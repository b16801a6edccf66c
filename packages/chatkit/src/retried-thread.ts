// What a run that answers a message again sees of its thread: what came after the message is gone for it at once, and
// in the store with the first item that the run stores (R71).

import type { Owner, ThreadStore } from "./ports.ts";
import type { StoredItem } from "./protocol/items.ts";

export interface RetriedThread {
  /** For the items of this thread only. Its first write, or removal, is what replaces the former answer. */
  readonly items: RunItems;
  /** Whether the former answer is gone. */
  readonly replaced: boolean;
  /** The run has ended well: what it stored is the answer, even if that is nothing. */
  settle(signal: AbortSignal): Promise<void>;
}

/** As much of a store as a run needs for the items of its thread, and whoever reads the thread meanwhile. */
export type RunItems = Pick<ThreadStore, "saveItems" | "loadItem" | "listItems" | "deleteItems">;

/** `itemId` is the message that is answered again. */
export function createRetriedThread(
  store: ThreadStore,
  owner: Owner,
  threadId: string,
  itemId: string,
): RetriedThread {
  let replaced = false;
  let replacing: Promise<void> | null = null;

  /** Resolves with true when these items have been written with the removal; false: that had been done before. */
  async function replace(items: readonly StoredItem[], signal: AbortSignal): Promise<boolean> {
    while (!replaced) {
      if (replacing === null) {
        replacing = store.replaceItemsAfter(owner, threadId, itemId, items, signal);
        try {
          await replacing;
          replaced = true;
          return true;
        } finally {
          replacing = null;
        }
      }
      // Whoever began with it is told of its failure; this write is the next to try.
      await replacing.catch(() => undefined);
    }
    return false;
  }

  async function isLater(id: string, signal: AbortSignal): Promise<boolean> {
    if (id === itemId) return false;
    const page = { limit: 1, order: "asc", visibleOnly: false, after: id, upTo: itemId } as const;
    return (await store.listItems(owner, threadId, page, signal)).rows.length === 0;
  }

  return {
    items: {
      async saveItems(_owner, _threadId, items, signal) {
        if (items.length === 0 || (await replace(items, signal))) return;
        await store.saveItems(owner, threadId, items, signal);
      },
      async loadItem(_owner, _threadId, id, signal) {
        const item = await store.loadItem(owner, threadId, id, signal);
        return item === null || replaced || !(await isLater(id, signal)) ? item : null;
      },
      listItems(_owner, _threadId, page, signal) {
        return store.listItems(owner, threadId, replaced ? page : { ...page, upTo: itemId }, signal);
      },
      async deleteItems(_owner, _threadId, ids, signal) {
        await replace([], signal);
        await store.deleteItems(owner, threadId, ids, signal);
      },
    },
    get replaced() {
      return replaced;
    },
    async settle(signal) {
      await replace([], signal);
    },
  };
}
