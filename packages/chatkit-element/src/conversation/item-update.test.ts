import { describe, expect, test } from "vitest";

import { readEvent } from "../client/wire-events.ts";
import { readItem, type ShownItem } from "../client/wire-items.ts";
import { itemWithUpdate } from "./item-update.ts";

const widget = { type: "Card", children: [{ type: "Text", id: "t", value: "One", streaming: true }] };
const item = readItem({ id: "i", type: "widget", thread_id: "t", created_at: "", widget });

describe("updates of a widget", () => {
  test("as they come from the wire: text grows, a component is replaced, then the whole", () => {
    const grown = updated(item, {
      type: "widget.streaming_text.value_delta",
      component_id: "t",
      delta: " two",
      done: false,
    });
    expect(grown).toMatchObject({ widget: { children: [{ id: "t", value: "One two", streaming: true }] } });
    const replaced = updated(grown, {
      type: "widget.component.updated",
      component_id: "t",
      component: { type: "Title", value: "Done" },
    });
    expect(replaced).toMatchObject({ widget: { children: [{ type: "Title", value: "Done" }] } });
    expect(updated(replaced, { type: "widget.root.updated", widget: { type: "Basic" } })).toMatchObject({
      widget: { type: "Basic" },
    });
  });

  test("an item of another kind stays what it is", () => {
    const message = readItem({ id: "m", type: "assistant_message", content: [{ text: "Hi" }] });
    expect(updated(message, { type: "widget.root.updated", widget: { type: "Basic" } })).toBe(message);
  });

  test("a widget whose root is not known is an item that cannot be shown", () => {
    expect(readItem({ id: "i", type: "widget", widget: { type: "Poster" } })).toMatchObject({
      type: "other",
      kind: "widget",
    });
    const event = {
      type: "thread.item.updated",
      item_id: "i",
      update: { type: "widget.root.updated", widget: { type: "Poster" } },
    };
    expect(readEvent(event)).toBeNull();
  });
});

function updated(before: ShownItem | null, update: unknown): ShownItem {
  const event = readEvent({ type: "thread.item.updated", item_id: "i", update });
  if (before === null || event === null || event === "ignored" || event.type !== "thread.item.updated")
    throw new Error("The frame could not be read.");
  return itemWithUpdate(before, event.update);
}
