// The excerpt that the next message answers, above the field.

import { CornerDownRight, X } from "lucide-react";

import { useView } from "./view-context.ts";

export function ComposerQuote({ quote }: { quote: string }) {
  const { chat, focusComposer, strings } = useView();
  return (
    <div className="composer-quote">
      <CornerDownRight aria-hidden="true" />
      <blockquote dir="auto" aria-label={strings.replyTo}>
        {quote}
      </blockquote>
      <button
        type="button"
        className="icon-button small"
        aria-label={strings.removeQuote}
        title={strings.removeQuote}
        onClick={() => {
          chat.setReply(null);
          focusComposer();
        }}
      >
        <X aria-hidden="true" />
      </button>
    </div>
  );
}
