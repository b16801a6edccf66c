// Stands before the upstream: stops asking it while it is down, and lets no more be retried than helps (R21, R22).
// Whoever asks sees answers: one that is not worth another attempt says so, as the vendor's do, in `x-should-retry`.

import { type CallOutcome, type CircuitBreaker, createCircuitBreaker } from "./circuit-breaker.ts";
import { requestFacts } from "./request-facts.ts";
import { createRetryBudget, type RetryBudget } from "./retry-budget.ts";

/** Who gives up on a request that has had no answer for so long gives up because of the upstream. */
const patienceMs = 8_000;
const budgetReportMs = 5_000;
/** Those that a second attempt may change; the packages that ask agree. */
const retriedStatuses = new Set([408, 409, 429, 500, 502, 503, 504]);
const requestIdForm = /^[\w.:-]{1,128}$/;
const systemCode = /^[A-Z][A-Z0-9_]{0,47}$/;

/** Breakers are per operation: trouble with one of them does not stop the others. */
type Operation = "sessions" | "sessions.cancel" | "responses" | "transcriptions" | "models" | "other";

export type UpstreamObservation =
  | { readonly event: "breaker.open" | "breaker.half_open" | "breaker.closed"; readonly operation: Operation }
  /** Failures are told at once, without another attempt. */
  | { readonly event: "upstream.budget"; readonly spent: number };

export interface UpstreamGuardOptions {
  readonly fetch: typeof fetch;
  readonly observe: (observation: UpstreamObservation) => void;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A `fetch` for the upstream alone. While a circuit is open it answers 503 by itself, with Retry-After. */
export function createUpstreamGuard(options: UpstreamGuardOptions): typeof fetch {
  const { observe, monotonicNow = () => performance.now() } = options;
  const breakers = new Map<Operation, CircuitBreaker>();
  const budget = createRetryBudget(options);
  const reportSpent = createSpentReport(observe, monotonicNow);

  return async (input, init) => {
    const admission = breakerOf(operationOf(input)).admit();
    if (admission.kind === "open") return refused("circuit_open", Math.ceil(admission.waitMs / 1000));
    const startedMs = monotonicNow();
    budget.sent();
    try {
      const response = await options.fetch(input, init);
      noteRequestId(response);
      admission.end(response.status >= 500 ? "failed" : "answered");
      return retriedStatuses.has(response.status) && !mayRetry(response, budget) ? final(response) : response;
    } catch (error) {
      const aborted = init?.signal?.aborted === true;
      const outcome: CallOutcome = aborted && monotonicNow() - startedMs < patienceMs ? "unknown" : "failed";
      admission.end(outcome);
      if (aborted || budget.take()) throw error;
      reportSpent();
      return refused(systemCodeOf(error) ?? "unreachable", 1);
    }
  };

  function breakerOf(operation: Operation): CircuitBreaker {
    let breaker = breakers.get(operation);
    if (breaker === undefined) {
      breaker = createCircuitBreaker({
        ...options,
        onChange: (state) => observe({ event: `breaker.${state}`, operation }),
      });
      breakers.set(operation, breaker);
    }
    return breaker;
  }

  function mayRetry(response: Response, { take }: RetryBudget): boolean {
    if (response.headers.get("x-should-retry") === "false" || take()) return true;
    reportSpent();
    return false;
  }
}

/** What the upstream calls the request, for the line of the request that it was made for. */
function noteRequestId(response: Response): void {
  const facts = requestFacts.getStore();
  const given = response.headers.get("x-request-id") ?? "";
  if (facts !== undefined && requestIdForm.test(given)) facts.upstreamRequestId = given;
}

function operationOf(input: string | URL | Request): Operation {
  const { pathname } = new URL(input instanceof Request ? input.url : input);
  if (pathname.endsWith("/chatkit/sessions")) return "sessions";
  if (/\/chatkit\/sessions\/[^/]+\/cancel$/.test(pathname)) return "sessions.cancel";
  if (pathname.endsWith("/responses")) return "responses";
  if (pathname.endsWith("/audio/transcriptions")) return "transcriptions";
  return /\/models(?:\/[^/]+)?$/.test(pathname) ? "models" : "other";
}

/** In the form of the upstream's own errors, so that its code is logged like theirs. */
function refused(code: string, retryAfterSeconds: number): Response {
  return Response.json(
    { error: { code, type: "not_sent", message: "", param: null } },
    { status: 503, headers: { "x-should-retry": "false", "retry-after": String(retryAfterSeconds) } },
  );
}

function final(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("x-should-retry", "false");
  return new Response(response.body, { status: response.status, headers });
}

function systemCodeOf(error: unknown): string | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if ("code" in cause && typeof cause.code === "string" && systemCode.test(cause.code)) return cause.code;
  }
  return null;
}

/** Once per 5 s, with how many there were since. */
function createSpentReport(observe: UpstreamGuardOptions["observe"], nowMs: () => number): () => void {
  let spent = 0;
  let reportedMs = Number.NEGATIVE_INFINITY;
  return () => {
    spent++;
    if (nowMs() - reportedMs < budgetReportMs) return;
    observe({ event: "upstream.budget", spent });
    reportedMs = nowMs();
    spent = 0;
  };
}
