// One attempt at the upstream: attaches the key, bounds time and size, and names what went wrong without quoting it.

import { ChatSessionError, type ChatSessionErrorCode } from "../errors.ts";

/** Something that holds an API key and shows it only when asked to. */
export interface RevealableKey {
  reveal(): string;
}

/** Whether and when the next attempt is worth it. */
export type RetryAdvice =
  | { readonly kind: "never" }
  | { readonly kind: "backoff" }
  | { readonly kind: "wait"; readonly ms: number }
  /** The key has been replaced since this attempt read it. */
  | { readonly kind: "new-key" };

export interface UpstreamFailureFacts {
  readonly status?: number;
  readonly reason?: string | null;
  readonly requestId?: string | null;
  readonly retry?: RetryAdvice;
  /** How long the upstream asks to be left alone, when it is not waited for. */
  readonly retryAfterMs?: number | null;
  readonly orphanPossible?: boolean;
}

/** Why an attempt failed. Holds nothing that the upstream wrote but its own short codes (N9). */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly code: ChatSessionErrorCode;
  readonly status: number | null;
  readonly reason: string | null;
  readonly requestId: string | null;
  readonly retry: RetryAdvice;
  readonly retryAfterMs: number | null;
  /** The upstream may have done what was asked, although we did not learn the result. */
  readonly orphanPossible: boolean;

  constructor(code: ChatSessionErrorCode, facts: UpstreamFailureFacts) {
    super(`upstream: ${code}`);
    this.code = code;
    this.status = facts.status ?? null;
    this.reason = facts.reason ?? null;
    this.requestId = facts.requestId ?? null;
    this.retry = facts.retry ?? { kind: "never" };
    this.retryAfterMs = this.retry.kind === "wait" ? this.retry.ms : (facts.retryAfterMs ?? null);
    this.orphanPossible = facts.orphanPossible ?? false;
  }
}

/** The key to send. `refused` is the one that the upstream has just answered with 401 (S142). */
export type AskKey = (signal: AbortSignal, refused?: RevealableKey) => Promise<RevealableKey>;

export interface UpstreamFetchOptions {
  readonly apiKey: AskKey;
  readonly fetch: typeof fetch;
  readonly headersTimeoutMs: number;
  /** Milliseconds since 1970, for dates in Retry-After. */
  readonly now: () => number;
}

/** L41. */
const maxReplyBytes = 64 * 1024;
const waitBoundsMs = [1000, 300_000] as const;
/** E21. */
const longestPauseMs = 60_000;
const sentFields = ["accept", "content-type", "openai-beta", "user-agent"];
const retriedStatuses = new Set([408, 409, 500, 502, 503, 504]);
/** Failures before a connection existed: nothing was asked of the upstream yet. */
const beforeSending =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT|ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;
const shortCode = /^[A-Za-z][A-Za-z0-9_.]{0,63}$/;

/**
 * A `fetch` for the SDK. Answers 2xx with JSON of at most 64 KiB; everything else is thrown as UpstreamFailure, or as
 * the reason of the request's signal. Redirects are not followed, and only the header fields the API needs are sent.
 */
