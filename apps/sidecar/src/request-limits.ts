// How often a session may ask: starting a run counts against the session's own limit, and so does a dictation;
// everything else counts against a bound for reads. The library for limits counts in fixed windows, which let twice as much
// through at their border (S116).

import type { AuthenticatedSession } from "@sidekit/chat-session";
import { isStreamingType } from "@sidekit/chatkit/protocol";

import { EdgeError } from "./errors.ts";
import type { SlidingWindows } from "./sliding-windows.ts";

/** Requests of a session in a minute that start no run. */
export const readsPerMinute = 120;
/** S108. A recording costs about as much as a few answers, and no more than the whole limit of a small one. */
const dictationWeight = 5;
const leastWaitMs = 1000;

/** Without an owner it is no session, and nobody is told of its refusal. */
export type LimitedSession = Pick<AuthenticatedSession, "id" | "requestsPerMinute"> &
  Partial<Pick<AuthenticatedSession, "owner">>;

export interface RequestLimits {
  /** Counts this request. Throws EdgeError `rate_limited` with the wait. */
  admit(session: LimitedSession, body: unknown): void;
}

export interface RequestLimitsOptions {
  readonly windows: Pick<SlidingWindows, "admit">;
  /** Told of each session that was refused. */
  readonly onRefused?: (session: Pick<AuthenticatedSession, "id" | "owner">, waitMs: number) => void;
}

export function createRequestLimits({ windows, onRefused = () => {} }: RequestLimitsOptions): RequestLimits {
  return {
    admit(session, body) {
      const verdict = windows.admit([claimOf(session, body)]);
      if (verdict.kind === "admitted") return;
      if (verdict.kind === "full") throw new EdgeError("overloaded", { retryAfterMs: leastWaitMs });
      const waitMs = Math.max(leastWaitMs, verdict.waitMs);
      if (session.owner !== undefined) onRefused({ id: session.id, owner: session.owner }, waitMs);
      throw new EdgeError("rate_limited", { retryAfterMs: waitMs });
    },
  };
}

/** Whether the request, should it be valid, is answered with a stream. */
export function startsRun(body: unknown): boolean {
  const type = typeOf(body);
  return type !== null && isStreamingType(type);
}

function claimOf({ id, requestsPerMinute: limit }: LimitedSession, body: unknown) {
  if (typeOf(body) === "input.transcribe") {
    return { key: `runs:${id}`, limit, weight: Math.min(dictationWeight, limit) };
  }
  if (startsRun(body)) return { key: `runs:${id}`, limit, weight: 1 };
  return { key: `reads:${id}`, limit: readsPerMinute, weight: 1 };
}

function typeOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("type" in body)) return null;
  return typeof body.type === "string" ? body.type : null;
}
