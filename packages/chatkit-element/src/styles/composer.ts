// Where the user writes.

export const composerCss = `
.composer-area {
  flex: none;
  inline-size: 100%;
  max-inline-size: 48rem;
  margin-inline: auto;
  padding: 0.25rem 1rem max(0.875rem, env(safe-area-inset-bottom));
}
.composer {
  position: relative;
  display: flex;
  flex-wrap: wrap;
  align-items: flex-end;
  gap: 0.25rem 0.5rem;
  padding: 0.4375rem 0.4375rem 0.4375rem 1.125rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-control, 1.5rem);
  background: var(--raised);
  box-shadow: var(--shadow);
  transition: border-color 120ms;
}
/* A text field always shows its focus; a ring around the whole bar would never let the eye rest. */
.composer:has(textarea:focus) { border-color: var(--muted); box-shadow: 0 0 0 1px var(--muted), var(--shadow); }
@media (forced-colors: active) {
  .composer:has(textarea:focus) { outline: 2px solid Highlight; outline-offset: 1px; }
}
.field { position: relative; flex: 1 1 0; min-inline-size: 0; }
/* Both break their lines at the same letters, whatever the page hands down. */
.field textarea, .field-tags {
  max-block-size: 14rem;
  padding: 0.3125rem 0;
  line-height: 1.5;
  letter-spacing: normal;
  word-spacing: normal;
  word-break: normal;
  overflow-wrap: break-word;
  hyphens: manual;
  text-align: start;
  text-indent: 0;
  text-transform: none;
  white-space: pre-wrap;
}
.field textarea {
  position: relative;
  display: block;
  inline-size: 100%;
  border: 0;
  outline: none;
  background: none;
  resize: none;
  overflow-y: auto;
  scrollbar-width: thin;
}
/* The same lines as in the field, of which nothing is seen but the ground of the tags. */
.field-tags {
  position: absolute;
  inset-block-start: 0;
  left: 0;
  overflow: hidden;
  color: transparent;
  pointer-events: none;
  unicode-bidi: plaintext;
}
.field-tags mark {
  border-radius: 0.375rem;
  background: color-mix(in oklab, var(--ring) 22%, transparent);
  box-shadow: 0 0 0 1px color-mix(in oklab, var(--ring) 22%, transparent);
  color: transparent;
  box-decoration-break: clone;
}
@media (forced-colors: active) {
  .field-tags { forced-color-adjust: none; }
  .field-tags mark { background: none; box-shadow: none; outline: 1px solid CanvasText; }
}
.composer-start { display: flex; align-items: center; gap: 0.25rem; order: -1; margin-inline-start: -0.75rem; }
.composer-end { display: flex; align-items: center; gap: 0.25rem; margin-inline-start: auto; }
.composer-start:empty { display: none; }
.composer[data-tools] .field { flex-basis: 100%; }
.composer[data-tools] .composer-start { order: 0; flex-wrap: wrap; min-inline-size: 0; }
.composer[data-tools] .composer-end { min-inline-size: 0; }
.composer textarea::placeholder { color: var(--muted); opacity: 1; }
.composer textarea:disabled { cursor: not-allowed; }

.send-button {
  display: inline-grid;
  flex: none;
  place-items: center;
  inline-size: 2.1875rem;
  block-size: 2.1875rem;
  border-radius: var(--sk-radius-small, 999px);
  background: var(--fill);
  color: var(--on-fill);
  transition: background-color 120ms, color 120ms, opacity 120ms;
}
.send-button:hover { opacity: 0.85; }
.send-button[aria-disabled="true"] { background: var(--said); color: var(--muted); }
.send-button[aria-disabled="true"]:hover { opacity: 1; }
.send-button .filled { inline-size: 0.8em; block-size: 0.8em; fill: currentColor; }

.composer-problem {
  padding-inline: 1.125rem;
  color: var(--danger);
  font-size: 0.8125em;
}
.composer-problem:not(:empty) { padding-block-start: 0.375rem; }
.disclaimer {
  padding-block-start: 0.5rem;
  color: var(--muted);
  font-size: 0.75em;
  line-height: 1.4;
  text-align: center;
}
.disclaimer.strong { color: var(--fg); }
.closed {
  padding: 0.75rem 1rem;
  border-radius: var(--sk-radius-control, 1.5rem);
  background: var(--quiet);
  color: var(--muted);
  font-size: 0.9375em;
  text-align: center;
}
`;
