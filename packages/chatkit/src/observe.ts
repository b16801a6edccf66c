// What the package reports instead of logging. Members are safe to log: no secret, no user's or model's words.

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

/** Where an error came from, without its message: that may quote anything. */
export interface ErrorTrace {
  readonly name: string;
  readonly at: readonly string[];
}

export function traceOf(thrown: unknown): ErrorTrace {
  const root = thrown instanceof ChatKitError && thrown.cause !== undefined ? thrown.cause : thrown;
  if (!(root instanceof Error)) return { name: typeof root, at: [] };
  const lines = stackOf(root)
    .split("\n")
    .filter((line) => /^\s+at /.test(line));
  return { name: root.name, at: lines.slice(0, 8).map((line) => line.trim()) };
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof ChatKitError ? thrown.code : "internal";
}

/** An application may have made of it what it likes. */
function stackOf(error: Error): string {
  try {
    return typeof error.stack === "string" ? error.stack : "";
  } catch {
    return "";
  }
}
