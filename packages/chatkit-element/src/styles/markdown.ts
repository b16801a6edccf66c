// The text of answers.

export const markdownCss = `
.markdown { min-inline-size: 0; overflow-wrap: anywhere; }
.markdown > * + *, .markdown li > * + *, .markdown blockquote > * + * { margin-block-start: 0.75em; }
.markdown .heading { font-weight: 650; line-height: 1.3; letter-spacing: -0.01em; }
.markdown > * + .heading { margin-block-start: 1.25em; }
.markdown .heading-1 { font-size: 1.375em; }
.markdown .heading-2 { font-size: 1.2em; }
.markdown .heading-3 { font-size: 1.075em; }
.markdown ul, .markdown ol { padding-inline-start: 1.5em; }
.markdown ul { list-style: disc; }
.markdown ol { list-style: decimal; }
.markdown li + li { margin-block-start: 0.3em; }
.markdown li > ul, .markdown li > ol { margin-block-start: 0.3em; }
.markdown li::marker { color: var(--muted); }
.markdown .task-item { list-style: none; }
.markdown input[type="checkbox"] { margin: 0 0.5em 0 -1.4em; inline-size: 0.9em; block-size: 0.9em; accent-color: var(--fill); vertical-align: -0.1em; pointer-events: none; }
.markdown blockquote {
  padding-inline-start: 1em;
  border-inline-start: 3px solid var(--line);
  color: var(--muted);
}
.markdown hr { block-size: 1px; margin-block: 1.5em; border: 0; background: var(--line); }
.markdown a, .markdown .link {
  color: inherit;
  text-decoration: underline;
  text-decoration-color: color-mix(in oklab, currentColor 45%, transparent);
  text-underline-offset: 0.2em;
  border-radius: 0.15em;
}
.markdown a:hover, .markdown .link:hover { text-decoration-color: currentColor; }
.markdown img { max-inline-size: 100%; block-size: auto; border-radius: 0.75rem; }
.markdown .image-link { display: inline-flex; align-items: center; gap: 0.35em; color: var(--muted); }
.markdown code, .markdown pre {
  font-family: var(--sk-font-mono, ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace);
}
.markdown :not(pre) > code {
  direction: ltr;
  unicode-bidi: isolate;
  padding: 0.1em 0.35em;
  border-radius: 0.375rem;
  background: var(--said);
  font-size: 0.875em;
}

.maths { unicode-bidi: isolate; }
.maths.display { display: block; overflow-x: auto; overflow-y: hidden; padding-block: 0.25em; text-align: center; scrollbar-width: thin; }
.maths math { font-size: 1.1em; }

.code { overflow: hidden; border: 1px solid var(--line); border-radius: 0.875rem; background: var(--quiet); }
.code-bar {
  display: flex;
  align-items: center;
  justify-content: space-between;
  padding: 0.25rem 0.375rem 0 0.875rem;
  color: var(--muted);
  font-size: 0.8125em;
}
.code pre {
  padding: 0.375rem 0.875rem 0.875rem;
  overflow-x: auto;
  font-size: 0.8438em;
  line-height: 1.6;
  overflow-wrap: normal;
  scrollbar-width: thin;
  tab-size: 4;
}
.code pre:focus-visible { outline-offset: -3px; border-radius: 0.875rem; }

.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.75rem; scrollbar-width: thin; }
.table table { inline-size: 100%; border-collapse: collapse; font-size: 0.9375em; overflow-wrap: normal; }
.table th, .table td { padding: 0.45em 0.85em; text-align: start; vertical-align: top; }
.table th { background: var(--quiet); font-weight: 600; white-space: nowrap; }
.table tbody tr { border-block-start: 1px solid var(--line); }
.table .align-center { text-align: center; }
.table .align-right { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
`;
