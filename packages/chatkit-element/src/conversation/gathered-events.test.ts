import { expect, test } from "vitest";

import type { ShownEvent } from "../client/wire-events.ts";
import type { ShownItem } from "../client/wire-items.ts";
import { changeConversation, type Conversation, emptyConversation } from "./conversation.ts";
import { gather } from "./gathered-events.ts";

test("a thousand tokens of one text are one change, and what stands between them keeps its place", () => {
  const waiting: ShownEvent[] = [];
  for (let token = 0; token < 1_000; token += 1) gather(waiting, delta("msg_1", "a"));
  gather(waiting, { type: "progress_update", text: "Looking" });
  gather(waiting, delta("msg_1", "b"));
  gather(waiting, delta("msg_2", "c"));
  gather(waiting, delta("msg_2", "d", 1));
  expect(waiting).toEqual([
    delta("msg_1", "a".repeat(1_000)),
    { type: "progress_update", text: "Looking" },
    delta("msg_1", "b"),
    delta("msg_2", "c"),
    delta("msg_2", "d", 1),
  ]);
});

test("in a thread of 10,000 messages a token changes the last of them alone", () => {
  let state = longThread(10_000);
  const before = state.entries;
  state = changeConversation(state, { type: "received", event: delta("msg_9999", "Hello") });
  expect(state.entries.findIndex((entry, at) => entry !== before[at])).toBe(9_999);
  expect(state.entries[9_999]).toMatchObject({ item: { content: [{ text: "Hello" }] } });
  // The list before is still a list of its own.
  const other = changeConversation(
    { ...state, entries: before },
    { type: "received", event: delta("msg_9999", "Bye") },
  );
  expect(other.entries[9_999]).toMatchObject({ item: { content: [{ text: "Bye" }] } });
});

function longThread(length: number): Conversation {
  const items = Array.from({ length }, (_, at) => answer(`msg_${at}`, at));
  const thread = { id: "thr_1", created_at: "2026-11-01T00:00:00Z", status: { type: "active" as const } };
  const loaded = changeConversation(emptyConversation, {
    type: "loaded",
    thread,
    items: items.slice(0, -1),
  });
  const item = answer(`msg_${length - 1}`, length);
  return changeConversation(loaded, { type: "received", event: { type: "thread.item.added", item } });
}

function answer(id: string, at: number): ShownItem {
  const created_at = new Date(Date.UTC(2026, 10, 1) + at).toISOString();
  return { type: "assistant_message", id, thread_id: "thr_1", created_at, content: [] };
}

function delta(item_id: string, words: string, content_index = 0): ShownEvent {
  return {
    type: "thread.item.updated",
    item_id,
    update: { type: "assistant_message.content_part.text_delta", content_index, delta: words },
  };
}
