// From the data of a chart to numbers that can be drawn.

import { isRecord, type WireRecord } from "../client/wire-values.ts";
import { textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { colorOf } from "./style-values.ts";

export interface Series {
  readonly type: "bar" | "area" | "line";
  readonly label: string;
  readonly color: string;
  readonly curve: string | null;
  /** Series of one stack stand on each other. */
  readonly stack: string | null;
  /** For each row of the data where it begins and where it ends; null where the data say nothing. */
  readonly spans: readonly (readonly [from: number, to: number] | null)[];
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  /** Round numbers from the least to the most that is shown, zero among them. */
  readonly ticks: readonly number[];
  readonly hidesXAxis: boolean;
}

const mostRows = 500;
const mostSeries = 12;
const usualColors = ["blue", "orange", "green", "purple", "pink", "yellow", "red"] as const;

export function readChart(node: WidgetNode): ChartData {
  const axis = node["xAxis"];
  const key = isRecord(axis) ? (textIn(axis, "dataKey") ?? "") : typeof axis === "string" ? axis : "";
  const labels = isRecord(axis) && isRecord(axis["labels"]) ? axis["labels"] : {};
  const rows = listOf(node["data"]).slice(0, mostRows);
  const categories = rows.map((row) => {
    const value = row[key];
    const name = typeof value === "string" || typeof value === "number" ? String(value) : "";
    return Object.hasOwn(labels, name) ? (textIn(labels, name) ?? name) : name;
  });
  const series = stacked(listOf(node["series"]).slice(0, mostSeries), rows);
  const ends = series.flatMap(({ spans }) => spans.flatMap((span) => span ?? []));
  return {
    categories,
    series,
    ticks: ticksOf(
      ends.reduce((a, b) => Math.min(a, b), 0),
      ends.reduce((a, b) => Math.max(a, b), 0),
    ),
    hidesXAxis: isRecord(axis) && axis["hide"] === true,
  };
}

function stacked(rows: readonly WireRecord[], data: readonly WireRecord[]): Series[] {
  const tops = new Map<string, { up: number; down: number }[]>();
  return rows.flatMap((row, at) => {
    const type = wordIn(row, "type", ["bar", "area", "line"]);
    const key = textIn(row, "dataKey");
    if (type === null || key === null) return [];
    const stack = type === "line" ? null : textIn(row, "stack");
    const heights =
      stack === null ? null : (tops.get(`${type} ${stack}`) ?? data.map(() => ({ up: 0, down: 0 })));
    if (heights !== null) tops.set(`${type} ${stack}`, heights);
    const values = data.map((record) => numberOf(record[key]));
    const spans = values.map((value, index) => {
      if (value === null) return null;
      const height = heights?.[index];
      if (height === undefined) return [0, value] as const;
      const side = value < 0 ? "down" : "up";
      const from = height[side];
      height[side] += value;
      return [from, from + value] as const;
    });
    const usual = usualColors[at % usualColors.length];
    return [
      {
        type,
        label: textIn(row, "label") ?? key,
        color: colorOf(row["color"], "chart") ?? colorOf(usual, "chart") ?? "currentColor",
        curve: textIn(row, "curveType"),
        stack,
        spans,
        values,
      },
    ];
  });
}

/** About five steps of 1, 2, 2.5 or 5 times a power of ten. */
function ticksOf(least: number, most: number): number[] {
  const range = most - least;
  if (!Number.isFinite(range) || range <= 0) return [0, 1];
  const rough = range / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const [from, to] = [Math.floor(least / step), Math.ceil(most / step)];
  return Array.from({ length: Math.min(to - from, 20) + 1 }, (_, at) => (from + at) * step);
}

function numberOf(value: unknown): number | null {
  const read = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) && Math.abs(read) < 1e15 ? read : null;
}

function listOf(value: unknown): WireRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
