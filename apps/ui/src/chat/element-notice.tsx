// Tells when the chat element is not the one that was asked for, or keeps people waiting.

import type { ElementState } from "./element-choice.ts";

export function ElementNotice({ shown }: { readonly shown: ElementState }) {
  const text = textOf(shown);
  return (
    <output className={text === null ? "visually-hidden" : "notice"}>
      {text === null ? null : <p>{text}</p>}
    </output>
  );
}

function textOf(shown: ElementState): string | null {
  switch (shown.kind) {
    case "fallback":
      return `OpenAI’s chat element does not work here. ${shown.reason} This is Sidekit’s own.`;
    case "vendor":
      return shown.isLate
        ? "OpenAI’s chat element is not ready yet. It may not be reachable from here."
        : null;
    default:
      return null;
  }
}
