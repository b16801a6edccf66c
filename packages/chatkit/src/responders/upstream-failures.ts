// What went wrong upstream, told apart. Holds facts that may be logged, and never a word of the upstream's message.

import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";

import { ChatKitError, type ChatKitErrorReason } from "../errors.ts";

const maxRetryAfterMs = 300_000;

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]);

export type UpstreamFailureCode = Extract<ChatKitErrorReason, `upstream_${string}`>;

/** Safe to log: fixed words, numbers and short identifiers. Null is: the upstream did not say. */
export interface UpstreamFailure {
  readonly code: UpstreamFailureCode;
  readonly status: number | null;
  /** The upstream's own names for the failure, and the member of the request that it objects to. */
  readonly upstreamType: string | null;
  readonly upstreamCode: string | null;
  readonly upstreamParam: string | null;
  readonly requestId: string | null;
  /** Cause class of a failed connection, such as `ECONNREFUSED`. */
  readonly transport: string | null;
  /** How long the upstream asks to wait, 0 to 300,000. */
  readonly retryAfterMs: number | null;
  /** Whether the same request may succeed a moment later. */
  readonly transient: boolean;
}

/** A failure of which only the code is known. */
export function plainFailure(code: UpstreamFailureCode): UpstreamFailure {
  return {
    code,
    status: null,
    upstreamType: null,
    upstreamCode: null,
    upstreamParam: null,
    requestId: null,
    transport: null,
    retryAfterMs: null,
    transient: false,
  };
}

/** The upstream breaks its own protocol. `detail` is a fixed phrase of ours. */
export function malformed(detail: string): ChatKitError {
  return new ChatKitError("upstream_malformed", { cause: new Error(detail) });
}

/** Reads what the SDK threw for a request that got no stream. Null when it is no failure of the upstream. */
export function requestFailure(error: unknown): UpstreamFailure | null {
  if (error instanceof APIConnectionError) {
    const code = error instanceof APIConnectionTimeoutError ? "upstream_timeout" : "upstream_unavailable";
    return { ...plainFailure(code), transport: transportOf(error), transient: true };
  }
  if (!(error instanceof APIError) || error.status === undefined) return null;

  const upstreamType = identifier(error.type);
  const upstreamCode = identifier(error.code);
  const code = codeOfStatus(error.status, isQuota(upstreamCode, upstreamType));
  const mayRetry = error.headers?.get("x-should-retry") !== "false";
  return {
    code,
    status: error.status,
    upstreamType,
    upstreamCode,
    upstreamParam: identifier(error.param),
    requestId: identifier(error.requestID),
    transport: null,
    retryAfterMs: error.headers ? retryAfterOf(error.headers) : null,
    transient: mayRetry && (code === "upstream_unavailable" || code === "upstream_rate_limited"),
  };
}

/** Reads why the upstream says, in mid-stream, that a response failed. */
export function responseFailure(facts: {
  upstreamCode: string | null;
  upstreamType: string | null;
}): UpstreamFailure {
  const upstreamCode = identifier(facts.upstreamCode);
  const upstreamType = identifier(facts.upstreamType);
  return { ...plainFailure(codeOfResponse(upstreamCode, upstreamType)), upstreamCode, upstreamType };
}

export function isUpstreamFailure(reason: ChatKitErrorReason): reason is UpstreamFailureCode {
  return reason.startsWith("upstream_");
}

/** The cause class of a failed connection, from the error or what caused it. */
export function transportOf(error: unknown): string | null {
  let cause = error;
  for (let depth = 0; depth < 4 && cause instanceof Error; depth += 1) {
    // Those of ours are names of table rows; a system's are upper case.
    if ("code" in cause && typeof cause.code === "string" && /^[A-Z0-9_]{1,48}$/.test(cause.code))
      return cause.code;
    cause = cause.cause;
  }
  return null;
}

function codeOfStatus(status: number, quota: boolean): UpstreamFailureCode {
  if (status === 401 || status === 403) return "upstream_auth";
  if (status === 402 || (status === 429 && quota)) return "upstream_quota";
  if (status === 429) return "upstream_rate_limited";
  if (status === 408 || status === 409 || status >= 500) return "upstream_unavailable";
  // Redirects are not followed, and anything below 200 is no answer.
  return status >= 400 ? "upstream_rejected" : "upstream_malformed";
}

function codeOfResponse(code: string | null, type: string | null): UpstreamFailureCode {
  if (isQuota(code, type)) return "upstream_quota";
  if (code === "rate_limit_exceeded") return "upstream_rate_limited";
  if (code === "invalid_api_key") return "upstream_auth";
  if (
    code === null ||
    code === "server_error" ||
    code === "vector_store_timeout" ||
    type === "server_error"
  ) {
    return "upstream_unavailable";
  }
  return "upstream_rejected";
}

function isQuota(code: string | null, type: string | null): boolean {
  return (code !== null && quotaCodes.has(code)) || (type !== null && quotaCodes.has(type));
}

/** Takes seconds, milliseconds and dates as HTTP has them; clamped, and null for anything else. */
function retryAfterOf(headers: Headers): number | null {
  const exact = numberOf(headers.get("retry-after-ms"));
  if (exact !== null) return clamp(exact);
  const header = headers.get("retry-after");
  const seconds = numberOf(header);
  if (seconds !== null) return clamp(seconds * 1000);
  const date = header ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : clamp(date - Date.now());
}

function numberOf(text: string | null): number | null {
  if (!text?.trim()) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function clamp(ms: number): number {
  return Math.min(Math.max(Math.ceil(ms), 0), maxRetryAfterMs);
}

/** The upstream writes these, so anything that could be prose, or a key, is left out. */
function identifier(value: unknown): string | null {
  return typeof value === "string" && /^(?!sk-)[\w.[\]-]{1,64}$/.test(value) ? value : null;
}
