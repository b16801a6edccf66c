import { expect, test } from "vitest";

import { httpLimits, httpLimitsFor } from "./http-limits.ts";

test("R64: connections take four fifths of the descriptors at most, on a desk and behind a proxy", () => {
  const connections = (proxied: boolean, descriptors: number) =>
    httpLimitsFor({ proxied, descriptors }).connections;
  expect(connections(false, 1024)).toBe(httpLimits.connections);
  expect(connections(false, 200)).toBe(160);
  expect(connections(true, 1024)).toBe(819);
  expect(connections(true, Infinity)).toBe(4096);
});
