// Questions in the composer's place, answered questions, judgements and made images.

export const questionsCss = `
.dock { flex: none; min-block-size: 0; display: flex; flex-direction: column; }
.dock > [hidden], .questions[hidden] { display: none; }
.questions {
  display: flex;
  flex-direction: column;
  inline-size: calc(100% - 2rem);
  max-inline-size: 46rem;
  max-block-size: min(70vh, 32rem);
  margin: 0.25rem auto max(0.875rem, env(safe-area-inset-bottom));
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-surface, 1.25rem);
  background: var(--raised);
  box-shadow: var(--shadow);
  overflow: hidden;
}
.question-list {
  display: flex;
  flex-direction: column;
  gap: 1.375rem;
  min-block-size: 0;
  padding: 1.125rem 1.25rem;
  overflow-y: auto;
  scrollbar-width: thin;
}
.question { display: flex; flex-direction: column; gap: 0.25rem; min-inline-size: 0; margin: 0; padding: 0; border: 0; }
.question-text { padding: 0; margin-block-end: 0.375rem; font-weight: 600; overflow-wrap: anywhere; }
.question-text .hint { margin-inline-start: 0.375rem; font-weight: 400; }
.question > p.hint { margin-block: -0.375rem 0.25rem; }
.option {
  display: flex;
  align-items: center;
  gap: 0.625rem;
  min-block-size: 2.5rem;
  padding: 0.25rem 0.625rem;
  margin-inline: -0.625rem;
  border-radius: 0.75rem;
  cursor: pointer;
  overflow-wrap: anywhere;
}
.option:hover { background: var(--quiet); }
.option > input:not(.field) { flex: none; inline-size: 1.125rem; block-size: 1.125rem; margin: 0; accent-color: var(--fill); }
.question .field {
  flex: 1;
  min-inline-size: 0;
  inline-size: 100%;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--bg);
  color: inherit;
  font: inherit;
  line-height: 1.4;
  resize: none;
}
.question .field::placeholder { color: var(--muted); opacity: 1; }
.question .field:focus { border-color: var(--muted); outline: 2px solid var(--ring); outline-offset: 1px; }
.question-buttons {
  display: flex;
  justify-content: flex-end;
  gap: 0.5rem;
  padding: 0.625rem 0.875rem;
  border-block-start: 1px solid var(--line);
}
.question-buttons .text-button {
  min-block-size: 2.375rem;
  padding-inline: 1.125rem;
  border-radius: var(--sk-radius-small, 999px);
  border-color: var(--line);
  font-weight: 500;
}
.question-buttons .text-button:hover { background: var(--quiet); }
.question-buttons .primary { border-color: transparent; background: var(--fill); color: var(--on-fill); }
.question-buttons .primary:hover { background: var(--fill); opacity: 0.85; }
.question-buttons .primary[aria-disabled="true"] { background: var(--said); color: var(--muted); opacity: 1; }

.answered {
  align-self: flex-end;
  max-inline-size: 88%;
  padding: 0.75rem 1rem;
  border: 1px solid var(--line);
  border-radius: var(--sk-radius-surface, 1.25rem);
}
.answered dl { display: flex; flex-direction: column; gap: 0.625rem; margin: 0; }
.answered dt { color: var(--muted); font-size: 0.875em; }
.answered dd { margin: 0; overflow-wrap: anywhere; }

.attachments .picture { padding: 0; border: 0; border-radius: 0; }
.attachments img { display: block; max-inline-size: min(100%, 16rem); max-block-size: 16rem; border-radius: 0.875rem; }

.thumb[aria-pressed="true"] { color: var(--fg); }
.thumb[aria-pressed="true"] svg { fill: currentColor; fill-opacity: 0.25; }

.generated { margin: 0; max-inline-size: min(100%, 28rem); }
.generated img { display: block; max-inline-size: 100%; border-radius: var(--sk-radius-surface, 1.25rem); }
.generated.pending {
  inline-size: 100%;
  aspect-ratio: 1;
  border-radius: var(--sk-radius-surface, 1.25rem);
  background: linear-gradient(100deg, var(--quiet) 40%, var(--said) 50%, var(--quiet) 60%) 0 / 300% 100%;
  animation: generated-shimmer 1.6s linear infinite;
}
@keyframes generated-shimmer { from { background-position: 100% 0; } to { background-position: 0 0; } }
@media (prefers-reduced-motion: reduce) { .generated.pending { animation: none; } }
`;
