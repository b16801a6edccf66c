// Names the day on which a turn began, where it is another than the day before.

import { useMemo } from "react";

import type { Strings } from "../locale.ts";

/** Gives the day's name, or null between turns of one day. What begins today needs no name at the top. */
export function useDays(
  locale: string,
  { today, yesterday }: Strings,
): (startedAt: string | null, before: string | null) => string | null {
  return useMemo(() => {
    const thisYear = format(locale, { weekday: "long", day: "numeric", month: "long" });
    const otherYear = format(locale, { day: "numeric", month: "long", year: "numeric" });
    return (startedAt, before) => {
      const day = dayOf(startedAt);
      if (day === null) return null;
      const now = new Date();
      const last = dayOf(before) ?? dayOf(now.toISOString());
      if (last?.getTime() === day.getTime()) return null;
      const daysAgo = Math.round((midnight(now).getTime() - day.getTime()) / dayMs);
      if (daysAgo === 0) return today;
      if (daysAgo === 1) return yesterday;
      return (day.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(day);
    };
  }, [locale, today, yesterday]);
}

const dayMs = 86_400_000;

function dayOf(time: string | null): Date | null {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? null : midnight(new Date(ms));
}

function midnight(date: Date): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale, options);
  } catch {
    // A page may name a locale that is none.
    return new Intl.DateTimeFormat("en", options);
  }
}
