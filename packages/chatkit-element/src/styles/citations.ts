// Markers of sources in the text, the cards beside them, and the list below.

export const citationsCss = `
.cites { margin-inline-start: 0.15em; white-space: nowrap; unicode-bidi: isolate; }
.markdown .cite, .cite {
  display: inline-block;
  min-inline-size: 1.5rem;
  min-block-size: 1.5rem;
  padding-inline: 0.375rem;
  border: 1px solid var(--line);
  border-radius: 999px;
  background: var(--quiet);
  color: var(--muted);
  font-size: 0.75rem;
  font-weight: 500;
  font-variant-numeric: tabular-nums;
  line-height: calc(1.5rem - 2px);
  text-align: center;
  text-decoration: none;
  vertical-align: 0.1em;
}
.cite + .cite { margin-inline-start: 0.15em; }
.cite:hover, .cite[aria-describedby] { background: var(--said); color: var(--fg); }

.source-card {
  position: fixed;
  inset: auto;
  flex-direction: column;
  gap: 0.2rem;
  inline-size: max-content;
  max-inline-size: min(20rem, calc(100vw - 12px));
  margin: 0;
  padding: 0.625rem 0.875rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--fg);
  font-size: 0.875rem;
  line-height: 1.4;
  overflow-wrap: anywhere;
}
.source-card:popover-open { display: flex; }
.source-card strong { font-weight: 600; }
.source-host, .source-more { color: var(--muted); font-size: 0.8125rem; }

.source-number { color: var(--muted); font-variant-numeric: tabular-nums; }

/* Where a link leads, when its words name another place. */
.link-host { color: var(--muted); font-size: 0.875em; unicode-bidi: isolate; }
`;
