// From what was thrown to what the conversation shows.

import type { Failure } from "../conversation/conversation.ts";
import { SidekitChatError } from "../errors.ts";

/** No limit by time makes anybody wait longer. */
const longestWindowMs = 60_000;

/** The server's own code where it gave one, so that the reader sees the most exact sentence there is. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof SidekitChatError)) return { code: "unexpected", message: null, canRetry: true };
  const { refusal } = error;
  if (refusal === null) return { code: error.code, message: null, canRetry: error.code !== "api_hosted" };
  const { code = `http_${refusal.status}`, message = null, retryAfterMs = 0 } = refusal;
  // "In a moment" would be wrong by hours: what may be used on a day, or in a session, is used up.
  if (code === "rate_limited" && retryAfterMs > longestWindowMs)
    return { code: "budget_spent", message, canRetry: false };
  return { code, message, canRetry: true };
}

/** For callers within the view: the failure is on screen and has been reported as `chatkit.error`. */
export function ignoreShown(): void {}
