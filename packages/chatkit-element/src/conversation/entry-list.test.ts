import { expect, test } from "vitest";

import type { ItemEntry } from "./conversation.ts";
import { inOrder, placeOf, withEntry, withEntryAt } from "./entry-list.ts";

test("a list made of another has its own places, and the other keeps its", () => {
  const one = inOrder([entry("msg_1", 1)]);
  expect(placeOf(one, "msg_1")).toBe(0);
  const two = withEntry(one, entry("msg_2", 2));
  const stored = withEntryAt(two, 1, entry("msg_3", 2));
  expect(["msg_1", "msg_2", "msg_3"].map((id) => placeOf(stored, id))).toEqual([0, -1, 1]);
  expect(["msg_1", "msg_2", "msg_3"].map((id) => placeOf(two, id))).toEqual([0, 1, -1]);
  expect(["msg_1", "msg_2", "msg_3"].map((id) => placeOf(one, id))).toEqual([0, -1, -1]);
});

test("what comes late goes to the place of its time", () => {
  const list = withEntry(inOrder([entry("msg_3", 3), entry("msg_1", 1)]), entry("msg_2", 2));
  expect(["msg_1", "msg_2", "msg_3"].map((id) => placeOf(list, id))).toEqual([0, 1, 2]);
});

function entry(id: string, at: number): ItemEntry {
  const created_at = new Date(Date.UTC(2026, 10, 1) + at).toISOString();
  const item = { type: "assistant_message" as const, id, thread_id: "thr_1", created_at, content: [] };
  return { kind: "item", key: id, item, phase: "done" };
}
