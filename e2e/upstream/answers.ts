// What a route of the stand-in can be told to do instead of its ordinary work.

/** One answer of a route. */
export type Answer =
  /** The route's ordinary work; useful between others. */
  | { readonly kind: "ordinary" }
  | {
      readonly kind: "reply";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** An iterable is sent piece by piece, as fast as it is taken; it may be endless. */
      readonly body: string | Uint8Array | Iterable<Uint8Array>;
      readonly afterMs: number;
    }
  /** Takes the request and never answers. */
  | { readonly kind: "hang" }
  /** Resets the connection instead of an answer. */
  | { readonly kind: "reset" };

export interface ApiErrorOptions {
  readonly code?: string | null;
  readonly type?: string;
  readonly message?: string;
  readonly param?: string | null;
  /** Such as `{ "retry-after": "2" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterMs?: number;
}

/** An error in the vendor's form. */
export function apiError(status: number, options: ApiErrorOptions = {}): Answer {
  const { code = null, type = typeOf(status), message = "Scripted failure.", param = null } = options;
  return reply(status, errorBody({ message, type, param, code }), options);
}

/** Any object as JSON. */
export function jsonReply(status: number, body: unknown, options: ReplyOptions = {}): Answer {
  return reply(status, body, options);
}

/** Any bytes of any kind: HTML, truncated JSON, nothing, without end. */
export function rawReply(
  status: number,
  body: string | Uint8Array | Iterable<Uint8Array>,
  { headers = {}, afterMs = 0 }: ReplyOptions = {},
): Answer {
  return { kind: "reply", status, headers, body, afterMs };
}

/** A page as a proxy in between would send it. */
export function htmlPage(status: number): Answer {
  return rawReply(status, "<!doctype html><title>Gateway</title><p>Not the API.", {
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}

export const hang: Answer = { kind: "hang" };
export const resetConnection: Answer = { kind: "reset" };
export const ordinary: Answer = { kind: "ordinary" };

export interface ReplyOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterMs?: number;
}

export interface ApiErrorFacts {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

export function errorBody(error: ApiErrorFacts): { readonly error: ApiErrorFacts } {
  return { error };
}

function reply(status: number, body: unknown, { headers = {}, afterMs = 0 }: ReplyOptions): Answer {
  return {
    kind: "reply",
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    afterMs,
  };
}

function typeOf(status: number): string {
  if (status === 429) return "requests";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
