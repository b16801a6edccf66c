import { expect, test } from "vitest";

import { bundle } from "./page-bundle.ts";

const budgetBytes = 190 * 1024;

test("element, React and the protocol client stay within 190 KB compressed, and bring no schema library along", async () => {
  const { code, gzipBytes } = await bundle("../src/index.ts");
  console.info(`element: ${(gzipBytes / 1024).toFixed(1)} KiB gzip`);
  expect(gzipBytes).toBeLessThan(budgetBytes);
  expect(code).not.toContain("ZodError");
  expect(code).not.toMatch(/\beval\(|new Function\(/);
});
