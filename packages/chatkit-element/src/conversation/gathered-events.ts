// Events that wait for the next look at the conversation: the words of one text become one event.

import type { ShownEvent } from "../client/wire-events.ts";

/** Adds the event to those that wait; together they say the same. */
export function gather(waiting: ShownEvent[], event: ShownEvent): void {
  const last = waiting.at(-1);
  const joined = last === undefined ? null : joinedDeltas(last, event);
  if (joined === null) waiting.push(event);
  else waiting[waiting.length - 1] = joined;
}

function joinedDeltas(first: ShownEvent, second: ShownEvent): ShownEvent | null {
  if (first.type !== "thread.item.updated" || second.type !== "thread.item.updated") return null;
  if (first.item_id !== second.item_id) return null;
  const { update: before } = first;
  const { update: after } = second;
  if (
    before.type === "assistant_message.content_part.text_delta" &&
    after.type === "assistant_message.content_part.text_delta" &&
    before.content_index === after.content_index
  )
    return { ...second, update: { ...after, delta: before.delta + after.delta } };
  if (
    before.type === "widget.streaming_text.value_delta" &&
    after.type === "widget.streaming_text.value_delta" &&
    before.component_id === after.component_id
  )
    return { ...second, update: { ...after, delta: before.delta + after.delta } };
  return null;
}
