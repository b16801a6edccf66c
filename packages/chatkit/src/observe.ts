// What the package reports instead of logging. Members are safe to log: no secret, no user's or model's words.

import { errorTrace, type ErrorTrace } from "./error-trace.ts";
import { ChatKitError } from "./errors.ts";
import type { RunOutcome } from "./ports.ts";

export type ChatKitObservation =
  | { event: "run.start"; runId: string; threadId: string; responder: string; request: string }
  | {
      event: "run.done";
      runId: string;
      outcome: RunOutcome;
      stop: StopReason | null;
      events: number;
      elapsedMs: number;
    }
  | { event: "run.failed"; runId: string; code: string; error: ErrorTrace }
  /** The responder went on after it was told to stop; what it yields is thrown away. */
  | { event: "run.abandoned"; runId: string }
  /** The partial answer or a change of the thread could not be stored when the run ended. */
  | { event: "run.not_kept"; runId: string; code: string; error: ErrorTrace }
  | { event: "stream.detached"; runId: string }
  /** A request that came again was given the answer that is there already. */
  | { event: "run.joined"; runId: string }
  /** What a run has stored could not be read for a client that joined it late. */
  | { event: "run.not_replayed"; runId: string; code: string; error: ErrorTrace }
  /** The bytes of a deleted attachment could not be removed yet. */
  | { event: "attachment.left_behind"; attachmentId: string; code: string; error: ErrorTrace }
  /** Rows of a deleted thread could not be removed yet: nobody reaches them, and the next deletion or opening tries again. */
  | { event: "store.purge_put_off"; code: string; error: ErrorTrace }
  /** A stored record that cannot be read; it is left out of lists. `id` is null when not even that is known. */
  | { event: "store.row_unreadable"; kind: "thread" | "item" | "attachment"; id: string };

/** Why a run was ended before its responder did. */
export type StopReason = "stopped" | "detached" | "draining" | "timeout" | "deleted";

export type ObserveChatKit = (observation: ChatKitObservation) => void;

/** Of what was really wrong, if the error is only the word for it. */
export function traceOf(thrown: unknown): ErrorTrace {
  return errorTrace(thrown instanceof ChatKitError && thrown.cause !== undefined ? thrown.cause : thrown);
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof ChatKitError ? thrown.code : "internal";
}
