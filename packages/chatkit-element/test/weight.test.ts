import { beforeAll, expect, test } from "vitest";

import { type Part, parts } from "./page-bundle.ts";

const budgetBytes = 190 * 1024;

let built: Part[];
beforeAll(async () => {
  built = await parts("../src/index.ts");
});

test("element, React and the protocol client stay within 190 KB compressed, and bring no schema library along", () => {
  const first = built.filter(({ isFirst }) => isFirst);
  const bytes = first.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  const later = built.filter(({ isFirst }) => !isFirst);
  console.info(
    `element: ${kib(bytes)}; later: ${later.map((part) => `${part.name} ${kib(part.gzipBytes)}`).join(", ")}`,
  );
  expect(bytes).toBeGreaterThan(100 * 1024);
  expect(bytes).toBeLessThan(budgetBytes);
  for (const { code } of built) {
    expect(code).not.toContain("ZodError");
    expect(code).not.toMatch(/\beval\(|new Function\(/);
  }
});

test.each([
  ["charts", "/widgets/chart.tsx"],
  ["what records speech", "/chat/recording.ts"],
  ["what colours programs", "/view/color-code.ts"],
  ["what draws formulas", "/view/draw-maths.ts"],
])("a page that splits its code loads %s with the first use alone", (_what, source) => {
  const holders = built.filter(({ sources }) => sources.some((path) => path.endsWith(source)));
  expect(holders.map(({ isFirst }) => isFirst)).toEqual([false]);
});

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
