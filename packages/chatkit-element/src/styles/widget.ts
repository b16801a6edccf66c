// Widgets: their frames, layout, text, lists, tables, images and charts. Their controls are in widget-controls.ts.

import { darkColors, lightColors } from "./frame.ts";

const pageColors = [
  "background",
  "text",
  "muted",
  "surface",
  "bubble",
  "border",
  "raised",
  "accent",
  "on-accent",
  "ring",
];
/** The page's colours are meant for its own scheme. */
const withoutPageColors = pageColors.map((name) => `--sk-${name}: initial;`).join(" ");

export const widgetCss = `
.widget {
  --success: light-dark(#1c6b3c, #7ed6a2);
  --discovery: light-dark(#6a3fb8, #c3a6ff);
  --w-radius: calc(var(--sk-radius-surface, 1.25rem) * 0.8);
  --w-radius-control: min(var(--sk-radius-small, 999px), 0.625rem);
  /* Seen on every ground that a widget may have. */
  --said: color-mix(in oklab, var(--fg) 7%, transparent);
  min-inline-size: 0;
  max-inline-size: 100%;
  line-height: 1.45;
  overflow-wrap: anywhere;
}
.widget:focus-visible { outline: none; }
.frame[data-scheme="dark"] .widget [data-theme="light"] {
  ${withoutPageColors}
  ${lightColors}
  color-scheme: light;
  color: var(--fg);
}
.frame[data-scheme="light"] .widget [data-theme="dark"] {
  ${withoutPageColors}
  ${darkColors}
  color-scheme: dark;
  color: var(--fg);
}
/* Whatever a widget asks for stays within it. */
.w-content { contain: paint; max-inline-size: 100%; padding: 3px; margin: -3px; transition: opacity 160ms; }
.w-content[aria-busy="true"] { opacity: 0.5; }

.w-card, .w-list {
  border: 1px solid var(--line);
  border-radius: var(--w-radius);
  background: var(--raised);
  box-shadow: 0 1px 2px rgb(0 0 0 / 0.04);
  overflow: clip;
}
.w-card { max-inline-size: 30rem; }
.w-card[data-size="sm"] { max-inline-size: 22.5rem; }
.w-card[data-size="lg"] { max-inline-size: 38rem; }
.w-card[data-size="full"], .w-list { max-inline-size: 100%; }
.w-list { max-inline-size: 38rem; }
.w-card-body { display: flex; flex-direction: column; gap: 0.75rem; padding: 1rem; }
.w-card-body > *, .w-box > *, .w-row-content > *, .w-cell > * { min-inline-size: 0; max-inline-size: 100%; }
.w-card-body > [data-flush]:is(hr, .w-image) { max-inline-size: none; margin-inline: -1rem; inline-size: auto; }
.w-card-body > .w-image[data-flush] { inline-size: calc(100% + 2rem); border-radius: 0; }
.w-card-body > .w-image[data-flush]:first-child { margin-block-start: -1rem; }
.w-card-footer {
  display: flex;
  flex-wrap: wrap;
  justify-content: flex-end;
  gap: 0.5rem;
  padding: 0.125rem 1rem 1rem;
}
.w-status {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  min-block-size: 2.5rem;
  padding: 0.375rem 1rem;
  border-block-end: 1px solid var(--line);
  color: var(--muted);
  font-size: 0.8125em;
  font-weight: 500;
}
.w-status-text { flex: 1; min-inline-size: 0; }
.w-status:has(+ [hidden]) { border-block-end: 0; }
.w-favicon { inline-size: 1rem; block-size: 1rem; border-radius: 0.1875rem; object-fit: contain; }
.w-favicon[data-frame] { inline-size: 1.5rem; block-size: 1.5rem; padding: 0.1875rem; border: 1px solid var(--line); border-radius: 0.375rem; }
.w-toggle, .w-more {
  display: inline-flex;
  align-items: center;
  gap: 0.25rem;
  min-block-size: 1.75rem;
  color: var(--muted);
  font-weight: 500;
}
.w-toggle { margin-inline-start: auto; padding-inline: 0.375rem; border-radius: 0.375rem; }
.w-toggle:hover, .w-more:hover { color: var(--fg); }
.w-toggle svg { transition: transform 140ms; }
.w-toggle[aria-expanded="true"] svg { transform: rotate(180deg); }
.w-more {
  justify-content: center;
  inline-size: 100%;
  min-block-size: 2.5rem;
  border-block-start: 1px solid var(--line);
  font-size: 0.875em;
}
.w-more:hover { background: var(--quiet); }
.w-more:focus-visible, .w-row-button:focus-visible { outline-offset: -3px; border-radius: var(--w-radius); }

.w-row { position: relative; min-block-size: 2.75rem; outline-offset: -3px; }
.w-row + .w-row { border-block-start: 1px solid var(--line); }
.w-row-button { position: absolute; inset: 0; inline-size: 100%; transition: background-color 120ms; }
.w-row[data-clickable] .w-row-button:hover:not([aria-disabled="true"]) { background: var(--quiet); }
.w-row-button[aria-disabled="true"] { cursor: not-allowed; }
.w-row-content { position: relative; display: flex; align-items: center; gap: 0.75rem; padding: 0.75rem 1rem; }
.w-row[data-clickable] .w-row-content { pointer-events: none; }
.w-row[data-clickable] .w-row-content :is(a, button, input, textarea, label, .w-popup) { pointer-events: auto; }
.w-row[aria-busy="true"] .w-row-content { animation: w-wait 1.2s ease-in-out infinite; }
@keyframes w-wait { 50% { opacity: 0.45; } }

.w-box { display: flex; min-inline-size: 0; }
.w-box[data-direction="row"] { flex-direction: row; align-items: center; gap: 0.5rem; }
.w-box[data-direction="col"] { flex-direction: column; gap: 0.5rem; }
.w-box[data-kind="box"] { gap: 0; }
.w-box[data-direction="col"][data-align="center"] { text-align: center; }
.w-box[data-direction="col"][data-align="end"] { text-align: end; }
/* Shares of a row that wraps, which would otherwise shrink for ever. */
.w-box[data-wraps] > [data-shares] { min-inline-size: min(100%, 8.5rem); }
.w-form, .w-card-form { min-inline-size: 0; }
.w-box.w-form { gap: 0.75rem; }
.w-form[aria-busy="true"] { pointer-events: none; }
.w-form[aria-busy="true"] > :not(:has(.w-button)):not(.w-button) { opacity: 0.6; }
.w-basic { gap: 0.75rem; }
.w-spacer { flex: 1 1 auto; }
.w-divider { flex: none; align-self: stretch; block-size: 0; inline-size: auto; margin: 0; border: 1px none var(--line); border-block-start-style: solid; }
.w-box[data-direction="row"] > .w-divider { block-size: auto; border-block-start-style: none; border-inline-start-style: solid; }
.w-transition, .w-fresh { animation: w-appear 260ms ease-out; }
@keyframes w-appear { from { opacity: 0; } }

.w-text, .w-caption, .w-title { margin: 0; }
/* Words run as their language does, and stand where the layout has them. */
.w-content [dir="auto"]:not(.markdown *) { text-align: -webkit-match-parent; text-align: match-parent; }
.w-text[data-size="xs"], .w-label[data-size="xs"] { font-size: 0.75em; }
.w-text[data-size="sm"], .w-label[data-size="sm"] { font-size: 0.875em; }
.w-text[data-size="md"], .w-label[data-size="md"], .w-markdown { font-size: 0.9375em; }
.w-text[data-size="lg"], .w-label[data-size="lg"] { font-size: 1.0625em; }
.w-text[data-size="xl"], .w-label[data-size="xl"] { font-size: 1.25em; }
.w-text[data-italic] { font-style: italic; }
.w-text[data-struck] { text-decoration: line-through; }
.w-caption { color: var(--muted); font-size: 0.8125em; }
.w-caption[data-size="sm"] { font-size: 0.75em; }
.w-caption[data-size="lg"] { font-size: 0.875em; }
.w-title { font-size: 1.125em; font-weight: 600; line-height: 1.25; letter-spacing: -0.011em; text-wrap: balance; }
.w-title[data-size="sm"] { font-size: 1em; }
.w-title[data-size="lg"] { font-size: 1.25em; }
.w-title[data-size="xl"] { font-size: 1.5em; }
.w-title[data-size="2xl"] { font-size: min(1.75em, 7cqi); }
.w-title[data-size="3xl"] { font-size: min(2.125em, 9cqi); letter-spacing: -0.02em; }
.w-title[data-size="4xl"] { font-size: min(2.5em, 10cqi); letter-spacing: -0.022em; }
.w-title[data-size="5xl"] { font-size: min(3em, 12cqi); letter-spacing: -0.024em; line-height: 1.1; }
.w-label { font-weight: 500; }
[data-truncate] { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[data-clamp] { display: -webkit-box; -webkit-box-orient: vertical; overflow: hidden; }

.w-badge {
  --tone: var(--muted);
  display: inline-flex;
  flex: none;
  align-items: center;
  inline-size: fit-content;
  padding: 0.125rem 0.4375rem;
  border: 1px solid transparent;
  border-radius: 0.375rem;
  background: color-mix(in oklab, var(--tone) 13%, transparent);
  color: var(--tone);
  font-size: 0.75em;
  font-weight: 500;
  line-height: 1.4;
}
.w-badge[data-size="sm"] { padding: 0.03125rem 0.3125rem; font-size: 0.6875em; }
.w-badge[data-size="lg"] { padding: 0.25rem 0.625rem; font-size: 0.8125em; }
.w-badge[data-pill] { border-radius: 99rem; padding-inline: 0.5625rem; }
.w-badge[data-color="success"] { --tone: var(--success); }
.w-badge[data-color="danger"] { --tone: var(--danger); }
.w-badge[data-color="warning"] { --tone: var(--warning); }
.w-badge[data-color="info"] { --tone: var(--info); }
.w-badge[data-color="discovery"] { --tone: var(--discovery); }
.w-badge[data-variant="solid"] { background: var(--tone); color: light-dark(#ffffff, #19191c); }
.w-badge[data-variant="outline"] { background: none; border-color: color-mix(in oklab, currentColor 40%, transparent); }

.w-icon { display: inline-grid; flex: none; place-items: center; }
.w-icon:empty { display: none; }
.w-icon svg { inline-size: 1.125rem; block-size: 1.125rem; }
.w-icon[data-size="xs"] svg { inline-size: 0.875rem; block-size: 0.875rem; }
.w-icon[data-size="sm"] svg { inline-size: 1rem; block-size: 1rem; }
.w-icon[data-size="lg"] svg { inline-size: 1.375rem; block-size: 1.375rem; }
.w-icon[data-size="xl"] svg { inline-size: 1.75rem; block-size: 1.75rem; }
.w-icon[data-size="2xl"] svg { inline-size: 2.25rem; block-size: 2.25rem; }
.w-icon[data-size="3xl"] svg { inline-size: 2.75rem; block-size: 2.75rem; }

.w-image { flex: none; max-inline-size: 100%; border-radius: 0.5rem; }
.w-image[data-frame] { border: 1px solid var(--line); }
.w-image-missing {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 0.375rem;
  min-inline-size: 2.25rem;
  min-block-size: 2.25rem;
  padding: 0.375rem;
  overflow: hidden;
  background: var(--said);
  color: var(--muted);
  font-size: 0.8125em;
}
.w-image-missing span:empty { display: none; }

.w-table { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.625rem; scrollbar-width: thin; }
.w-table table { inline-size: 100%; border-collapse: collapse; font-size: 0.9375em; overflow-wrap: normal; }
.w-table th, .w-table td { padding: 0.5rem 0.75rem; font-weight: 400; text-align: start; vertical-align: middle; }
.w-table tbody tr, .w-table thead tr + tr { border-block-start: 1px solid var(--line); }
.w-table table:not(:has(thead)) tbody tr:first-child { border-block-start: 0; }
.w-table th { background: var(--quiet); font-weight: 600; }
.w-table th .w-text { font-weight: 600; }
.w-cell { display: flex; flex-direction: column; gap: 0.25rem; align-items: flex-start; }
[data-align="center"] > .w-cell { align-items: center; text-align: center; }
[data-align="end"] > .w-cell { align-items: flex-end; text-align: end; font-variant-numeric: tabular-nums; }
.w-table [data-valign="start"] { vertical-align: top; }
.w-table [data-valign="end"] { vertical-align: bottom; }
.w-table [data-col-size="xs"] { inline-size: 3rem; }
.w-table [data-col-size="sm"] { inline-size: 5rem; }
.w-table [data-col-size="md"] { inline-size: 8rem; }
.w-table [data-col-size="lg"] { inline-size: 12rem; }
.w-table [data-col-size="xl"] { inline-size: 18rem; }

.w-chart-figure { display: flex; flex-direction: column; gap: 0.5rem; inline-size: 100%; min-inline-size: 0; margin: 0; position: relative; }
.w-chart { position: relative; flex: 1 1 auto; inline-size: 100%; min-block-size: 13.75rem; border-radius: 0.375rem; }
.w-chart-figure[style*="height"] .w-chart, .w-chart-figure[style*="aspect"] .w-chart { min-block-size: 6rem; }
.w-chart-wait { block-size: 13.75rem; }
.w-chart svg { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; overflow: visible; }
.w-chart text { fill: var(--muted); font-size: 11px; }
.w-chart-grid { stroke: var(--line); stroke-opacity: 0.75; }
.w-chart-zero { stroke: color-mix(in oklab, var(--muted) 45%, transparent); }
.w-chart-line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.w-chart-band { fill: var(--said); }
.w-chart-mark { stroke: var(--raised); stroke-width: 2; }
.w-chart-legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; font-size: 0.8125em; color: var(--muted); }
.w-chart-key { display: flex; align-items: center; gap: 0.375rem; }
.w-chart-key i { flex: none; inline-size: 0.625rem; block-size: 0.625rem; border-radius: 0.1875rem; }
.w-chart-key i[data-type="line"] { block-size: 0.1875rem; border-radius: 1rem; }
.w-chart-key b { margin-inline-start: auto; padding-inline-start: 0.75rem; color: var(--fg); font-weight: 600; font-variant-numeric: tabular-nums; }
.w-chart-tip {
  position: absolute;
  inset-block-start: 0.5rem;
  z-index: 1;
  display: flex;
  flex-direction: column;
  gap: 0.1875rem;
  min-inline-size: 7rem;
  max-inline-size: 60%;
  padding: 0.5rem 0.625rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--muted);
  font-size: 0.75rem;
  pointer-events: none;
}
.w-chart-tip strong { color: var(--fg); font-weight: 600; }

@media (forced-colors: active) {
  .w-card, .w-list, .w-badge { border: 1px solid CanvasText; }
}
`;
