import { expect, test } from "vitest";

import { defaultRestart, restartDelayMs } from "./restart.ts";

test("R57: longer each time, and not again after five ends in a minute", () => {
  const ends = [0, 1000, 3000, 6000, 11_000];
  const delays = ends.map((_, at) => restartDelayMs(ends.slice(0, at + 1), defaultRestart));
  expect(delays).toEqual([500, 1000, 2000, 4000, null]);
});

test("what was longer ago does not count", () => {
  expect(restartDelayMs([0, 1, 2, 3, 60_004], defaultRestart)).toBe(500);
});

test("no delay is longer than the longest", () => {
  const policy = { firstDelayMs: 500, maxDelayMs: 900, maxEnds: 9, windowMs: 60_000 };
  expect(restartDelayMs([1, 2, 3], policy)).toBe(900);
});
