import { expect, test } from "vitest";

import { createClock } from "./clock.ts";
import { randomId, runIdSchema } from "./ids.ts";

test("ids carry their prefix and 22 digits of 62, each its own", () => {
  const ids = Array.from({ length: 5_000 }, () => randomId("run"));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(runIdSchema.safeParse(id).success).toBe(true);
  const digits = new Set(ids.flatMap((id) => id.slice(4).split("")));
  expect(digits.size).toBe(62);
});

test("times rise by at least a microsecond, whatever the wall clock does", () => {
  let wall = Date.UTC(2026, 0, 2, 3, 4, 5);
  const now = createClock(() => wall);
  const times = [now(), now()];
  wall -= 60_000;
  for (let count = 0; count < 2_500; count++) times.push(now());
  wall += 120_000;
  times.push(now());
  expect(times[0]).toBe("2026-01-02T03:04:05.000000Z");
  expect(times[1]).toBe("2026-01-02T03:04:05.000001Z");
  expect(times.at(-1)).toBe("2026-01-02T03:05:05.000000Z");
  expect(times).toEqual(times.toSorted());
  expect(new Set(times).size).toBe(times.length);
});
