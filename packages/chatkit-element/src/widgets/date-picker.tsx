// DatePicker: a button with a month to pick a day from. The value is that day as an ISO 8601 date-time at midnight UTC.

import { ChevronLeft, ChevronRight } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";

import { addDays, addMonths, type Day, dayOf, timeOf, today, weekdayOf, weeksOf } from "./calendar.ts";
import { textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { Picker, usePicking } from "./picker.tsx";
import { useWidget } from "./widget-context.ts";

const sides = ["top", "bottom", "left", "right"] as const;
const alignments = ["start", "center", "end"] as const;

interface Range {
  readonly min: Day | null;
  readonly max: Day | null;
}

export function DatePickerView({ node }: { node: WidgetNode }) {
  const { strings, locale } = useWidget();
  // A default that nobody touched is sent back as it came.
  const [value, setValue] = useState(textIn(node, "defaultValue"));
  const day = dayOf(value);
  return (
    <Picker
      node={node}
      kind="dialog"
      value={day === null ? null : value}
      shown={day === null ? null : worded(day, locale, { dateStyle: "medium" })}
      placeholder={textIn(node, "placeholder") ?? strings.chooseDate}
      side={wordIn(node, "side", sides) ?? "bottom"}
      align={wordIn(node, "align", alignments) ?? "start"}
      onChange={setValue}
    >
      <Month picked={day} range={{ min: dayOf(textIn(node, "min")), max: dayOf(textIn(node, "max")) }} />
    </Picker>
  );
}

interface MonthProps {
  readonly picked: Day | null;
  readonly range: Range;
}

function Month({ picked, range }: MonthProps) {
  const { strings, locale } = useWidget();
  const { choose, close } = usePicking();
  const id = useId();
  const [now] = useState(() => today(Date.now()));
  const [active, setActive] = useState(() => within(picked ?? now, range));
  const grid = useRef<HTMLTableElement>(null);
  const isOfKeys = useRef(true);
  const weeks = weeksOf(active, firstWeekdayOf(locale));

  useEffect(() => {
    if (isOfKeys.current) grid.current?.querySelector<HTMLElement>(`[data-day="${active}"]`)?.focus();
  }, [active]);

  function pick(day: Day) {
    if (day === picked) close();
    else choose(`${day}T00:00:00.000Z`);
  }

  function turn(months: number) {
    isOfKeys.current = false;
    setActive(within(addMonths(active, months), range));
  }

  return (
    // Escape would end the running answer.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <div className="w-month">
        <button
          type="button"
          className="icon-button small"
          aria-label={strings.previousMonth}
          aria-disabled={range.min !== null && active.slice(0, 7) <= range.min.slice(0, 7)}
          onClick={() => turn(-1)}
        >
          <ChevronLeft aria-hidden="true" />
        </button>
        <span id={id} aria-live="polite">
          {worded(active, locale, { month: "long", year: "numeric" })}
        </span>
        <button
          type="button"
          className="icon-button small"
          aria-label={strings.nextMonth}
          aria-disabled={range.max !== null && active.slice(0, 7) >= range.max.slice(0, 7)}
          onClick={() => turn(1)}
        >
          <ChevronRight aria-hidden="true" />
        </button>
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role */}
      <table ref={grid} role="grid" aria-labelledby={id} onKeyDown={pressed}>
        <thead>
          <tr>
            {weeks[0]?.map((day) => (
              <th key={day} scope="col" abbr={worded(day, locale, { weekday: "long" })}>
                {worded(day, locale, { weekday: "narrow" })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]}>
              {week.map((day) => (
                <td key={day} aria-selected={day === picked}>
                  <button
                    type="button"
                    className="w-day"
                    data-day={day}
                    tabIndex={day === active ? 0 : -1}
                    aria-label={worded(day, locale, { dateStyle: "full" })}
                    aria-current={day === now ? "date" : undefined}
                    aria-disabled={!isIn(day, range) || undefined}
                    data-picked={day === picked || undefined}
                    data-outside={day.slice(0, 7) !== active.slice(0, 7) || undefined}
                    onClick={() => {
                      if (isIn(day, range)) pick(day);
                    }}
                  >
                    {Number(day.slice(8))}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

  function pressed(event: KeyboardEvent): void {
    const isRightToLeft = grid.current !== null && getComputedStyle(grid.current).direction === "rtl";
    const next = dayAfter(event, active, isRightToLeft ? -1 : 1, firstWeekdayOf(locale));
    if (next === null) return;
    event.preventDefault();
    isOfKeys.current = true;
    setActive(within(next, range));
  }
}

function dayAfter(event: KeyboardEvent, day: Day, forward: 1 | -1, firstWeekday: number): Day | null {
  const inWeek = (weekdayOf(day) - firstWeekday + 7) % 7;
  switch (event.key) {
    case "ArrowLeft":
      return addDays(day, -forward);
    case "ArrowRight":
      return addDays(day, forward);
    case "ArrowUp":
      return addDays(day, -7);
    case "ArrowDown":
      return addDays(day, 7);
    case "Home":
      return addDays(day, -inWeek);
    case "End":
      return addDays(day, 6 - inWeek);
    case "PageUp":
      return addMonths(day, event.shiftKey ? -12 : -1);
    case "PageDown":
      return addMonths(day, event.shiftKey ? 12 : 1);
    default:
      return null;
  }
}

/** Monday where the browser does not know the country's custom. */
function firstWeekdayOf(locale: string): number {
  const known: Intl.Locale & { getWeekInfo?: () => { firstDay: number } } = new Intl.Locale(locale);
  return (known.getWeekInfo?.().firstDay ?? 1) % 7;
}

function worded(day: Day, locale: string, format: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { ...format, timeZone: "UTC" }).format(timeOf(day));
}

function isIn(day: Day, { min, max }: Range): boolean {
  return (min === null || day >= min) && (max === null || day <= max);
}

function within(day: Day, { min, max }: Range): Day {
  if (min !== null && day < min) return min;
  return max !== null && day > max ? max : day;
}
