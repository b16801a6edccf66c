// Messages, reasoning, sources, notices, and the start screen.

export const conversationCss = `
.transcript-area {
  position: relative;
  flex: 1;
  min-block-size: 0;
}
.transcript {
  /* What is positioned in a message scrolls with it. */
  position: relative;
  block-size: 100%;
  overflow-y: auto;
  overscroll-behavior: contain;
  scrollbar-gutter: stable both-edges;
  scrollbar-width: thin;
  scrollbar-color: var(--line) transparent;
  container-type: size;
}
.transcript:focus-visible { outline-offset: -3px; }
.turns {
  display: flex;
  flex-direction: column;
  gap: calc(var(--gap) * 1.75);
  max-inline-size: 46rem;
  margin-inline: auto;
  padding: 0.5rem 1rem 1.5rem;
}
.turn {
  display: flex;
  flex-direction: column;
  gap: calc(var(--gap) * 1.125);
  min-inline-size: 0;
}
/* What is out of view costs nothing, where the browser keeps the view in its place when sizes turn out otherwise. */
@supports (overflow-anchor: auto) {
  .turn.settled {
    content-visibility: auto;
    contain-intrinsic-block-size: auto 14rem;
    overflow-clip-margin: 0.75rem;
  }
}
.day {
  margin: 0;
  color: var(--muted);
  font-size: 0.8125em;
  text-align: center;
}
.earlier {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: center;
  gap: 0.25rem 0.75rem;
  min-block-size: 2.75rem;
}
.earlier p { margin: 0; font-size: 0.875em; }
/* The question just asked moves to the top, and its answer has the rest of the view to grow into. */
.turn.live { min-block-size: calc(100cqb - 2rem); }
.to-end {
  position: absolute;
  inset-block-end: 0.5rem;
  inset-inline-start: calc(50% - 1.1875rem);
  border: 1px solid var(--line);
  background: var(--raised);
  box-shadow: var(--shadow);
  color: var(--fg);
}

.user {
  display: flex;
  flex-direction: column;
  align-items: flex-end;
  gap: 0.375rem;
  padding-inline-start: 12%;
}
.bubble {
  max-inline-size: 100%;
  padding: calc(0.5rem * var(--sk-density, 1)) 1rem;
  border-radius: var(--sk-radius-surface, 1.25rem);
  border-end-end-radius: calc(var(--sk-radius-surface, 1.25rem) / 4);
  background: var(--own);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}
.user > blockquote {
  max-inline-size: 100%;
  padding-inline-start: 0.75rem;
  border-inline-start: 3px solid var(--line);
  color: var(--muted);
  font-size: 0.875em;
  overflow-wrap: anywhere;
}
.tag { font-weight: 600; overflow-wrap: anywhere; unicode-bidi: isolate; }
button.tag { display: inline; border-radius: 0.25rem; text-decoration: underline dotted; text-underline-offset: 0.2em; white-space: pre-wrap; }
button.tag:hover { text-decoration-style: solid; }
.attachments { display: flex; flex-wrap: wrap; gap: 0.375rem; justify-content: flex-end; }
.attachments li {
  display: flex;
  align-items: center;
  gap: 0.375rem;
  padding: 0.25rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-small, 999px);
  font-size: 0.875em;
}

.answer { display: flex; flex-direction: column; gap: 0.625rem; min-inline-size: 0; }
.actions { display: flex; gap: 0.125rem; margin-inline-start: -0.4rem; }
.actions.quiet { opacity: 0; transition: opacity 120ms; }
.answer:hover .actions.quiet, .actions.quiet:focus-within { opacity: 1; }
@media (hover: none) { .actions.quiet { opacity: 1; } }

.workflow { display: flex; flex-direction: column; gap: 0.5rem; color: var(--muted); font-size: 0.9375em; }
.workflow-summary {
  display: flex;
  align-items: center;
  align-self: flex-start;
  gap: 0.375rem;
  max-inline-size: 100%;
  min-block-size: 1.75rem;
  padding-inline-end: 0.5rem;
  border-radius: 0.375rem;
  font-weight: 500;
}
.workflow-summary > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.workflow-summary:hover { color: var(--fg); }
.chevron { transition: transform 140ms; }
.chevron:dir(rtl) { transform: scaleX(-1); }
[aria-expanded="true"] > .chevron { transform: rotate(90deg); }
.steps {
  display: flex;
  flex-direction: column;
  gap: 0.75rem;
  margin-inline-start: 0.5rem;
  padding-inline-start: 1rem;
  border-inline-start: 1px solid var(--line);
}
.task { display: flex; gap: 0.625rem; min-inline-size: 0; }
.task > div { display: flex; flex-direction: column; gap: 0.375rem; min-inline-size: 0; }
.task-mark { display: grid; place-items: center; block-size: 1.6em; }
.task-title { color: var(--fg); font-weight: 500; overflow-wrap: anywhere; }
.queries { overflow-wrap: anywhere; }

.shimmer {
  background: linear-gradient(100deg, var(--muted) 35%, var(--fg) 50%, var(--muted) 65%) 0 0 / 300% 100%;
  background-clip: text;
  -webkit-background-clip: text;
  color: transparent;
  animation: shimmer 2.4s linear infinite;
}
@keyframes shimmer { from { background-position: 100% 0; } to { background-position: -50% 0; } }
@media (prefers-reduced-motion: reduce), (forced-colors: active) {
  .shimmer { background: none; color: inherit; }
}
.progress { display: flex; align-items: center; gap: 0.5rem; color: var(--muted); font-size: 0.9375em; }

.dots { display: flex; align-items: center; gap: 0.3rem; block-size: 1.75rem; }
.dots span {
  inline-size: 0.4375rem;
  block-size: 0.4375rem;
  border-radius: 50%;
  background: var(--muted);
  animation: dot 1.2s ease-in-out infinite;
}
.dots span:nth-child(2) { animation-delay: 0.16s; }
.dots span:nth-child(3) { animation-delay: 0.32s; }
@keyframes dot { 0%, 60%, 100% { opacity: 0.35; } 30% { opacity: 1; } }

.loading-lines { display: flex; flex-direction: column; gap: 0.75rem; padding-block: 1rem; }
.loading-lines span {
  block-size: 0.875rem;
  border-radius: 0.5rem;
  background: var(--said);
  animation: dot 1.6s ease-in-out infinite;
}
.loading-lines span:nth-child(1) { inline-size: 45%; align-self: flex-end; }
.loading-lines span:nth-child(3) { inline-size: 70%; }

.sources { display: flex; flex-wrap: wrap; gap: 0.375rem; min-inline-size: 0; }
.sources li { display: flex; min-inline-size: 0; max-inline-size: 100%; }
.chip {
  display: inline-flex;
  align-items: center;
  gap: 0.375rem;
  min-inline-size: 0;
  max-inline-size: 18rem;
  min-block-size: 1.875rem;
  padding-inline: 0.625rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-small, 999px);
  background: var(--quiet);
  color: var(--fg);
  font-size: 0.8125em;
  text-decoration: none;
}
.chip > span, .chip > small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.chip > small { flex: 0 1 auto; color: var(--muted); font-size: 1em; }
a.chip:hover, button.chip:hover { background: var(--said); }

.placeholder {
  align-self: flex-start;
  padding: 0.375rem 0.75rem;
  border: 1px dashed var(--line);
  border-radius: 0.625rem;
  color: var(--muted);
  font-size: 0.875em;
}

.notice, .failure {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.625rem;
  padding: 0.625rem 0.875rem;
  border-radius: calc(var(--sk-radius-surface, 1.25rem) * 0.7);
  font-size: 0.9375em;
  overflow-wrap: anywhere;
}
.notice { flex-wrap: nowrap; align-items: flex-start; }
.notice > svg { margin-block-start: 0.25em; }
.notice > div { flex: 1; min-inline-size: 0; color: var(--fg); }
.notice.info { background: var(--info-quiet); color: var(--info); }
.notice.warning { background: var(--warning-quiet); color: var(--warning); }
.notice.danger, .failure { background: var(--danger-quiet); color: var(--danger); }
.failure > span { flex: 1 1 12rem; }

.start {
  display: flex;
  flex: 1;
  flex-direction: column;
  align-items: center;
  justify-content: center;
  gap: 1.5rem;
  min-block-size: 0;
  padding: 1rem;
  overflow-y: auto;
}
.greeting {
  max-inline-size: 36rem;
  font-size: 1.625em;
  font-weight: 600;
  letter-spacing: -0.015em;
  line-height: 1.25;
  text-align: center;
  text-wrap: balance;
}
.prompts { display: flex; flex-wrap: wrap; gap: 0.5rem; justify-content: center; max-inline-size: 42rem; }
.prompts button {
  display: inline-flex;
  align-items: center;
  gap: 0.5rem;
  min-block-size: 2.5rem;
  padding: 0.375rem 1rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-small, 999px);
  color: var(--fg);
  font-size: 0.9375em;
  line-height: 1.35;
}
.prompts button:hover { background: var(--said); }
.prompts svg { color: var(--muted); }
`;