export function createUpstreamFetch(options: UpstreamFetchOptions) {
  const { apiKey, now } = options;

  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const signal = init.signal ?? new AbortController().signal;
    const key = await currentKey(signal);
    const response = await send(String(input), init, key, signal);
    const requestId = shortOrNull(response.headers.get("x-request-id"), /^[A-Za-z0-9_-]{1,128}$/);
    const { status } = response;
    const text = await readCapped(response, signal, { status, requestId });
    if (status >= 400) throw await refusal(response, text, { key, signal, requestId });
    const json = /^application\/(?:[\w.-]+\+)?json\b/i.test(response.headers.get("content-type") ?? "");
    if (status >= 300 || status === 204 || text === "" || !json) {
      const reason = status >= 300 ? "redirect" : "no_json";
      throw new UpstreamFailure("upstream_malformed", {
        status,
        reason,
        requestId,
        orphanPossible: status < 300,
      });
    }
    return new Response(text, {
      status,
      headers: {
        "content-type": "application/json",
        ...(requestId === null ? {} : { "x-request-id": requestId }),
      },
    });
  };

  async function currentKey(signal: AbortSignal): Promise<RevealableKey> {
    try {
      return await apiKey(signal);
    } catch (error) {
      signal.throwIfAborted();
      const code = error instanceof ChatSessionError ? error.code : "upstream_auth";
      throw new UpstreamFailure(code, { reason: "no_usable_key" });
    }
  }

  async function send(
    url: string,
    init: RequestInit,
    key: RevealableKey,
    signal: AbortSignal,
  ): Promise<Response> {
    const given = new Headers(init.headers);
    const headers: Record<string, string> = {};
    for (const name of sentFields) if (given.has(name)) headers[name] = given.get(name)!;
    const headersLate = new AbortController();
    const timer = setTimeout(() => headersLate.abort(), options.headersTimeoutMs);
    try {
      return await options.fetch(url, {
        method: init.method ?? "POST",
        ...(init.body == null ? {} : { body: init.body }),
        redirect: "manual",
        signal: AbortSignal.any([signal, headersLate.signal]),
        headers: { ...headers, authorization: `Bearer ${key.reveal()}` },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw networkFailure(error, headersLate.signal.aborted);
    } finally {
      clearTimeout(timer);
    }
  }

  async function refusal(
    response: Response,
    text: string,
    facts: { key: RevealableKey; signal: AbortSignal; requestId: string | null },
  ): Promise<UpstreamFailure> {
    const { status, headers } = response;
    const { code, type } = errorWords(text);
    const base = { status, requestId: facts.requestId, reason: code ?? type };
    if (status === 401 || status === 403) {
      const fresh = status === 401 ? await apiKey(facts.signal, facts.key).catch(() => facts.key) : facts.key;
      return new UpstreamFailure("upstream_auth", {
        ...base,
        retry: { kind: fresh === facts.key ? "never" : "new-key" },
      });
    }
    if (status === 402 || (status === 429 && [code, type].includes("insufficient_quota"))) {
      return new UpstreamFailure("upstream_quota", base);
    }
    if (status === 429) {
      const retry = { kind: "wait", ms: retryAfterMs(headers, now()) } as const;
      return new UpstreamFailure("upstream_rate_limited", { ...base, retry });
    }
    if (status >= 500 || retriedStatuses.has(status)) {
      const again = retriedStatuses.has(status) && headers.get("x-should-retry") !== "false";
      const asksForPatience = headers.has("retry-after") || headers.has("retry-after-ms");
      return new UpstreamFailure("upstream_unavailable", {
        ...base,
        retryAfterMs: asksForPatience ? Math.min(retryAfterMs(headers, now()), longestPauseMs) : null,
        retry: { kind: again ? "backoff" : "never" },
        orphanPossible: status >= 500,
      });
    }
    return new UpstreamFailure("upstream_rejected", base);
  }
}

function networkFailure(error: unknown, headersLate: boolean): UpstreamFailure {
  if (headersLate)
    return new UpstreamFailure("upstream_timeout", { reason: "headers", orphanPossible: true });
  const word = networkCode(error);
  const unsent = word !== null && beforeSending.test(word);
  const late = word !== null && /TIMEOUT|TIMEDOUT/.test(word);
  return new UpstreamFailure(late ? "upstream_timeout" : "upstream_unavailable", {
    reason: word,
    retry: { kind: "backoff" },
    orphanPossible: !unsent,
  });
}

/** The platform hides the system's code one or two causes deep, or among the addresses it tried. */
function networkCode(error: unknown, depth = 0): string | null {
  if (!(error instanceof Error) || depth > 5) return null;
  if ("code" in error && typeof error.code === "string" && shortCode.test(error.code)) return error.code;
  return networkCode(error instanceof AggregateError ? error.errors[0] : error.cause, depth + 1);
}

async function readCapped(
  response: Response,
  signal: AbortSignal,
  facts: { status: number; requestId: string | null },
): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Counted after decompression, so that a small reply cannot unfold into a large one.
    for await (const chunk of response.body) {
      size += chunk.byteLength;
      if (size > maxReplyBytes) break;
      chunks.push(chunk);
    }
  } catch {
    signal.throwIfAborted();
    throw new UpstreamFailure("upstream_malformed", { ...facts, reason: "cut_short", orphanPossible: true });
  }
  if (size <= maxReplyBytes) return Buffer.concat(chunks).toString("utf8");
  throw new UpstreamFailure("upstream_malformed", { ...facts, reason: "too_large", orphanPossible: true });
}

function errorWords(text: string): { code: string | null; type: string | null } {
  try {
    const parsed: unknown = JSON.parse(text);
    const error = member(parsed, "error");
    return {
      code: shortOrNull(member(error, "code"), shortCode),
      type: shortOrNull(member(error, "type"), shortCode),
    };
  } catch {
    return { code: null, type: null };
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function shortOrNull(value: unknown, pattern: RegExp): string | null {
  return typeof value === "string" && pattern.test(value) ? value : null;
}

/** Clamped: what the upstream writes here is a wish, never something to sleep on blindly (R15). */
function retryAfterMs(headers: Headers, nowMs: number): number {
  const [least, most] = waitBoundsMs;
  const inMs = Number(headers.get("retry-after-ms") ?? Number.NaN);
  const field = headers.get("retry-after") ?? "";
  const inSeconds = /^\s*-?\d+(?:\.\d+)?\s*$/.test(field) ? Number(field) * 1000 : Date.parse(field) - nowMs;
  const wanted = Number.isFinite(inMs) && inMs > 0 ? inMs : inSeconds;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, least), most) : least;
}
