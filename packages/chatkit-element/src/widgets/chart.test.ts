import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { curvePath } from "./chart-curves.ts";
import { readChart } from "./chart-scale.ts";

const points = [
  { x: 0, y: 0 },
  { x: 10, y: 20 },
  { x: 20, y: 5 },
];

describe("what a chart shows", () => {
  test("stacks stand on each other, below zero downwards, and labels replace names", () => {
    const chart = readChart({
      type: "Chart",
      xAxis: { dataKey: "m", labels: { a: "Alpha" }, hide: true },
      data: [
        { m: "a", x: 3, y: "4", z: -2 },
        { m: "b", x: "none", y: 1, z: 5 },
      ],
      series: [
        { type: "bar", label: "X", dataKey: "x", stack: "s" },
        { type: "bar", label: null, dataKey: "y", stack: "s", color: "red" },
        { type: "bar", label: "Z", dataKey: "z", stack: "s" },
      ],
    });
    expect(chart.categories).toEqual(["Alpha", "b"]);
    expect(chart.hidesXAxis).toBe(true);
    expect(chart.series.map(({ label, spans }) => [label, spans])).toEqual([
      ["X", [[0, 3], null]],
      [
        "y",
        [
          [3, 7],
          [0, 1],
        ],
      ],
      [
        "Z",
        [
          [0, -2],
          [1, 6],
        ],
      ],
    ]);
    expect(chart.ticks).toEqual([-2.5, 0, 2.5, 5, 7.5]);
  });

  test.each([{}, { data: 1, series: "x", xAxis: [] }, { data: [null], series: [null, { type: "pie" }] }])(
    "%j is an empty chart",
    (node) => {
      const { series, ticks } = readChart({ type: "Chart", ...node });
      expect([series, ticks]).toEqual([[], [0, 1]]);
    },
  );
});

describe("curves", () => {
  test.each([
    [null, "M0,0L10,20L20,5"],
    ["linearClosed", "M0,0L10,20L20,5Z"],
    ["stepAfter", "M0,0H10V20H10H20V5H20"],
    ["bumpX", "M0,0C5,0 5,20 10,20C15,20 15,5 20,5"],
    ["monotone", "M0,0C3.33,6.67 6.67,20 10,20C13.33,20 16.67,10 20,5"],
  ])("%s", (curve, path) => {
    expect(curvePath(points, curve)).toBe(path);
  });

  test("natural and basis pass from the first point to the last", () => {
    expect(curvePath(points, "natural")).toMatch(/^M0,0C.* 10,20C.* 20,5$/);
    expect(curvePath(points, "basis")).toMatch(/^M0,0C.*L20,5$/);
  });

  test("no numbers make a path that cannot be drawn", () => {
    const curves = [
      "basis",
      "basisOpen",
      "bump",
      "bumpY",
      "natural",
      "monotoneX",
      "step",
      "stepBefore",
      "unknown",
    ];
    const place = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.record({ x: place, y: place })), fc.constantFrom(...curves), (given, curve) => {
        expect(curvePath(given, curve)).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });
});
