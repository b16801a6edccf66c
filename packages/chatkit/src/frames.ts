// Events as they travel: one line of JSON in a server-sent event (S97). JSON leaves no raw line end in a string.

import type { StreamEvent } from "./protocol/events.ts";

export function eventFrame(event: StreamEvent): string {
  return jsonFrame(JSON.stringify(event));
}

/** The frame of an event whose JSON is at hand. */
export function jsonFrame(eventJson: string): string {
  return `data: ${eventJson}\n\n`;
}

/** The frame of an event about an item whose JSON is at hand. */
export function itemFrame(
  type: "thread.item.added" | "thread.item.done" | "thread.item.replaced",
  itemJson: string,
): string {
  return `data: {"type":"${type}","item":${itemJson}}\n\n`;
}

/** Text comes in thousands of pieces: all but the piece is written once per content part. */
export function createDeltaFrames(): (itemId: string, contentIndex: number, delta: string) => string {
  let forItem = "";
  let forIndex = -1;
  let head = "";
  return (itemId, contentIndex, delta) => {
    if (itemId !== forItem || contentIndex !== forIndex) {
      forItem = itemId;
      forIndex = contentIndex;
      head =
        `data: {"type":"thread.item.updated","item_id":${JSON.stringify(itemId)},"update":` +
        `{"type":"assistant_message.content_part.text_delta","content_index":${contentIndex},"delta":`;
    }
    return `${head}${JSON.stringify(delta)}}}\n\n`;
  };
}
