// Sends, and stops what was sent.

import { ArrowUp, LoaderCircle, Square } from "lucide-react";

import type { Conversation } from "../conversation/conversation.ts";
import { useView } from "./view-context.ts";

export interface SendButtonProps {
  readonly run: Conversation["run"];
  readonly canSend: boolean;
  readonly onStop: () => void;
}

/** One button throughout, never disabled, so that the focus stays where it is when its meaning changes. */
export function SendButton({ run, canSend, onStop }: SendButtonProps) {
  const { strings } = useView();
  const meaning = run === null ? "send" : run.cancellable ? "stop" : "busy";
  const words = { send: strings.send, stop: strings.stop, busy: strings.busy }[meaning];
  return (
    <button
      type={meaning === "send" ? "submit" : "button"}
      className="send-button"
      aria-label={words}
      title={words}
      aria-disabled={meaning === "busy" || (meaning === "send" && !canSend)}
      onClick={(event) => {
        if (meaning === "send") return;
        // Its type changes while the click goes on, and must not submit then.
        event.preventDefault();
        if (meaning === "stop") onStop();
      }}
    >
      {meaning === "send" && <ArrowUp aria-hidden="true" />}
      {meaning === "stop" && <Square aria-hidden="true" className="filled" />}
      {meaning === "busy" && <LoaderCircle aria-hidden="true" className="spinner" />}
    </button>
  );
}
