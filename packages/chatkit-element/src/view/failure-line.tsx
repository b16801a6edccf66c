// What went wrong, and the way to try again.

import { CircleAlert, RotateCw } from "lucide-react";

import { ignoreShown } from "../chat/failure.ts";
import type { Failure } from "../conversation/conversation.ts";
import { failureSentence } from "../locale.ts";
import { useView } from "./view-context.ts";

export function FailureLine({ failure }: { failure: Failure }) {
  const { chat, focusComposer, strings } = useView();
  return (
    <div className="failure" role="alert">
      <CircleAlert aria-hidden="true" />
      <span>{failureSentence(failure, strings)}</span>
      {failure.canRetry && (
        <button
          type="button"
          className="text-button"
          onClick={() => {
            chat.retry().catch(ignoreShown);
            focusComposer();
          }}
        >
          <RotateCw aria-hidden="true" />
          {strings.retry}
        </button>
      )}
    </div>
  );
}
