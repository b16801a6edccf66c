import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { plainEventSchema } from "./events.ts";
import { iconNames, iconSchema } from "./icons.ts";
import { storedItemSchema } from "./items.ts";
import { knownComponentSchema, type Widget, widgetSchema } from "./widget-components.ts";
import { type WidgetRoot, widgetRootSchema } from "./widgets.ts";

const itemMembers = { id: "i", thread_id: "t", created_at: "2026-01-01T00:00:00Z" };

describe("a widget that is stored and sent", () => {
  test("keeps components and members that nobody knows (N17)", () => {
    const widget = {
      type: "Card",
      hologram: { depth: 3 },
      children: [{ type: "Fancy", level: 1, inner: ["a"] }],
    };
    const item = storedItemSchema.parse({ ...itemMembers, type: "widget", widget });
    expect(item).toEqual({ ...itemMembers, type: "widget", widget });
  });

  test("any tree without nulls survives, and comes out the same a second time", () => {
    const value = fc
      .jsonValue()
      .map((json): unknown => JSON.parse(JSON.stringify(json).replaceAll("null", "0")));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (members) => {
        // The parser never sets a prototype from outside.
        const { id: _id, key: _key, ["__proto__"]: _proto, ...others } = members;
        const tree: unknown = JSON.parse(JSON.stringify({ ...others, type: "Basic" }));
        const read: unknown = JSON.parse(JSON.stringify(widgetRootSchema.parse(tree)));
        expect(read).toEqual(tree);
        expect(widgetRootSchema.parse(read)).toEqual(tree);
      }),
    );
  });

  test("loses null members and children at any depth, but none inside a payload or another list", () => {
    const payload = { kept: null, list: [1, null] };
    const given = {
      type: "Card",
      status: null,
      children: [null, { type: "Button", id: null, onClickAction: { type: "a", payload, handler: null } }],
      rows: [1, null],
    };
    expect(widgetRootSchema.parse(given)).toEqual({
      type: "Card",
      children: [{ type: "Button", onClickAction: { type: "a", payload } }],
      rows: [1, null],
    });
  });

  test("has a root that clients know", () => {
    expect(widgetRootSchema.safeParse({ type: "Text", value: "x" }).success).toBe(false);
  });
});

describe("a widget of an author", () => {
  const widget = {
    type: "Card",
    size: "sm",
    status: { text: "Live", icon: "globe" },
    confirm: { label: "Go", action: { type: "go", payload: { a: [1] } } },
    children: [
      { type: "Row", gap: 2, padding: { x: 1 }, children: [{ type: "Icon", name: "lucide:rocket" }] },
      { type: "Transition", children: { type: "Text", id: "t", value: "", streaming: true } },
      {
        type: "Box",
        border: { top: { size: 1, style: "dashed" } },
        background: { light: "#fff", dark: "#000" },
      },
      {
        type: "Table",
        children: [{ type: "Table.Row", children: [{ type: "Table.Cell", children: [{ type: "Spacer" }] }] }],
      },
      {
        type: "Chart",
        data: [{ m: "Jan", a: 1 }],
        series: [{ type: "line", dataKey: "a", label: "A", curveType: "step" }],
        xAxis: "m",
      },
      {
        type: "Form",
        onSubmitAction: { type: "save", streaming: false },
        children: [
          { type: "Select", name: "s", options: [{ value: "1", label: "One" }] },
          { type: "DatePicker", name: "d", align: "end" },
        ],
      },
    ],
  } satisfies Widget;

  test("is a widget for the wire too, in its type and in its form", () => {
    const root: WidgetRoot = widget;
    expect(widgetSchema.parse(root)).toEqual(widget);
    expect(widgetRootSchema.parse(widget)).toEqual(widget);
  });

  test("nests roots in a Basic only", () => {
    expect(
      widgetSchema.safeParse({ type: "Basic", children: [{ type: "Card", children: [] }] }).success,
    ).toBe(true);
    expect(widgetSchema.safeParse({ type: "Card", children: [{ type: "Card", children: [] }] }).success).toBe(
      false,
    );
  });

  const wrong: [string, object][] = [
    ["an unknown component", { type: "Fancy" }],
    ["an unknown member", { type: "Spacer", sparkle: true }],
    ["a missing member", { type: "Label", value: "x" }],
    ["a value that is not in the list", { type: "Badge", label: "x", color: "pink" }],
    ["an unknown icon", { type: "Icon", name: "not-an-icon" }],
    ["an unknown component below", { type: "Col", children: [{ type: "Fancy" }] }],
    ["a row outside of a list", { type: "ListViewItem", children: [] }],
  ];
  test.each(wrong)("may not have %s", (_, component) => {
    expect(knownComponentSchema.safeParse(component).success).toBe(false);
  });
});

describe("an icon", () => {
  test("is one of 64, or of an open set (N19)", () => {
    expect(new Set(iconNames).size).toBe(64);
    for (const icon of [...iconNames, "vendor:acme", "lucide:rocket"])
      expect(iconSchema.parse(icon)).toBe(icon);
  });

  test("of another name is refused of a responder, but does not make an item unreadable (N20)", () => {
    const progress = { type: "progress_update", text: "x" };
    expect(plainEventSchema.safeParse({ ...progress, icon: "bolt" }).success).toBe(true);
    expect(plainEventSchema.safeParse({ ...progress, icon: "not-an-icon" }).success).toBe(false);
    const task = { type: "custom", title: "x", icon: "not-an-icon" };
    expect(storedItemSchema.safeParse({ ...itemMembers, type: "task", task }).success).toBe(true);
  });
});
