// What is drawn within a chart: grid, labels, bars, areas, lines, and the marks of the category that is pointed at.

import { useId } from "react";

import { curvePath } from "./chart-curves.ts";
import type { ChartData, Series } from "./chart-scale.ts";

/** Wide enough for a digit of a label. */
export const labelPx = 6.6;

export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly band: number;
  /** Middle of a category. */
  x(at: number): number;
  y(value: number): number;
}

export interface Gaps {
  readonly bar: number;
  readonly category: number | null;
}

/** `left` is the room for the labels of the upright axis. */
export function plotOf(data: ChartData, size: { width: number; height: number }, left: number): Plot {
  const [least = 0, most = 1] = [data.ticks[0], data.ticks.at(-1)];
  const top = 10;
  const right = size.width - 4;
  const bottom = size.height - (data.hidesXAxis ? 6 : 24);
  const count = Math.max(1, data.categories.length);
  // Bars need room around their middle; lines alone begin and end at the edges.
  const hasBars = count === 1 || data.series.some(({ type }) => type === "bar");
  const inset = hasBars ? 0 : 5;
  const band = Math.max(1, (right - left - 2 * inset) / (hasBars ? count : count - 1));
  return {
    left,
    right,
    top,
    bottom,
    band,
    x: (at) => left + inset + band * (hasBars ? at + 0.5 : at),
    y: (value) => bottom - ((value - least) / (most - least || 1)) * (bottom - top),
  };
}

export function Grid({
  plot,
  ticks,
  labels,
}: {
  plot: Plot;
  ticks: readonly number[];
  labels: readonly string[] | null;
}) {
  return (
    <>
      {ticks.map((tick, at) => (
        <g key={tick}>
          <line
            className={tick === 0 ? "w-chart-zero" : "w-chart-grid"}
            x1={plot.left}
            x2={plot.right}
            y1={plot.y(tick)}
            y2={plot.y(tick)}
          />
          {labels !== null && (
            <text x={plot.left - 8} y={plot.y(tick)} dy="0.32em" textAnchor="end">
              {labels[at]}
            </text>
          )}
        </g>
      ))}
    </>
  );
}

/** As many as have room. */
export function XLabels({ plot, data, height }: { plot: Plot; data: ChartData; height: number }) {
  const longest = Math.max(1, ...data.categories.map((category) => Math.min(category.length, 14)));
  const every = Math.max(1, Math.ceil((longest * labelPx + 10) / plot.band));
  return (
    <>
      {data.categories.map((category, at) =>
        at % every === 0 ? (
          <text key={at} x={plot.x(at)} y={height - 5} textAnchor="middle">
            {category.length > 14 ? `${category.slice(0, 13)}…` : category}
          </text>
        ) : null,
      )}
    </>
  );
}

export function Bars({ data, plot, gaps }: { data: ChartData; plot: Plot; gaps: Gaps }) {
  const bars = data.series.filter(({ type }) => type === "bar");
  // Each stack has one place beside the others, and so has each bar that stands alone.
  const places = [...new Set(bars.map(({ stack }, at) => stack ?? at))];
  const outer = gaps.category ?? plot.band * 0.28;
  const room = Math.max(1, plot.band - outer - gaps.bar * (places.length - 1));
  const width = Math.min(56, Math.max(1, room / places.length));
  const total = width * places.length + gaps.bar * (places.length - 1);
  return bars.map(({ stack, spans, color }, at) => {
    const left = places.indexOf(stack ?? at) * (width + gaps.bar) - total / 2;
    return (
      <g key={at} fill={color} className="w-chart-bars">
        {spans.map((span, row) => {
          if (span === null) return null;
          const [y, end] = [plot.y(Math.max(...span)), plot.y(Math.min(...span))];
          const height = Math.max(end - y, span[0] === span[1] ? 0 : 1);
          const corner = stack === null ? Math.min(4, width / 3, height) : 1;
          return <rect key={row} x={plot.x(row) + left} y={y} width={width} height={height} rx={corner} />;
        })}
      </g>
    );
  });
}

export function Area({ series, plot }: { series: Series; plot: Plot }) {
  const id = useId();
  const runs = runsOf(series, plot);
  return (
    <g color={series.color}>
      <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
        <stop offset="0" stopColor="currentColor" stopOpacity={0.34} />
        <stop offset="1" stopColor="currentColor" stopOpacity={0.06} />
      </linearGradient>
      {runs.map(({ tops, floors }, at) => {
        const top = curvePath(tops, openCurve(series.curve));
        return (
          <g key={at}>
            <path
              d={`${top}${curvePath(floors.toReversed(), openCurve(series.curve), "L")}Z`}
              fill={`url(#${id})`}
            />
            <path className="w-chart-line" d={top} />
          </g>
        );
      })}
    </g>
  );
}

export function Line({ series, plot }: { series: Series; plot: Plot }) {
  return (
    <g color={series.color}>
      {runsOf(series, plot).map(({ tops }, at) => (
        <g key={at}>
          <path className="w-chart-line" d={curvePath(tops, series.curve)} />
          {tops.length === 1 && tops[0] !== undefined && (
            <circle cx={tops[0].x} cy={tops[0].y} r={3} fill="currentColor" />
          )}
        </g>
      ))}
    </g>
  );
}

export function Marks({ data, plot, at }: { data: ChartData; plot: Plot; at: number }) {
  return data.series.map((series, index) => {
    const span = series.spans[at];
    if (series.type === "bar" || span === null || span === undefined) return null;
    return (
      <circle
        key={index}
        className="w-chart-mark"
        cx={plot.x(at)}
        cy={plot.y(span[1])}
        r={4}
        fill={series.color}
      />
    );
  });
}

/** Stretches without a gap in the data. */
function runsOf({ spans }: Series, plot: Plot) {
  const runs: { tops: { x: number; y: number }[]; floors: { x: number; y: number }[] }[] = [];
  for (const [at, span] of spans.entries()) {
    if (span === null) continue;
    if (at === 0 || spans[at - 1] === null) runs.push({ tops: [], floors: [] });
    runs.at(-1)?.tops.push({ x: plot.x(at), y: plot.y(span[1]) });
    runs.at(-1)?.floors.push({ x: plot.x(at), y: plot.y(span[0]) });
  }
  return runs;
}

/** The outline of an area is closed by its floor. */
function openCurve(curve: string | null): string | null {
  return curve?.replace("Closed", "") ?? null;
}
