import { expect, test } from "vitest";

import { randomId } from "./ids.ts";

test("S66: an id has 22 digits of 62, more than 128 bits, and no two are alike", () => {
  const ids = Array.from({ length: 50_000 }, () => randomId("thr"));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 1000)) expect(id).toMatch(/^thr_[0-9A-Za-z]{22}$/);
  expect(22 * Math.log2(62)).toBeGreaterThan(128);
});

test("S40, S66: all digits are as likely, at every place", () => {
  const rounds = 62_000;
  const counts = Array.from({ length: 22 }, () => new Map<string, number>());
  for (let round = 0; round < rounds; round++) {
    for (const [place, digit] of Array.from(randomId("msg").slice(4)).entries()) {
      counts[place]!.set(digit, (counts[place]!.get(digit) ?? 0) + 1);
    }
  }
  for (const place of counts) {
    expect(place.size).toBe(62);
    // A thousand each; beyond seven standard deviations it is no chance.
    for (const count of place.values()) expect(Math.abs(count - rounds / 62)).toBeLessThan(225);
  }
});
