// Days as `2026-03-29`, without a time zone: what one picks is a day of the calendar, wherever one is.

export type Day = string;

const dayMs = 86_400_000;

/** The day that an ISO 8601 date or date-time names as it is written; null for anything else. */
export function dayOf(written: string | null): Day | null {
  const [, day] = /^(\d{4}-\d{2}-\d{2})(?:$|[T ])/.exec(written ?? "") ?? [];
  return day !== undefined && isoDay(timeOf(day)) === day ? day : null;
}

export function today(nowMs: number): Day {
  const now = new Date(nowMs);
  return isoDay(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
}

export function addDays(day: Day, count: number): Day {
  return isoDay(timeOf(day) + count * dayMs);
}

/** The same day of another month, or that month's last one. */
export function addMonths(day: Day, count: number): Day {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate();
  return isoDay(Date.UTC(year, month - 1 + count, Math.min(date, last)));
}

/** The weeks that the month touches. `firstWeekday`: 0 is Sunday. */
export function weeksOf(day: Day, firstWeekday: number): Day[][] {
  const first = `${day.slice(0, 7)}-01`;
  const before = (weekdayOf(first) - firstWeekday + 7) % 7;
  const weeks: Day[][] = [];
  for (let start = addDays(first, -before); weeks.length < 6; start = addDays(start, 7)) {
    if (weeks.length > 0 && start.slice(0, 7) !== day.slice(0, 7)) break;
    weeks.push(Array.from({ length: 7 }, (_, at) => addDays(start, at)));
  }
  return weeks;
}

/** 0 is Sunday. */
export function weekdayOf(day: Day): number {
  return new Date(timeOf(day)).getUTCDay();
}

/** For a formatter whose time zone is UTC. */
export function timeOf(day: Day): number {
  return Date.parse(`${day}T00:00:00.000Z`);
}

function isoDay(time: number): Day {
  return Number.isNaN(time) ? "" : new Date(time).toISOString().slice(0, 10);
}
