// What happens to each event of a responder: checked, stored, then shown (protocol 7.2).

import { ChatKitError } from "./errors.ts";
import { createDeltaFrames, eventFrame, itemFrame, jsonFrame } from "./frames.ts";
import type { AttachmentStore, Owner, ResponderEvent } from "./ports.ts";
import { plainEventSchema } from "./protocol/events.ts";
import { isHiddenItem, type StoredItem, storedItemSchema } from "./protocol/items.ts";
import type { RunItems } from "./retried-thread.ts";
import type { UnfinishedItems } from "./unfinished-items.ts";
import { checkWidget } from "./widgets/widget-bounds.ts";
import { createWireForms } from "./wire-forms.ts";

export interface TurnEvents {
  /**
   * Resolves when the event is stored and shown. Undefined if that is already so: a token is not worth a promise.
   * Throws what the store throws, and on an event that breaks the protocol.
   */
  accept(event: ResponderEvent): Promise<void> | undefined;
}

export interface TurnEventsOptions {
  readonly owner: Owner;
  readonly threadId: string;
  readonly items: RunItems;
  readonly attachments: AttachmentStore | undefined;
  readonly unfinished: UnfinishedItems;
  readonly append: (frame: string) => void;
  /** The deadline of one store operation. Not the run's own signal: what has been answered is kept. */
  readonly storeSignal: () => AbortSignal;
}

type ItemEventType = "thread.item.added" | "thread.item.done" | "thread.item.replaced";

export function createTurnEvents(options: TurnEventsOptions): TurnEvents {
  const { owner, threadId, items, attachments, unfinished, append, storeSignal } = options;
  const wire = createWireForms(owner, attachments);
  const deltaFrame = createDeltaFrames();
  const hiddenIds = new Set<string>();
  /** What the client has seen has to be seen to go, whatever it has become since. */
  const shownIds = new Set<string>();

  return {
    accept(event) {
      if (!isTextDelta(event)) return acceptChecked(event);
      const { item_id: itemId, update } = event;
      if (hiddenIds.has(itemId)) return undefined;
      unfinished.appendText(itemId, update.content_index, update.delta);
      append(deltaFrame(itemId, update.content_index, update.delta));
      return undefined;
    },
  };

  function acceptChecked(event: ResponderEvent): Promise<void> {
    switch (event?.type) {
      case "thread.item.added":
      case "thread.item.done":
      case "thread.item.replaced":
        return acceptItem(event.type, event.item);
      case "thread.item.removed":
        return removeItem(plainEventSchema.parse(event), event.item_id);
      case "thread.item.updated":
      case "progress_update":
      case "client_effect":
      case "error":
      case "notice":
        return acceptPlain(event);
      default:
        event satisfies never;
        throw new ChatKitError("internal", {
          cause: new TypeError("a responder yielded something that is no event"),
        });
    }
  }

  async function acceptItem(type: ItemEventType, given: unknown): Promise<void> {
    // Before anything else walks the tree.
    if (typeof given === "object" && given !== null && "widget" in given) checkWidget(given.widget);
    // The detour over text cuts every tie to objects that the responder may go on changing.
    const itemJson = JSON.stringify(storedItemSchema.parse(given));
    const item: StoredItem = JSON.parse(itemJson);
    if (item.thread_id !== threadId) {
      throw new ChatKitError("internal", {
        cause: new TypeError("a responder yielded an item of another thread"),
      });
    }
    const hidden = isHiddenItem(item);
    if (hidden) hiddenIds.add(item.id);
    else hiddenIds.delete(item.id);
    if (type === "thread.item.added") {
      unfinished.add(item);
    } else {
      await items.saveItems(owner, threadId, [item], storeSignal());
      unfinished.forget(item.id);
    }
    if (hidden) return;
    shownIds.add(item.id);
    // Of all kinds only a user's message is stored otherwise than it is shown: its attachments are.
    const visible = item.type === "user_message" ? JSON.stringify(wire.item(item)) : itemJson;
    append(itemFrame(type, visible));
  }

  async function removeItem(event: Parameters<typeof eventFrame>[0], itemId: string): Promise<void> {
    const stored = await items.loadItem(owner, threadId, itemId, storeSignal());
    await items.deleteItems(owner, threadId, [itemId], storeSignal());
    unfinished.forget(itemId);
    const hidden = stored === null ? hiddenIds.has(itemId) : isHiddenItem(stored);
    if (hidden && !shownIds.has(itemId)) return;
    append(eventFrame(event));
  }

  async function acceptPlain(given: ResponderEvent): Promise<void> {
    if (given.type === "thread.item.updated") {
      const { update } = given;
      if (update?.type === "widget.root.updated") checkWidget(update.widget);
      if (update?.type === "widget.component.updated") checkWidget(update.component);
    }
    const event = plainEventSchema.parse(given);
    const json = JSON.stringify(event);
    if (event.type === "thread.item.updated") {
      if (hiddenIds.has(event.item_id)) return;
      const { update }: typeof event = JSON.parse(json);
      unfinished.update(event.item_id, update);
    }
    append(jsonFrame(json));
  }
}

type TextDeltaEvent = Extract<ResponderEvent, { type: "thread.item.updated" }> & {
  update: { type: "assistant_message.content_part.text_delta" };
};

/** Complete: nothing else looks at such an event. */
function isTextDelta(event: ResponderEvent): event is TextDeltaEvent {
  if (event?.type !== "thread.item.updated") return false;
  const { item_id: itemId, update } = event;
  return (
    update?.type === "assistant_message.content_part.text_delta" &&
    typeof itemId === "string" &&
    typeof update.delta === "string" &&
    Number.isInteger(update.content_index) &&
    update.content_index >= 0
  );
}
