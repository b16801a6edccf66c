// How an update changes the server's copy of an unfinished item.

import { ChatKitError } from "./errors.ts";
import type { ItemUpdate } from "./protocol/events.ts";
import type { AssistantContent, AssistantMessageItem, StoredItem } from "./protocol/items.ts";

/** A responder that counts wrongly must not make us fill memory with empty parts. */
const maxParts = 1000;

/**
 * Applies the update in place. Updates of widgets and updates that do not suit the item's kind change nothing: such
 * items are never stored half-finished, and what is done arrives whole.
 */
export function applyUpdate(item: StoredItem, update: ItemUpdate): void {
  switch (update.type) {
    case "assistant_message.content_part.added":
      if (item.type === "assistant_message") setPart(item, update.content_index, update.content);
      return;
    case "assistant_message.content_part.text_delta":
      applyTextDelta(item, update.content_index, update.delta);
      return;
    case "assistant_message.content_part.annotation_added":
      if (item.type === "assistant_message") {
        const { annotations } = partAt(item, update.content_index);
        annotations.splice(Math.min(update.annotation_index, annotations.length), 0, update.annotation);
      }
      return;
    case "assistant_message.content_part.done":
      if (item.type === "assistant_message") {
        const streamed = partAt(item, update.content_index).annotations;
        // Model mappings send the final text without the annotations they have streamed before.
        const annotations = update.content.annotations.length > 0 ? update.content.annotations : streamed;
        setPart(item, update.content_index, { ...update.content, annotations });
      }
      return;
    case "workflow.task.added":
      if (item.type === "workflow") item.workflow.tasks.push(update.task);
      return;
    case "workflow.task.updated":
      if (item.type === "workflow" && update.task_index < item.workflow.tasks.length) {
        item.workflow.tasks[update.task_index] = update.task;
      }
      return;
    case "generated_image.updated":
      if (item.type === "generated_image") item.image = update.image;
      return;
    case "widget.streaming_text.value_delta":
    case "widget.component.updated":
    case "widget.root.updated":
      return;
    default:
      update satisfies never;
  }
}

/** As `applyUpdate` with such an update, which comes once per token and so is spared. */
export function applyTextDelta(item: StoredItem, contentIndex: number, delta: string): void {
  if (item.type === "assistant_message") partAt(item, contentIndex).text += delta;
}

function setPart(item: AssistantMessageItem, index: number, content: AssistantContent): void {
  partAt(item, index);
  item.content[index] = content;
}

/** The part at the index; missing parts up to it are filled in empty. */
function partAt(item: AssistantMessageItem, index: number): AssistantContent {
  if (index >= maxParts)
    throw new ChatKitError("internal", { cause: new RangeError("content index out of bounds") });
  while (item.content.length <= index) item.content.push({ type: "output_text", text: "", annotations: [] });
  const part = item.content[index];
  if (part === undefined)
    throw new ChatKitError("internal", { cause: new RangeError("content index is not whole") });
  return part;
}
