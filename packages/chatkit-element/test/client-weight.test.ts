import { expect, test } from "vitest";

import { bundle } from "./page-bundle.ts";

test("the chat without an element brings no framework and no styles, and is small", async () => {
  const { code, gzipBytes } = await bundle("../src/client.ts");
  console.info(`client: ${(gzipBytes / 1024).toFixed(1)} KiB gzip`);
  expect(code).not.toContain("createElement");
  expect(code).not.toContain("CSSStyleSheet");
  expect(gzipBytes).toBeLessThan(20 * 1024);
});
