// The list of conversations.

export const historyCss = `
.drawer-area { position: absolute; inset: 0; }
.backdrop { position: absolute; inset: 0; background: var(--shade); cursor: default; animation: appear 140ms; }
.drawer {
  position: absolute;
  inset-block: 0;
  inset-inline-start: 0;
  display: flex;
  flex-direction: column;
  gap: 0.25rem;
  inline-size: min(20rem, 100%);
  padding: 0.375rem 0.625rem 1rem;
  overflow-y: auto;
  overscroll-behavior: contain;
  border-inline-end: 1px solid var(--line);
  background: var(--bg);
  box-shadow: var(--shadow);
  scrollbar-width: thin;
  animation: slide 160ms ease-out;
}
.drawer:dir(rtl) { --slide-from: 1.5rem; }
@keyframes appear { from { opacity: 0; } }
@keyframes slide { from { transform: translateX(var(--slide-from, -1.5rem)); opacity: 0; } }

.drawer-head { display: flex; align-items: center; min-block-size: 2.5rem; }
.drawer > .hint { padding: 0.5rem 0.625rem; font-size: 0.9375em; }
.drawer .group {
  padding: 0.75rem 0.625rem 0.25rem;
  color: var(--muted);
  font-size: 0.75em;
  font-weight: 600;
}

.row {
  display: flex;
  align-items: center;
  min-block-size: 2.5rem;
  padding-inline-end: 0.25rem;
  border-radius: 0.625rem;
}
.row:hover, .row:focus-within { background: var(--quiet); }
.row.current { background: var(--said); }
.row-open {
  flex: 1;
  min-inline-size: 0;
  padding: 0.4375rem 0.625rem;
  overflow: hidden;
  border-radius: 0.625rem;
  font-size: 0.9375em;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.row.current .row-open { font-weight: 600; }
.row .icon-button { opacity: 0; }
.row:hover .icon-button, .row:focus-within .icon-button, .row.current .icon-button { opacity: 1; }
@media (hover: none) { .row .icon-button { opacity: 1; } }

.row-form {
  display: flex;
  flex: 1;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.375rem;
  min-inline-size: 0;
  padding: 0.4375rem 0.375rem;
}
.row-form input {
  flex: 1 1 100%;
  min-inline-size: 0;
  padding: 0.375rem 0.625rem;
  border: 1px solid var(--muted);
  border-radius: 0.5rem;
  background: var(--bg);
  font-size: 0.9375em;
}
.row-form > span { flex: 1 1 100%; padding-inline: 0.25rem; font-size: 0.9375em; }
`;
