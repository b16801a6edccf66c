// Chart: bars, areas and lines as SVG, with the same numbers as a table for those who do not see it. Loaded when a
// widget first shows a chart.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";

import { Area, Bars, Grid, labelPx, Line, Marks, plotOf, XLabels } from "./chart-marks.tsx";
import { readChart, type Series } from "./chart-scale.ts";
import { flagIn, type WidgetNode } from "./nodes.ts";
import { dimensionsOf } from "./style-values.ts";
import { useWidget } from "./widget-context.ts";

const usualSize = { width: 480, height: 220 };

export function ChartView({ node }: { node: WidgetNode }) {
  const { strings, locale } = useWidget();
  const data = useMemo(() => readChart(node), [node]);
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(usualSize);
  const [active, setActive] = useState<number | null>(null);
  const clip = useId();
  const format = useMemo(() => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }), [locale]);
  const short = useMemo(() => new Intl.NumberFormat(locale, { notation: "compact" }), [locale]);
  const hasTooltip = node["showTooltip"] !== false;
  const hasYAxis = flagIn(node, "showYAxis");

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      if (width > 0 && height > 0) setSize({ width: Math.round(width), height: Math.round(height) });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const yLabels = data.ticks.map((tick) => short.format(tick));
  const plot = plotOf(
    data,
    size,
    hasYAxis ? Math.max(...yLabels.map((text) => text.length)) * labelPx + 10 : 4,
  );
  const count = data.categories.length;
  const gaps = { bar: pixels(node["barGap"]) ?? 3, category: pixels(node["barCategoryGap"]) };
  const summary = data.series.map(({ label }) => label).join(", ");

  return (
    <figure className="w-chart-figure" style={dimensionsOf(node)}>
      {/* The arrow keys go through the categories, as the pointer does. */}
      <div
        ref={frame}
        className="w-chart"
        dir="ltr"
        role="group"
        aria-label={`${strings.chart}: ${summary}`}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={hasTooltip ? 0 : undefined}
        onKeyDown={pressed}
        onBlur={() => setActive(null)}
        onPointerLeave={() => setActive(null)}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const at = Math.round((event.clientX - box.left - plot.x(0)) / plot.band);
          setActive(hasTooltip && at >= 0 && at < count ? at : null);
        }}
      >
        <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          <clipPath id={clip}>
            <rect x={plot.left} y={0} width={Math.max(0, plot.right - plot.left)} height={size.height} />
          </clipPath>
          <Grid plot={plot} ticks={data.ticks} labels={hasYAxis ? yLabels : null} />
          {!data.hidesXAxis && <XLabels plot={plot} data={data} height={size.height} />}
          {active !== null && (
            <rect
              className="w-chart-band"
              x={plot.x(active) - plot.band / 2}
              y={plot.top}
              width={plot.band}
              height={plot.bottom - plot.top}
            />
          )}
          <g clipPath={`url(#${clip})`}>
            {data.series.map(
              (series, at) => series.type === "area" && <Area key={at} series={series} plot={plot} />,
            )}
            <Bars data={data} plot={plot} gaps={gaps} />
            {data.series.map(
              (series, at) => series.type === "line" && <Line key={at} series={series} plot={plot} />,
            )}
            {active !== null && <Marks data={data} plot={plot} at={active} />}
          </g>
        </svg>
        {active !== null && (
          <div
            className="w-chart-tip"
            role="status"
            style={
              plot.x(active) > size.width / 2
                ? { right: `${size.width - plot.x(active) + 10}px` }
                : { left: `${plot.x(active) + 10}px` }
            }
          >
            <strong>{data.categories[active]}</strong>
            {data.series.map((series, at) => (
              <Legend key={at} series={series}>
                <b>{worded(series.values[active])}</b>
              </Legend>
            ))}
          </div>
        )}
      </div>
      {flagIn(node, "showLegend") && (
        <div className="w-chart-legend" aria-hidden="true">
          {data.series.map((series, at) => (
            <Legend key={at} series={series} />
          ))}
        </div>
      )}
      <div className="unseen">
        <table>
          <caption>{summary}</caption>
          <thead>
            <tr>
              <th scope="col">{strings.chart}</th>
              {data.series.map(({ label }, at) => (
                <th key={at} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.categories.map((category, row) => (
              <tr key={row}>
                <th scope="row">{category}</th>
                {data.series.map(({ values }, at) => (
                  <td key={at}>{worded(values[row])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );

  function pressed(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined || count === 0 || !hasTooltip) return;
    event.preventDefault();
    setActive(active === null ? (step > 0 ? 0 : count - 1) : Math.max(0, Math.min(active + step, count - 1)));
  }

  function worded(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : format.format(value);
  }
}

function Legend({ series, children }: { series: Series; children?: ReactNode }) {
  return (
    <span className="w-chart-key">
      <i style={{ background: series.color }} data-type={series.type} />
      <span dir="auto">{series.label}</span>
      {children}
    </span>
  );
}

function pixels(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= 200 ? value : null;
}
