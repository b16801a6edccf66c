// Where a finger points: what is used most is as large as a fingertip. After all other sheets, whose sizes it replaces.

export const touchCss = `
@media (pointer: coarse) {
  .icon-button:not(.small), .send-button { inline-size: 2.75rem; block-size: 2.75rem; }
  .icon-button.small { inline-size: 2.5rem; block-size: 2.5rem; }
  .row .icon-button.small { block-size: 2.75rem; }
  :is(.tool-button, .model-button) { justify-content: center; min-inline-size: 2.75rem; min-block-size: 2.75rem; }
  :is(.text-button, .prompts button, .menu-row, .row-open, .row-form input, .option, a.chip, button.chip) {
    min-block-size: 2.75rem;
  }
  :is(.field textarea, .field-tags) { padding-block: 0.625rem; }
}
`;
