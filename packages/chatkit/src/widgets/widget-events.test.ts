import { expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import type { ResponderEvent } from "../ports.ts";
import type { WidgetRoot } from "../protocol/widgets.ts";
import { widgetEvents } from "./widget-events.ts";

const card = (value: string): WidgetRoot => ({ type: "Card", children: [{ type: "Text", id: "t", value }] });

function turn() {
  let ids = 0;
  return {
    thread: { id: "thr_1", created_at: "2026-01-01T00:00:00Z", status: { type: "active" }, metadata: {} },
    newId: () => `msg_${++ids}`,
    now: () => "2026-01-02T00:00:00.000000Z",
  } as const;
}

async function all(events: AsyncIterable<ResponderEvent>): Promise<ResponderEvent[]> {
  const seen: ResponderEvent[] = [];
  for await (const event of events) seen.push(structuredClone(event));
  return seen;
}

const item = (widget: WidgetRoot, more: object = {}) => ({
  type: "widget",
  id: "msg_1",
  thread_id: "thr_1",
  created_at: "2026-01-02T00:00:00.000000Z",
  widget,
  ...more,
});

test("one tree is done at once (N01)", async () => {
  const events = await all(widgetEvents(turn(), card("a"), { copyText: "" }));
  expect(events).toEqual([{ type: "thread.item.done", item: item(card("a"), { copy_text: "" }) }]);
});

test("states are added, updated and done, under one id and with one time (N02, N03, N06)", async () => {
  async function* states() {
    yield* [card(""), card("He"), card("He"), card("Hello"), card("Bye")];
  }
  const events = await all(widgetEvents(turn(), states(), { copyText: "c" }));
  const delta = { type: "widget.streaming_text.value_delta", component_id: "t", done: true };
  const updated = (update: object) => ({ type: "thread.item.updated", item_id: "msg_1", update });
  expect(events).toEqual([
    { type: "thread.item.added", item: item(card(""), { copy_text: "c" }) },
    updated({ ...delta, delta: "He" }),
    updated({ ...delta, delta: "llo" }),
    updated({ type: "widget.root.updated", widget: card("Bye") }),
    { type: "thread.item.done", item: item(card("Bye"), { copy_text: "c" }) },
  ]);
});

test("a list of one state is added and done (N04)", async () => {
  const events = await all(widgetEvents(turn(), [card("a")]));
  expect(events.map(({ type }) => type)).toEqual(["thread.item.added", "thread.item.done"]);
});

test("one object may be changed and yielded again", async () => {
  function* states() {
    const text = { type: "Text", id: "t", value: "a" };
    const state: WidgetRoot = { type: "Card", children: [text] };
    yield state;
    text.value = "ab";
    yield state;
  }
  const events = await all(widgetEvents(turn(), states()));
  expect(events.map(({ type }) => type)).toContain("thread.item.updated");
  expect(events[0]).toEqual({ type: "thread.item.added", item: item(card("a")) });
});

test("nulls are left out before states are compared", async () => {
  const padded: WidgetRoot = { ...card("a"), padding: null };
  const events = await all(widgetEvents(turn(), [padded, card("a")]));
  expect(events).toEqual([
    { type: "thread.item.added", item: item(card("a")) },
    { type: "thread.item.done", item: item(card("a")) },
  ]);
});

test("no state at all is an error (N05), and so is one beyond the bounds", async () => {
  await expect(all(widgetEvents(turn(), []))).rejects.toThrow(ChatKitError);
  const large = card("x".repeat(256 * 1_024));
  await expect(all(widgetEvents(turn(), large))).rejects.toThrow(ChatKitError);
  await expect(all(widgetEvents(turn(), [card("a"), large]))).rejects.toThrow(ChatKitError);
});
