// The colours of programs: at least 4.5:1 on the ground of a block, in both schemes.

export const codeCss = `
.code-keyword { color: #7a2fc4; }
.code-text { color: #0b6a3a; }
.code-number { color: #0a50a8; }
.code-comment { color: var(--muted); font-style: italic; }
.code-name { color: #1f5f99; }
.code-member { color: #80510a; }
.code-type { color: #a33a12; }
[data-scheme="dark"] .code-keyword { color: #cbb0ff; }
[data-scheme="dark"] .code-text { color: #93dba6; }
[data-scheme="dark"] .code-number { color: #93c7ff; }
[data-scheme="dark"] .code-name { color: #a6d4ff; }
[data-scheme="dark"] .code-member { color: #e8c685; }
[data-scheme="dark"] .code-type { color: #ffb592; }
@media (forced-colors: active) { .code span { color: inherit; } }
`;
