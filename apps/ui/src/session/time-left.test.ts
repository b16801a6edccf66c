import { expect, test } from "vitest";

import { clockText, spokenText } from "./time-left.ts";

test.each([
  [600_000, "10:00", "10 minutes left"],
  [599_001, "10:00", "9 minutes left"],
  [599_000, "09:59", "9 minutes left"],
  [61_000, "01:01", "1 minute left"],
  [59_999, "01:00", "less than a minute left"],
  [1, "00:01", "less than a minute left"],
  [0, "00:00", "no time left"],
  [3_600_000, "60:00", "60 minutes left"],
])("%i ms is %s, spoken: %s", (leftMs, clock, spoken) => {
  expect(clockText(leftMs)).toBe(clock);
  expect(spokenText(leftMs)).toBe(spoken);
});
