import fc from "fast-check";
import { describe, expect, test } from "vitest";

import {
  borderOf,
  colorOf,
  dimensionsOf,
  flowOf,
  layoutOf,
  radiusOf,
  sizeOf,
  spacingOf,
} from "./style-values.ts";

describe("colours", () => {
  test.each([
    ["secondary", "text", "var(--muted)"],
    ["surface-secondary", "background", "var(--quiet)"],
    ["strong", "border", "color-mix(in oklab, var(--muted) 60%, transparent)"],
    ["#fff", "text", "#fff"],
    ["#11223344", "text", "#11223344"],
    ["rgb(1, 2, 3)", "text", "rgb(1, 2, 3)"],
    ["rgba(1 2 3 / 40%)", "text", "rgba(1 2 3 / 40%)"],
    ["hsl(120deg 50% 40%)", "text", "hsl(120deg 50% 40%)"],
    ["transparent", "background", "transparent"],
    [{ light: "white", dark: "#000" }, "text", "light-dark(white, #000)"],
  ] as const)("%j of %s", (value, use, css) => {
    expect(colorOf(value, use)).toBe(css);
  });

  test("a primitive grows darker with its step, and grey has hardly a colour", () => {
    const lightness = [25, 100, 500, 900].map((step) =>
      Number(/\((\S+)/.exec(colorOf(`blue-${step}`, "text") ?? "")?.[1]),
    );
    expect(lightness.toSorted((a, b) => b - a)).toEqual(lightness);
    expect(colorOf("gray-500", "text")).toMatch(/^oklch\(0\.\d+ 0\.00\d 265\)$/);
  });

  test.each([
    "url(https://a.example)",
    "red; position: fixed",
    "var(--fg)",
    "expression(1)",
    "#12345",
    "rgb(1,2,3); x",
    "constructor",
    "__proto__",
    "blue-9999",
    "rgb(1,2)",
    { light: "white" },
    7,
    null,
  ])("%j is none", (value) => {
    expect(colorOf(value, "text")).toBeUndefined();
  });
});

describe("sizes", () => {
  test.each([
    [16, "px", "1rem"],
    [4, "spacing", "1rem"],
    ["12px", "px", "12px"],
    ["50%", "px", "50%"],
    [".5rem", "px", ".5rem"],
    ["2", "spacing", "0.5rem"],
    ["auto", "px", "auto"],
  ] as const)("%j in %s", (value, unit, css) => {
    expect(sizeOf(value, unit)).toBe(css);
  });

  test.each([-1, 1e9, Number.NaN, "-4px", "99999px", "calc(1px)", "1px;", "var(--x)", "200vw", "", true])(
    "%j is none",
    (value) => {
      expect(sizeOf(value, "px")).toBeUndefined();
    },
  );

  test("one side of a spacing wins over its axis", () => {
    expect(spacingOf({ x: 4, left: 1, y: "2px" }, "padding")).toEqual({
      paddingTop: "2px",
      paddingRight: "1rem",
      paddingBottom: "2px",
      paddingLeft: "0.25rem",
    });
  });

  test("borders, radius, dimensions, flow", () => {
    expect(borderOf(2)).toEqual({ border: "2px solid var(--line)" });
    expect(borderOf({ x: { size: 1, style: "dotted", color: "#000" }, top: 3 })).toEqual({
      borderTop: "3px solid var(--line)",
      borderRight: "1px dotted #000",
      borderLeft: "1px dotted #000",
    });
    expect(borderOf(99)).toEqual({});
    expect([radiusOf("2xl"), radiusOf("toString")]).toEqual(["1rem", undefined]);
    expect(dimensionsOf({ size: 32, width: "50%", aspectRatio: "16/9", flex: "1" })).toEqual({
      width: "50%",
      height: "2rem",
      aspectRatio: "16/9",
      flex: "1 1 0%",
    });
    expect(flowOf({ align: "end", justify: "between", gap: 2 })).toEqual({
      alignItems: "flex-end",
      justifyContent: "space-between",
      gap: "0.5rem",
    });
  });
});

test("whatever comes, no value can fetch, leave its place or end its declaration", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(
          "width",
          "padding",
          "border",
          "background",
          "radius",
          "gap",
          "flex",
          "aspectRatio",
          "margin",
        ),
        fc.jsonValue(),
      ),
      (node) => {
        for (const value of Object.values(layoutOf(node)))
          expect(String(value)).not.toMatch(/[;:{}\\]|url|expression/i);
      },
    ),
  );
});
