// The controls of widgets: buttons, fields, lists of options, calendars.

const heights = {
  "3xs": 1.5,
  "2xs": 1.625,
  xs: 1.75,
  sm: 1.875,
  md: 2.25,
  lg: 2.5,
  xl: 2.75,
  "2xl": 3,
  "3xl": 3.25,
} as const;
const gutters = { "2xs": 0.375, xs: 0.5, sm: 0.625, md: 0.75, lg: 0.875, xl: 1 } as const;

const sizes = Object.entries(heights)
  .map(
    ([name, height]) =>
      `:is(.w-button, .w-input)[data-size="${name}"] { --height: ${height}rem; font-size: ${height < 2 ? 0.8125 : height < 2.75 ? 0.875 : 0.9375}rem; }`,
  )
  .join("\n");
const gutterRules = Object.entries(gutters)
  .map(([name, gutter]) => `.w-input[data-gutter="${name}"] { padding-inline: ${gutter}rem; }`)
  .join("\n");

export const widgetControlsCss = `
.w-button, .w-input {
  --height: 2.25rem;
  font-size: 0.875em;
  line-height: 1.4;
}
${sizes}
@media (pointer: coarse) {
  :is(.w-button, .w-input):not([data-size]) { --height: 2.75rem; }
  .w-day { min-block-size: 2.5rem; }
}

.w-button {
  --tone: var(--fg);
  --tone-on: var(--bg);
  --tone-quiet: color-mix(in oklab, var(--tone-text) 10%, transparent);
  --tone-text: var(--fg);
  position: relative;
  display: inline-flex;
  flex: none;
  align-items: center;
  justify-content: center;
  inline-size: fit-content;
  max-inline-size: 100%;
  min-block-size: var(--height);
  padding: 0.25rem 0.875rem;
  border: 1px solid transparent;
  border-radius: var(--w-radius-control);
  background: var(--tone);
  color: var(--tone-on);
  font-weight: 500;
  text-align: center;
  transition: background-color 120ms, border-color 120ms, opacity 120ms;
}
.w-button[data-color="primary"] { --tone: var(--fill); --tone-on: var(--on-fill); }
.w-button[data-color="info"] { --tone: var(--info); --tone-text: var(--info); }
.w-button[data-color="success"] { --tone: var(--success); --tone-text: var(--success); }
.w-button[data-color="discovery"] { --tone: var(--discovery); --tone-text: var(--discovery); }
.w-button:is([data-color="warning"], [data-color="caution"]) { --tone: var(--warning); --tone-text: var(--warning); }
.w-button[data-color="danger"] { --tone: var(--danger); --tone-text: var(--danger); }
.w-button:is([data-color="secondary"])[data-variant="solid"] { --tone: var(--muted); --tone-on: var(--bg); }
.w-button[data-variant="soft"] { background: var(--tone-quiet); color: var(--tone-text); }
.w-button[data-variant="outline"] { background: none; border-color: color-mix(in oklab, var(--tone-text) 28%, transparent); color: var(--tone-text); }
.w-button[data-variant="ghost"] { background: none; color: var(--tone-text); }
.w-button:hover:not(:disabled, [aria-disabled="true"]) { background: color-mix(in oklab, var(--tone) 86%, var(--bg)); }
.w-button[data-variant="soft"]:hover:not(:disabled, [aria-disabled="true"]) { background: color-mix(in oklab, var(--tone-quiet), var(--tone-text) 8%); }
.w-button:is([data-variant="outline"], [data-variant="ghost"]):hover:not(:disabled, [aria-disabled="true"]) { background: color-mix(in oklab, transparent, var(--tone-text) 7%); }
.w-button:is(:disabled, [aria-disabled="true"]) { cursor: not-allowed; }
.w-button:disabled, .w-button[aria-disabled="true"]:not([aria-busy]) { opacity: 0.5; }
.w-button[data-pill] { border-radius: 99rem; }
.w-button[data-block] { inline-size: 100%; }
.w-button[data-uniform] { inline-size: var(--height); block-size: var(--height); padding: 0; }
.w-button-face { display: inline-flex; align-items: center; gap: 0.4375rem; min-inline-size: 0; }
.w-button[aria-busy="true"] .w-button-face { visibility: hidden; }
.w-button-wait { position: absolute; inset: 0; display: grid; place-items: center; }
.w-button[data-icon-size="sm"] svg { inline-size: 0.875rem; block-size: 0.875rem; }
.w-button[data-icon-size="lg"] svg { inline-size: 1.25rem; block-size: 1.25rem; }
.w-button[data-icon-size="xl"] svg { inline-size: 1.5rem; block-size: 1.5rem; }
.w-button[data-icon-size="2xl"] svg { inline-size: 1.75rem; block-size: 1.75rem; }

.w-input {
  min-block-size: var(--height);
  inline-size: 100%;
  min-inline-size: 0;
  max-inline-size: 100%;
  padding: 0.25rem 0.75rem;
  border: 1px solid color-mix(in oklab, var(--muted) 62%, transparent);
  border-radius: var(--w-radius-control);
  background: var(--bg);
  color: var(--fg);
  transition: border-color 120ms, box-shadow 120ms;
}
.w-input::placeholder, .w-editable::placeholder { color: var(--muted); opacity: 1; }
.w-input[data-variant="soft"] { border-color: transparent; border-block-end-color: color-mix(in oklab, var(--muted) 62%, transparent); background: var(--said); }
.w-input[data-variant="solid"] { border-color: transparent; background: var(--fill); color: var(--on-fill); }
.w-input[data-variant="ghost"] { border-color: transparent; background: none; }
.w-input[data-pill] { border-radius: 99rem; padding-inline: 1rem; }
.w-input:hover:not(:disabled, [aria-disabled="true"]) { border-color: var(--muted); }
.w-input:is(input, textarea):focus { border-color: var(--ring); outline: none; box-shadow: 0 0 0 1px var(--ring); }
.w-input:user-invalid { border-color: var(--danger); box-shadow: none; }
.w-input:user-invalid:focus { box-shadow: 0 0 0 1px var(--danger); }
.w-input:disabled { opacity: 0.55; cursor: not-allowed; }
${gutterRules}
.w-textarea { padding-block: 0.5rem; line-height: 1.5; resize: vertical; scrollbar-width: thin; }
textarea[data-grows] { field-sizing: content; resize: none; }
.w-editable {
  inline-size: 100%;
  min-inline-size: 0;
  margin: -0.1875rem -0.375rem;
  padding: 0.125rem 0.3125rem;
  border: 1px dashed color-mix(in oklab, var(--muted) 45%, transparent);
  border-radius: 0.375rem;
  background: none;
  font: inherit;
  color: inherit;
  text-align: inherit;
  text-decoration: inherit;
  resize: none;
}
.w-editable:hover { border-color: var(--muted); background: var(--quiet); }
.w-editable:focus { border: 1px solid var(--ring); outline: none; box-shadow: 0 0 0 1px var(--ring); }
@media (forced-colors: active) { :is(.w-input, .w-editable):focus { outline: 2px solid Highlight; } }

.w-check { display: flex; align-items: flex-start; gap: 0.5rem; min-block-size: 1.5rem; inline-size: fit-content; font-size: 0.9375em; cursor: pointer; }
.w-check input { flex: none; inline-size: 1.0625rem; block-size: 1.0625rem; margin: 0.125rem 0 0; accent-color: var(--fill); cursor: inherit; }
.w-check[data-disabled], .w-check:has([aria-disabled="true"]) { cursor: not-allowed; }
.w-check[data-disabled] { opacity: 0.55; }
.w-radios { display: flex; gap: 0.375rem 1.25rem; flex-wrap: wrap; }
.w-radios[data-direction="col"] { flex-direction: column; }

.w-picker { position: relative; display: inline-flex; max-inline-size: 100%; }
.w-picker[data-block] { display: flex; inline-size: 100%; }
:is(.w-form, .w-card-body) > .w-picker { align-self: flex-start; }
:is(.w-form, .w-card-body) > .w-picker[data-block] { align-self: stretch; }
.w-trigger { display: inline-flex; align-items: center; gap: 0.5rem; inline-size: auto; min-inline-size: min(8rem, 100%); text-align: start; }
.w-picker[data-block] .w-trigger { inline-size: 100%; min-inline-size: 0; }
.w-trigger > span { flex: 1; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.w-trigger:not([data-variant="solid"]) > [data-empty], .w-trigger:not([data-variant="solid"]) > svg { color: var(--muted); }
.w-trigger[aria-disabled="true"] { cursor: not-allowed; opacity: 0.55; }
.w-picker:has(.w-clear) .w-trigger { padding-inline-end: 2.25rem; }
.w-picker:has(.w-clear) .w-trigger > svg:last-child { display: none; }
.w-clear {
  position: absolute;
  inset-block-start: calc(50% - 0.75rem);
  inset-inline-end: 0.375rem;
  display: grid;
  place-items: center;
  inline-size: 1.5rem;
  block-size: 1.5rem;
  border-radius: 0.375rem;
  color: var(--muted);
  font-size: 0.8125em;
}
.w-clear:hover { background: var(--said); color: var(--fg); }

.w-popup {
  position: fixed;
  inset: auto;
  max-inline-size: min(22rem, calc(100vw - 12px));
  margin: 0;
  padding: 0.25rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--fg);
  font-size: 0.875rem;
}
.w-popup:popover-open { animation: w-appear 120ms ease-out; }
.w-options { max-block-size: 16rem; overflow-y: auto; scrollbar-width: thin; outline: none; }
.w-option {
  display: flex;
  align-items: center;
  gap: 0.75rem;
  min-block-size: 2.125rem;
  padding: 0.3125rem 0.5rem 0.3125rem 0.625rem;
  border-radius: 0.5rem;
  cursor: pointer;
}
.w-option > span { display: flex; flex: 1; flex-direction: column; min-inline-size: 0; }
.w-option small { color: var(--muted); font-size: 0.8125em; }
.w-option[data-active] { background: var(--said); }
.w-option[aria-disabled="true"] { opacity: 0.5; cursor: not-allowed; }
@media (forced-colors: active) { .w-option[data-active] { outline: 2px solid Highlight; outline-offset: -2px; } }
.w-search { display: flex; align-items: center; gap: 0.5rem; margin: -0.25rem -0.25rem 0.25rem; padding: 0.375rem 0.75rem; border-block-end: 1px solid var(--line); color: var(--muted); }
.w-search input { flex: 1; min-inline-size: 0; min-block-size: 1.75rem; border: 0; outline: none; background: none; color: var(--fg); }
.w-search input::placeholder { color: var(--muted); opacity: 1; }
.w-none:not(:empty) { padding: 0.5rem 0.625rem; color: var(--muted); }

.w-calendar { padding: 0.625rem; }
.w-month { display: flex; align-items: center; justify-content: space-between; padding-block-end: 0.375rem; font-weight: 600; }
.w-month:dir(rtl) svg { transform: scaleX(-1); }
.w-calendar table { border-collapse: collapse; }
.w-calendar th { padding: 0.25rem 0; color: var(--muted); font-size: 0.75rem; font-weight: 500; text-align: center; }
.w-calendar td { padding: 1px; }
.w-day { inline-size: 2.125rem; min-block-size: 2.125rem; border-radius: 0.5rem; text-align: center; font-variant-numeric: tabular-nums; }
.w-day:hover { background: var(--said); }
.w-day[data-outside] { color: var(--muted); }
.w-day[aria-current] { font-weight: 700; box-shadow: inset 0 0 0 1px color-mix(in oklab, var(--muted) 60%, transparent); }
.w-day[data-picked] { background: var(--fill); color: var(--on-fill); }
.w-day[aria-disabled="true"] { opacity: 0.35; cursor: not-allowed; }
.w-day[aria-disabled="true"]:hover { background: none; }
`;
