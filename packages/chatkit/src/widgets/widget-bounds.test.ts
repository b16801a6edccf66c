import { expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import { checkWidget } from "./widget-bounds.ts";

const cardOf = (count: number) => ({
  type: "Card",
  children: Array.from({ length: count }, () => ({ type: "Spacer" })),
});

function nested(levels: number): object {
  let tree: object = { type: "Box" };
  for (let level = 1; level < levels; level++) tree = { type: "Box", children: [tree] };
  return tree;
}

function bytesOf(length: number): object {
  const around = JSON.stringify({ type: "Card", value: "" }).length;
  return { type: "Card", value: "x".repeat(length - around) };
}

const atBounds: [string, object][] = [
  ["2,000 objects", cardOf(1_999)],
  ["32 levels", nested(32)],
  ["256 KiB", bytesOf(256 * 1_024)],
];
test.each(atBounds)("takes %s (S113)", (_, tree) => {
  expect(() => checkWidget(tree)).not.toThrow();
});

const circular: Record<string, unknown> = { type: "Card" };
circular.children = [circular];
let lists: unknown[] = [];
for (let level = 0; level < 50_000; level++) lists = [lists];

const beyond: [string, unknown, RegExp][] = [
  ["2,001 objects", cardOf(2_000), /2,000/],
  ["33 levels", nested(33), /32/],
  ["256 KiB and a byte", bytesOf(256 * 1_024 + 1), /256/],
  ["characters that are more bytes", { type: "Card", value: "é".repeat(140_000) }, /256/],
  ["a tree inside itself", circular, /32/],
  ["lists in lists", { type: "Card", children: lists }, /32/],
];
test.each(beyond)("refuses %s (S113)", (_, tree, reason) => {
  const check = () => checkWidget(tree);
  expect(check).toThrow(ChatKitError);
  expect(check).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringMatching(reason) }) }),
  );
});
