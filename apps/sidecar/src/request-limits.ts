// How often a session may ask: starting a run counts against the session's own limit, and so does a dictation;
// everything else counts against a bound for reads.

import { isStreamingType } from "@sidekit/chatkit/protocol";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";

import { EdgeError } from "./errors.ts";

const windowSeconds = 60;
const readsPerMinute = 120;
/** S108. A recording costs about as much as a few answers, and no more than the whole limit of a small one. */
const dictationPoints = 5;
export interface RequestLimits {
  /** Counts this request. Throws EdgeError `rate_limited` with the wait. */
  admit(session: { readonly id: string; readonly requestsPerMinute: number }, body: unknown): Promise<void>;
}

/** Limits per session, in memory: a session's entries go with its window. */
export function createRequestLimits(): RequestLimits {
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
        throw new EdgeError("rate_limited", { retryAfterMs: Math.max(1000, refusal.msBeforeNext) });
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
