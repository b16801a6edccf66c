// What belongs to the composer besides its text: tools, models, menus, suggestions, dictation, quotes, cards of entities.

export const composerToolsCss = `
.tool-button, .model-button {
  display: inline-flex;
  flex: none;
  align-items: center;
  gap: 0.375rem;
  min-block-size: 2.125rem;
  max-inline-size: 100%;
  padding-inline: 0.625rem;
  border-radius: var(--sk-radius-small, 999px);
  color: var(--muted);
  font-size: 0.875em;
  transition: background-color 120ms, color 120ms;
}
.tool-button > span, .model-button > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.model-button { flex: 0 1 auto; min-inline-size: 0; }
:is(.tool-button, .model-button):hover { background: var(--said); color: var(--fg); }
.tool-button:is([aria-pressed="true"], [data-chosen]) { background: color-mix(in oklab, var(--fg) 9%, transparent); color: var(--fg); font-weight: 500; }
.tool-button[data-chosen] > span { max-inline-size: 10rem; }
.composer :is(.icon-button, .tool-button, .model-button):disabled { background: none; color: var(--muted); opacity: 0.45; cursor: not-allowed; }
@media (forced-colors: active) {
  .tool-button:is([aria-pressed="true"], [data-chosen]) { outline: 2px solid Highlight; outline-offset: -2px; }
}
@container (max-width: 26rem) {
  .tool-button[aria-pressed] { padding-inline: 0.5rem; }
  .tool-button[aria-pressed] > span { display: none; }
  .tool-button[data-chosen] > span { max-inline-size: 5rem; }
  .composer-end:has(.recording) .model-button { display: none; }
}

.menu, .entity-card {
  position: fixed;
  inset: auto;
  inline-size: max-content;
  max-inline-size: min(22rem, calc(100vw - 12px));
  margin: 0;
  padding: 0.25rem;
  border: 1px solid var(--line);
  border-radius: 0.875rem;
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--fg);
  font-size: 0.9375rem;
}
.menu { max-block-size: min(20rem, 60vh); overflow-y: auto; scrollbar-width: thin; }
.menu > [role="menu"]:focus { outline: none; }
.entity-card { padding: 0.75rem; font-weight: 400; text-align: start; white-space: normal; }
.entity-card > .widget { inline-size: min(18rem, calc(100vw - 3rem)); }

.menu-row {
  display: flex;
  align-items: center;
  gap: 0.625rem;
  inline-size: 100%;
  min-block-size: 2.375rem;
  padding: 0.375rem 0.75rem 0.375rem 0.625rem;
  border-radius: 0.625rem;
  line-height: 1.35;
  cursor: pointer;
}
.menu-row > svg { color: var(--muted); }
.menu-row > span { display: flex; flex: 1; flex-direction: column; min-inline-size: 0; overflow-wrap: anywhere; }
.menu-row small { color: var(--muted); font-size: 0.8125em; }
.menu-row:is([data-active], :hover, :focus-visible) { background: color-mix(in oklab, var(--fg) 9%, transparent); }
.menu-row:focus-visible { outline-offset: -2px; }
.menu-row[aria-disabled="true"] { color: var(--muted); cursor: not-allowed; }
.menu-row[aria-disabled="true"]:hover { background: none; }
.menu-row[aria-busy] { opacity: 0.6; }
@media (forced-colors: active) { .menu-row[data-active] { outline: 2px solid Highlight; outline-offset: -2px; } }

.suggestions {
  position: absolute;
  inset-inline: -1px;
  inset-block-end: calc(100% + 0.375rem);
  z-index: 3;
  max-block-size: 18rem;
  padding: 0.25rem;
  border: 1px solid var(--line);
  border-radius: 0.875rem;
  background: var(--raised);
  box-shadow: var(--shadow);
  font-size: 0.9375em;
  overflow-y: auto;
  scrollbar-width: thin;
}
.suggestion-group { padding: 0.5rem 0.625rem 0.125rem; color: var(--muted); font-size: 0.8125em; font-weight: 500; }
.suggestion-note { padding: 0.5rem 0.625rem; color: var(--muted); }

.composer-quote {
  display: flex;
  flex: 0 0 100%;
  order: -2;
  align-items: center;
  gap: 0.5rem;
  color: var(--muted);
  font-size: 0.875em;
}
.composer-quote blockquote {
  display: -webkit-box;
  flex: 1;
  min-inline-size: 0;
  overflow: hidden;
  overflow-wrap: anywhere;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
}
.composer-quote > svg:dir(rtl) { transform: scaleX(-1); }
.reply-button {
  position: fixed;
  inset: auto;
  margin: 0;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-small, 999px);
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--fg);
  font-size: 0.875rem;
  font-weight: 500;
}
.reply-button:popover-open { display: inline-flex; align-items: center; gap: 0.375rem; }
.reply-button:hover { background: var(--said); }

.recording { display: inline-flex; align-items: center; gap: 0.5rem; color: var(--fg); font-size: 0.875em; font-variant-numeric: tabular-nums; }
.level { inline-size: 3rem; block-size: 0.375rem; border-radius: 99rem; background: var(--said); overflow: hidden; }
.level > span { display: block; block-size: 100%; border-radius: inherit; background: var(--danger); transform-origin: left; }
.level:dir(rtl) > span { transform-origin: right; }
.recording-button, .recording-button:hover { background: var(--danger); color: var(--raised); }
@keyframes recording { 50% { opacity: 0.7; } }
.recording-button { animation: recording 1.6s ease-in-out infinite; }
`;
