// The files of the next message.

export const composerFilesCss = `
.composer-files { display: flex; flex-wrap: wrap; gap: 0.5rem; padding-block-end: 0.5rem; }
.composer-file {
  display: flex;
  align-items: center;
  gap: 0.5rem;
  max-inline-size: min(100%, 20rem);
  padding: 0.375rem 0.375rem 0.375rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.875rem;
  background: var(--raised);
  font-size: 0.875em;
}
.composer-file.failed { border-color: var(--danger); color: var(--danger); }
.composer-file > svg { flex: none; }
.file-words { display: flex; flex-direction: column; min-inline-size: 0; }
.file-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.file-state:empty { display: none; }
.file-state { font-size: 0.875em; }
.composer-file:not(.failed) .file-state { color: var(--muted); }
.thumbnail {
  flex: none;
  inline-size: 2.5rem;
  block-size: 2.5rem;
  margin-inline-start: -0.375rem;
  border-radius: 0.5rem;
  background: var(--said);
  object-fit: cover;
}
.composer-file progress {
  inline-size: 8rem;
  max-inline-size: 100%;
  block-size: 0.3125rem;
  border: 0;
  border-radius: 99rem;
  background: color-mix(in oklab, var(--fg) 16%, transparent);
  overflow: hidden;
  appearance: none;
}
.composer-file progress::-webkit-progress-bar { background: none; }
.composer-file progress::-webkit-progress-value { background: var(--fill); transition: inline-size 200ms; }
.composer-file progress::-moz-progress-bar { background: var(--fill); }
`;
