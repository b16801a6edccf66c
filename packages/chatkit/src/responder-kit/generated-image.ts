// An image that is being made.

import type { ResponderEvent, Turn } from "../ports.ts";
import type { GeneratedImageItem } from "../protocol/index.ts";
import { newItem } from "./new-item.ts";

/** An image so far. */
export interface ImageState {
  /** Where the client loads it from, or a `data:` URL. */
  readonly url: string;
  /** How far it is, from 0 to 1. */
  readonly progress?: number;
}

/**
 * Shows an image, or a place for it that is filled with each state as it comes. The last state is stored; without any
 * the item is stored empty.
 */
export async function* generatedImage(
  turn: Turn,
  states: ImageState | AsyncIterable<ImageState>,
): AsyncGenerator<ResponderEvent, GeneratedImageItem> {
  const item: GeneratedImageItem = { ...newItem(turn, "message"), type: "generated_image" };
  let done = item;
  if ("url" in states) {
    done = { ...item, image: { id: item.id, url: states.url } };
  } else {
    yield { type: "thread.item.added", item };
    for await (const { url, progress } of states) {
      const image = { id: item.id, url };
      done = { ...item, image };
      yield {
        type: "thread.item.updated",
        item_id: item.id,
        update: { type: "generated_image.updated", image, progress },
      };
    }
  }
  yield { type: "thread.item.done", item: done };
  return done;
}
