// How often a session may ask: starting a run counts against the session's own limit, and so does a dictation;
// everything else counts against a bound for reads.

import type { AuthenticatedSession } from "@sidekit/chat-session";
import { isStreamingType } from "@sidekit/chatkit/protocol";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

import { EdgeError } from "./errors.ts";

const windowSeconds = 60;
const readsPerMinute = 120;
/** S108. A recording costs about as much as a few answers, and no more than the whole limit of a small one. */
const dictationPoints = 5;

/** Without an owner it is no session, and nobody is told of its refusal. */
export type LimitedSession = Pick<AuthenticatedSession, "id" | "requestsPerMinute"> &
  Partial<Pick<AuthenticatedSession, "owner">>;

export interface RequestLimits {
  /** Counts this request. Throws EdgeError `rate_limited` with the wait. */
  admit(session: LimitedSession, body: unknown): Promise<void>;
}

export interface RequestLimitsOptions {
  /** Told of each session that was refused. */
  readonly onRefused?: (session: Pick<AuthenticatedSession, "id" | "owner">, waitMs: number) => void;
}

/** Limits per session, in memory: a session's entries go with its window. */
export function createRequestLimits({ onRefused = () => {} }: RequestLimitsOptions = {}): RequestLimits {
  const runs = new Map<number, RateLimiterMemory>();
  const reads = new RateLimiterMemory({ points: readsPerMinute, duration: windowSeconds });
  const runsAt = (perMinute: number) => {
    let limiter = runs.get(perMinute);
    // As many as there are different limits among the profiles.
    if (limiter === undefined) {
      limiter = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
      runs.set(perMinute, limiter);
    }
    return limiter;
  };
  return {
    async admit(session, body) {
      const dictated = typeOf(body) === "input.transcribe";
      const limiter = startsRun(body) || dictated ? runsAt(session.requestsPerMinute) : reads;
      const points = dictated ? Math.min(dictationPoints, session.requestsPerMinute) : 1;
      try {
        await limiter.consume(session.id, points);
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        const waitMs = Math.max(1000, refusal.msBeforeNext);
        if (session.owner !== undefined) onRefused({ id: session.id, owner: session.owner }, waitMs);
        throw new EdgeError("rate_limited", { retryAfterMs: waitMs });
      }
    },
  };
}

/** Whether the request, should it be valid, is answered with a stream. */
export function startsRun(body: unknown): boolean {
  const type = typeOf(body);
  return type !== null && isStreamingType(type);
}

function typeOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("type" in body)) return null;
  return typeof body.type === "string" ? body.type : null;
}
