// Calls to the upstream with one deadline, retries that cannot make things worse, and failures as rows of our table.

import { setTimeout as sleep } from "node:timers/promises";

import OpenAI from "openai";

import { ChatSessionError } from "../errors.ts";
import type { ObserveSession } from "../observe.ts";
import { createUpstreamFetch, UpstreamFailure, type AskKey } from "./upstream-fetch.ts";

/** L27, L29. Connecting has 3 s of its own in the `fetch` that is passed in. */
export interface UpstreamTiming {
  readonly deadlineMs: number;
  readonly headersTimeoutMs: number;
  readonly retries: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

export const defaultTiming: UpstreamTiming = {
  deadlineMs: 10_000,
  headersTimeoutMs: 8000,
  retries: 2,
  backoffBaseMs: 250,
  backoffCapMs: 4000,
};

export interface UpstreamCallsOptions {
  readonly apiKey: AskKey;
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly observe: ObserveSession;
  readonly now: () => number;
  readonly timing: UpstreamTiming;
}

type Operation = "create" | "cancel";

export interface UpstreamCalls {
  /** Runs `send` against the SDK; ends within the deadline. Throws ChatSessionError only. */
  call<Reply>(
    operation: Operation,
    send: (client: OpenAI, signal: AbortSignal) => Promise<Reply>,
    signal: AbortSignal,
  ): Promise<Reply>;
}

export function createUpstreamCalls(options: UpstreamCallsOptions): UpstreamCalls {
  const { observe, timing } = options;
  const client = new OpenAI({
    // Never sent: the key is attached by the fetch below, so that no object of the library holds it (S128).
    apiKey: "attached-when-sent",
    // Given, because each would otherwise be taken from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: "off",
    baseURL: options.baseUrl,
    maxRetries: 0,
    // The call has a deadline of its own, which ends first.
    timeout: 2 * timing.deadlineMs,
    fetch: createUpstreamFetch({
      apiKey: options.apiKey,
      fetch: options.fetch,
      headersTimeoutMs: timing.headersTimeoutMs,
      now: options.now,
    }),
  });
  /** While the upstream asks for patience, mints do not each go and hear it again (R15). */
  let closedUntilMs = 0;

  return {
    async call(operation, send, callerSignal) {
      const startedMs = performance.now();
      const signal = AbortSignal.any([callerSignal, AbortSignal.timeout(timing.deadlineMs)]);
      let attempts = 0;
      let waits = 0;
      let keyChanges = 0;
      let orphanPossible = false;
      for (;;) {
        try {
          if (operation === "create") await untilOpen(startedMs, signal);
          attempts += 1;
          return await send(client, signal);
        } catch (error) {
          const failure = signal.aborted ? givenUp(callerSignal, attempts > 0) : asFailure(error);
          orphanPossible ||= failure.orphanPossible && operation === "create";
          if (failure.retry.kind === "wait") closedUntilMs = performance.now() + failure.retry.ms;
          const waitMs = nextAttemptMs(failure, { attempts, waits, keyChanges });
          if (waitMs !== null && fits(startedMs, waitMs)) {
            if (failure.retry.kind === "wait") waits += 1;
            if (failure.retry.kind === "new-key") keyChanges += 1;
            // An abort during the sleep is found by the next round.
            await sleep(waitMs, undefined, { signal }).catch(() => undefined);
            continue;
          }
          observe({
            event: "upstream.failed",
            operation,
            code: failure.code,
            status: failure.status,
            reason: failure.reason,
            requestId: failure.requestId,
            attempts,
            elapsedMs: Math.round(performance.now() - startedMs),
            orphanPossible,
          });
          throw new ChatSessionError(failure.code, {
            cause: failure,
            ...(failure.retryAfterMs === null ? {} : { retryAfterMs: failure.retryAfterMs }),
          });
        }
      }
    },
  };

  async function untilOpen(startedMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waitMs = closedUntilMs - performance.now();
    if (waitMs <= 0) return;
    if (!fits(startedMs, waitMs)) {
      throw new UpstreamFailure("upstream_rate_limited", {
        reason: "gate",
        retry: { kind: "wait", ms: waitMs },
      });
    }
    await sleep(waitMs, undefined, { signal });
  }

  function fits(startedMs: number, waitMs: number): boolean {
    return performance.now() - startedMs + waitMs < timing.deadlineMs;
  }

  /** Milliseconds to the next attempt; null when there is none. */
  function nextAttemptMs(
    { retry }: UpstreamFailure,
    tried: { attempts: number; waits: number; keyChanges: number },
  ): number | null {
    if (tried.attempts > timing.retries) return null;
    switch (retry.kind) {
      case "never":
        return null;
      case "backoff":
        return (
          Math.random() * Math.min(timing.backoffCapMs, timing.backoffBaseMs * 2 ** (tried.attempts - 1))
        );
      case "wait":
        return tried.waits === 0 ? retry.ms : null;
      case "new-key":
        return tried.keyChanges === 0 ? 0 : null;
    }
  }
}

function givenUp(callerSignal: AbortSignal, sent: boolean): UpstreamFailure {
  return callerSignal.aborted
    ? new UpstreamFailure("request_timeout", { reason: "caller_left", orphanPossible: sent })
    : new UpstreamFailure("upstream_timeout", { reason: "deadline", orphanPossible: sent });
}

/** The SDK wraps what its fetch threw; what it throws by itself is about a body it could not read. */
function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof Error && error.cause instanceof UpstreamFailure) return error.cause;
  return new UpstreamFailure("upstream_malformed", { reason: "not_understood", orphanPossible: true });
}
