import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { ItemUpdate } from "../protocol/events.ts";
import type { WidgetRoot } from "../protocol/widgets.ts";
import { diffWidget } from "./widget-diff.ts";

const card = (...children: unknown[]): WidgetRoot => ({ type: "Card", children });
const label = (value: string, more: object = {}) => ({ type: "Text", id: "t", value, ...more });
const delta = (text: string, done = true, id = "t") => ({
  type: "widget.streaming_text.value_delta",
  component_id: id,
  delta: text,
  done,
});

describe("what is sent of a changed widget", () => {
  test("the growth of texts, in document order", () => {
    const before = card(label("", { id: "2" }), { type: "Row", children: [label("1", { streaming: true })] });
    const after = card(label("é", { id: "2" }), {
      type: "Row",
      children: [label("12", { streaming: true })],
    });
    expect(diffWidget(before, after)).toEqual([delta("é", true, "2"), delta("2", false)]);
  });

  test("the growth of a text that is a single child (N15)", () => {
    const inside = (child: object) => card({ type: "Transition", children: child });
    expect(diffWidget(inside(label("a")), inside(label("ab")))).toEqual([delta("b")]);
  });

  const replaced: [string, WidgetRoot, WidgetRoot][] = [
    ["a text that shrinks", card(label("ab")), card(label("a"))],
    ["a text of another id", card(label("a")), card(label("a", { id: "u" }))],
    ["growth without an id (N10)", card(label("a", { id: null })), card(label("ab", { id: null }))],
    ["growth under an empty id", card(label("a", { id: "" })), card(label("ab", { id: "" }))],
    ["growth of a title", card(label("a", { type: "Title" })), card(label("ab", { type: "Title" }))],
    ["a text that ends streaming", card(label("a", { streaming: true })), card(label("ab"))],
    ["growth beside another change", card(label("a"), label("x")), card(label("ab"), label("y"))],
    ["growth of the first of two with one id", card(label("a"), label("x")), card(label("ab"), label("x"))],
    ["growth of the second of two with one id", card(label("a"), label("x")), card(label("a"), label("xy"))],
    ["growth of both of two with one id", card(label("a"), label("x")), card(label("ab"), label("xy"))],
    ["a child that appears", card(), card(label("a"))],
    ["a member that appears", card({ type: "Fancy" }), card({ type: "Fancy", level: 1 })],
    [
      "a payload that changes",
      card({ type: "Button", onClickAction: { type: "a", payload: [1] } }),
      card({ type: "Button", onClickAction: { type: "a", payload: [2] } }),
    ],
  ];
  test.each(replaced)("the whole tree for %s", (_, before, after) => {
    expect(diffWidget(before, after)).toEqual([{ type: "widget.root.updated", widget: after }]);
  });

  test("nothing for null in place of absent, at any depth", () => {
    const before = card({ type: "Fancy", options: { a: null, b: [1] } });
    expect(diffWidget(before, card({ type: "Fancy", color: null, options: { b: [1] } }))).toEqual([]);
  });
});

describe("any two states", () => {
  const component = fc.letrec((tie) => ({
    text: fc.record(
      {
        type: fc.constantFrom("Text", "Markdown", "Title", "Fancy"),
        id: fc.constantFrom("1", "2", "3", ""),
        value: fc.constantFrom("", "a", "ab", "abc", "x", 7),
        streaming: fc.boolean(),
      },
      { requiredKeys: ["type"] },
    ),
    box: fc.record({
      type: fc.constantFrom("Row", "Transition"),
      children: fc.oneof(tie("any"), fc.array(tie("any"), { maxLength: 3 })),
    }),
    any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, tie("text"), tie("box")),
  })).any;
  const root = fc
    .array(component, { maxLength: 3 })
    .map((children): WidgetRoot => ({ type: "Card", children }));
  /** The same tree with some texts longer: what streaming makes of it. */
  const grown = root.chain((before) =>
    fc.array(fc.constantFrom("", "b", "bc"), { minLength: 40, maxLength: 40 }).map((tails) => {
      let position = 0;
      const after: WidgetRoot = JSON.parse(JSON.stringify(before), (name, value) =>
        name === "value" && typeof value === "string" ? value + (tails[position++ % 40] ?? "") : value,
      );
      return [before, after] as const;
    }),
  );

  test("the updates lead from one to the other", () => {
    fc.assert(
      fc.property(fc.oneof(grown, fc.tuple(root, root)), ([before, after]) => {
        expect(applied(before, diffWidget(before, after))).toEqual(after);
      }),
      { numRuns: 1_000 },
    );
  });

  test("deltas are what grown texts with ids of their own come to", () => {
    const rows = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 20 });
    fc.assert(
      fc.property(rows, (texts) => {
        const before = card(...texts.map(([value], id) => label(value, { id: String(id) })));
        const after = card(...texts.map(([value, tail], id) => label(value + tail, { id: String(id) })));
        const expected = texts.flatMap(([, tail], id) =>
          tail === "" ? [] : [delta(tail, true, String(id))],
        );
        expect(diffWidget(before, after)).toEqual(expected);
      }),
    );
  });

  test("nothing leads from a state to itself, also over JSON", () => {
    fc.assert(
      fc.property(root, (state) => {
        expect(diffWidget(state, state)).toEqual([]);
        expect(diffWidget(state, JSON.parse(JSON.stringify(state)))).toEqual([]);
      }),
    );
  });
});

test("two thousand components are compared in no time", () => {
  const many = (tail: string) =>
    card(...Array.from({ length: 1_999 }, (_, id) => label(`${id}${tail}`, { id: String(id) })));
  const started = performance.now();
  expect(diffWidget(many(""), many("!"))).toHaveLength(1_999);
  expect(performance.now() - started).toBeLessThan(500);
});

/** As a client does it: a delta goes to every component of its id. */
function applied(before: WidgetRoot, updates: readonly ItemUpdate[]): WidgetRoot {
  let root: WidgetRoot = structuredClone(before);
  for (const update of updates) {
    if (update.type === "widget.root.updated") root = update.widget;
    if (update.type === "widget.streaming_text.value_delta") append(root, update.component_id, update.delta);
  }
  return root;
}

function append(component: Record<string, unknown>, id: string, tail: string): void {
  if (component.id === id) component.value = `${String(component.value ?? "")}${tail}`;
  const children = Array.isArray(component.children) ? component.children : [component.children];
  for (const child of children) if (typeof child === "object" && child !== null) append(child, id, tail);
}
