// Colours, sizes, and what every part has in common. The theme sets `--sk-…` on :host; the prefix keeps out what the page
// happens to call by the same name, for custom properties are inherited into a shadow root.

import { grounds } from "../theme.ts";

export const lightColors = `
  --bg: var(--sk-background, ${grounds.light});
  --fg: var(--sk-text, #1c1c21);
  --muted: var(--sk-muted, #5b5b66);
  --raised: var(--sk-raised, #ffffff);
  --quiet: var(--sk-surface, #f6f6f8);
  --said: var(--sk-bubble, #f0f0f3);
  --own: color-mix(in oklab, var(--sk-accent, var(--said)) var(--sk-accent-share, 0%), var(--said));
  --line: var(--sk-border, #e3e3e8);
  --fill: var(--sk-accent, #1c1c21);
  --on-fill: var(--sk-on-accent, #ffffff);
  --danger: #b3261e;
  --danger-quiet: #fdf0ef;
  --warning: #7a4b00;
  --warning-quiet: #fdf5e6;
  --info: #1d4f91;
  --info-quiet: #eef4fc;
  --ring: var(--sk-ring, #2563eb);
  --shade: rgb(0 0 0 / 0.32);
  --shadow: 0 1px 2px rgb(0 0 0 / 0.05), 0 4px 16px rgb(0 0 0 / 0.06);
`;

export const darkColors = `
  --bg: var(--sk-background, ${grounds.dark});
  --fg: var(--sk-text, #ececf0);
  --muted: var(--sk-muted, #a9a9b5);
  --raised: var(--sk-raised, #26262b);
  --quiet: var(--sk-surface, #222226);
  --said: var(--sk-bubble, #2d2d33);
  --own: color-mix(in oklab, var(--sk-accent, var(--said)) var(--sk-accent-share, 0%), var(--said));
  --line: var(--sk-border, #37373e);
  --fill: var(--sk-accent, #ececf0);
  --on-fill: var(--sk-on-accent, #19191c);
  --danger: #ff9c94;
  --danger-quiet: #3a2120;
  --warning: #f3c673;
  --warning-quiet: #362a14;
  --info: #9cc4ff;
  --info-quiet: #1c2a3d;
  --ring: var(--sk-ring, #7aa7ff);
  --shade: rgb(0 0 0 / 0.5);
  --shadow: 0 1px 2px rgb(0 0 0 / 0.3), 0 6px 20px rgb(0 0 0 / 0.3);
`;

export const frameCss = `
:host {
  display: block;
  block-size: 100%;
  min-block-size: 16rem;
  contain: content;
}
:host([hidden]) { display: none; }

.frame {
  ${lightColors}
  --gap: calc(1rem * var(--sk-density, 1));
  color-scheme: light;
  position: relative;
  block-size: 100%;
  /* Not hidden: that could still be scrolled, by a search in the page for one. */
  overflow: clip;
  background: var(--bg);
  color: var(--fg);
  font-family: var(--sk-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
  font-size: var(--sk-font-size, 1rem);
  line-height: 1.6;
  -webkit-text-size-adjust: 100%;
  text-align: start;
  container-type: inline-size;
}
.frame[data-scheme="dark"] {
  ${darkColors}
  color-scheme: dark;
}

/* The layout is mirrored; words of a language that runs from the left keep their order and their full stop. */
.frame:dir(rtl) :is(h2, h3, p, button, label, span):not([dir]) { unicode-bidi: plaintext; }

*, *::before, *::after { box-sizing: border-box; }
h2, h3, p, ul, ol, blockquote, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
button, input, textarea { font: inherit; color: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
button[aria-disabled="true"] { cursor: default; }
svg { inline-size: 1.125em; block-size: 1.125em; flex: none; }
svg[data-drawn="star-filled"], svg[data-drawn="check-circle-filled"] circle { fill: currentColor; }
svg[data-drawn="check-circle-filled"] path { stroke: var(--raised); }
svg[data-drawn="dots-vertical-circle"] { transform: rotate(90deg); }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--ring); outline-offset: 2px; }

.unseen {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.stage {
  display: flex;
  flex-direction: column;
  block-size: 100%;
}

.header {
  display: flex;
  flex: none;
  align-items: center;
  gap: 0.25rem;
  min-block-size: 3.25rem;
  padding: 0.375rem 0.625rem;
}
.title {
  flex: 1;
  min-inline-size: 0;
  padding-inline: 0.375rem;
  overflow: hidden;
  font-size: 0.9375em;
  font-weight: 600;
  line-height: 1.4;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.icon-button {
  display: inline-grid;
  flex: none;
  place-items: center;
  inline-size: 2.375rem;
  block-size: 2.375rem;
  border-radius: var(--sk-radius-small, 999px);
  color: var(--muted);
  transition: background-color 120ms, color 120ms;
}
.icon-button.small { inline-size: 1.875rem; block-size: 1.875rem; font-size: 0.875em; }
.icon-button:hover { background: var(--said); color: var(--fg); }
.icon-button[aria-disabled="true"] { opacity: 0.4; }
.icon-button[aria-disabled="true"]:hover { background: none; color: var(--muted); }

.text-button {
  display: inline-flex;
  flex: none;
  align-items: center;
  gap: 0.375rem;
  min-block-size: 1.875rem;
  padding-inline: 0.75rem;
  border: 1px solid currentColor;
  border-radius: var(--sk-radius-small, 999px);
  font-size: 0.875em;
  font-weight: 500;
}
.text-button:hover { background: var(--said); }
.text-button.danger { border-color: var(--danger); color: var(--danger); }

.problem {
  margin: auto;
  max-inline-size: 32rem;
  padding: 2rem;
  color: var(--muted);
  text-align: center;
}

.hint { color: var(--muted); font-size: 0.8125em; }

@keyframes spin { to { transform: rotate(1turn); } }
.spinner { animation: spin 1s linear infinite; }

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after {
    animation: none !important;
    transition: none !important;
    scroll-behavior: auto !important;
  }
}
@media (forced-colors: active) {
  .bubble, .send-button, .composer, .chip, .notice, .failure { border: 1px solid CanvasText; }
  button[aria-disabled="true"] { border-color: GrayText; color: GrayText; }
}
`;
