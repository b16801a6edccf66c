import { expect, test } from "vitest";

import { childNodes, type WidgetNode } from "./nodes.ts";
import { boundedTree, readWidget, treeBounds, widgetWithComponent, widgetWithDelta } from "./tree.ts";

const still = { type: "Row", children: [{ type: "Title", value: "T" }] };
const card = {
  type: "Card" as const,
  children: [still, { type: "Transition", children: { type: "Text", id: "t", value: "Hel" } }, null, "text"],
};

test("a delta reaches its text, also in a single child, and leaves the rest alone", () => {
  const next = widgetWithDelta(card, "t", "lo");
  expect(next).toEqual({
    ...card,
    children: [
      still,
      { type: "Transition", children: { type: "Text", id: "t", value: "Hello" } },
      null,
      "text",
    ],
  });
  expect((next["children"] as unknown[])[0]).toBe(still);
});

test.each([
  ["an id that is not there", "x"],
  ["a component that does not stream", "title"],
])("a delta for %s changes nothing", (_what, id) => {
  const widget = { type: "Card" as const, children: [{ type: "Title", id: "title", value: "T" }] };
  expect(widgetWithDelta(widget, id, "more")).toEqual(widget);
});

test("a component takes the place of another; no component can take a root's", () => {
  expect(widgetWithComponent(card, "t", { type: "Badge", label: "New" })["children"]).toContainEqual({
    type: "Transition",
    children: { type: "Badge", label: "New" },
  });
  const root = { type: "Card" as const, id: "r", children: [] };
  expect(widgetWithComponent(root, "r", { type: "Badge", label: "New" })).toEqual(root);
  expect(widgetWithComponent(root, "r", { type: "Basic" })).toEqual({ type: "Basic" });
});

test("a root that is not known is no widget", () => {
  expect(readWidget({ type: "Text", value: "x" })).toBeNull();
  expect(readWidget(null)).toBeNull();
});

test("a tree within the bounds is drawn as it is, a larger one is cut", () => {
  expect(boundedTree(card)).toBe(card);
  const wide = { type: "Card" as const, children: Array.from({ length: 9_000 }, () => ({ type: "Spacer" })) };
  expect(childNodes(boundedTree(wide)).length).toBe(treeBounds.nodes);
  let deep: WidgetNode = { type: "Text", value: "bottom" };
  for (let depth = 0; depth < 50_000; depth += 1) deep = { type: "Box", children: [deep] };
  expect(depthOf(boundedTree({ type: "Card", children: [deep] }))).toBe(treeBounds.depth + 1);
  expect(widgetWithDelta({ type: "Card", children: [deep] }, "t", "x").type).toBe("Card");
});

function depthOf(node: WidgetNode): number {
  return 1 + Math.max(0, ...childNodes(node).map(depthOf));
}
