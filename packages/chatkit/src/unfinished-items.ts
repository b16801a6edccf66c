// What a run has begun and not finished: the copies from which a partial answer is kept when the run is cut short.

import { ChatKitError } from "./errors.ts";
import { applyTextDelta, applyUpdate } from "./item-updates.ts";
import type { ItemUpdate } from "./protocol/events.ts";
import { type AssistantMessageItem, isHiddenItem, type StoredItem } from "./protocol/items.ts";

const maxItems = 1000;
/** Text of one run that has not been made durable, in UTF-16 code units. */
const maxPendingChars = 8_388_608;

export interface UnfinishedItems {
  /** Takes over the item; the caller keeps no reference. */
  add(item: StoredItem): void;
  update(itemId: string, update: ItemUpdate): void;
  /** Once per token: appends without looking at anything but the item. */
  appendText(itemId: string, contentIndex: number, delta: string): void;
  forget(itemId: string): void;
  /** Assistant messages with text to show, in the order in which they were begun. */
  partialMessages(): AssistantMessageItem[];
}

export function createUnfinishedItems(): UnfinishedItems {
  const items = new Map<string, StoredItem>();
  let pendingChars = 0;

  function update(itemId: string, change: ItemUpdate): void {
    const item = items.get(itemId);
    if (item !== undefined) applyUpdate(item, change);
  }

  return {
    add(item) {
      if (items.size >= maxItems)
        throw new ChatKitError("internal", { cause: new RangeError("too many open items") });
      items.set(item.id, item);
    },
    update,
    appendText(itemId, contentIndex, delta) {
      pendingChars += delta.length;
      if (pendingChars > maxPendingChars) {
        throw new ChatKitError("internal", { cause: new RangeError("the answer never ends") });
      }
      const item = items.get(itemId);
      if (item !== undefined) applyTextDelta(item, contentIndex, delta);
    },
    forget(itemId) {
      if (items.delete(itemId) && items.size === 0) pendingChars = 0;
    },
    partialMessages: () =>
      [...items.values()].filter(
        (item): item is AssistantMessageItem =>
          !isHiddenItem(item) &&
          item.type === "assistant_message" &&
          item.content.some((part) => part.text.trim() !== ""),
      ),
  };
}
