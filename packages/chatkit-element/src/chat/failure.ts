// From what was thrown to what the conversation shows.

import type { Failure } from "../conversation/conversation.ts";
import { SidekitChatError } from "../errors.ts";

/** The server's own code where it gave one, so that the reader sees the most exact sentence there is. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof SidekitChatError)) return { code: "unexpected", message: null, canRetry: true };
  const { refusal } = error;
  if (refusal === null) return { code: error.code, message: null, canRetry: error.code !== "api_hosted" };
  return { code: refusal.code ?? `http_${refusal.status}`, message: refusal.message ?? null, canRetry: true };
}

/** For callers within the view: the failure is on screen and has been reported as `chatkit.error`. */
export function ignoreShown(): void {}
