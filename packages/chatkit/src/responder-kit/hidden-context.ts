// What a model is to know and no client gets to see.

import type { ResponderEvent, Turn } from "../ports.ts";
import type { HiddenContextItem, Json } from "../protocol/index.ts";
import { type ItemPlace, newItem } from "./new-item.ts";

/** A note for later turns, to be saved by whoever asks for it: `call.save(hiddenContextItem(call, …))` in an action. */
export function hiddenContextItem(place: ItemPlace, content: Json): HiddenContextItem {
  return { ...newItem(place, "hidden_context"), type: "hidden_context_item", content };
}

/**
 * Stores a note that later turns find in the history, such as what somebody did with a widget. It never leaves the
 * server (S112).
 */
export function* hiddenContext(turn: Turn, content: Json): Generator<ResponderEvent, void> {
  yield { type: "thread.item.done", item: hiddenContextItem(turn, content) };
}
