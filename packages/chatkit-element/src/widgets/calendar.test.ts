import { expect, test } from "vitest";

import { addDays, addMonths, dayOf, weekdayOf, weeksOf } from "./calendar.ts";

test.each([
  ["2026-03-29", "2026-03-29"],
  ["2026-03-29T23:59:59-08:00", "2026-03-29"],
  ["2026-02-30", null],
  ["tomorrow", null],
  [null, null],
])("the day of %j is %j", (written, day) => {
  expect(dayOf(written)).toBe(day);
});

test("days and months follow each other over their ends", () => {
  expect(addDays("2026-02-28", 1)).toBe("2026-03-01");
  expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
  expect(addMonths("2024-02-29", -12)).toBe("2023-02-28");
  expect(weekdayOf("2026-11-23")).toBe(1);
});

test("a month is the weeks that it touches", () => {
  const weeks = weeksOf("2026-02-14", 0);
  expect([weeks.length, weeks[0]?.[0], weeks.at(-1)?.[6]]).toEqual([4, "2026-02-01", "2026-02-28"]);
  expect(weeksOf("2026-03-14", 1)[0]?.[0]).toBe("2026-02-23");
  expect(weeksOf("2026-08-14", 1).length).toBe(6);
});

test("the end of time is a month like others", () => {
  expect(weeksOf("9999-12-31", 1).length).toBeLessThanOrEqual(6);
});
