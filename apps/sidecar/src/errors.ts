// Refusals of the HTTP edge, and the one form in which every error outside tRPC leaves the process.

import type { FastifyReply, FastifyRequest } from "fastify";

/** The rows of the error contract that only the edge can raise (E1–E4, E8, E9, E12, E14, E24, E26, E27). */
export const edgeErrorTable = {
  host_not_allowed: { status: 403, message: "This host name is not served here." },
  origin_not_allowed: { status: 403, message: "This origin may not call this server." },
  unsupported_media_type: { status: 415, message: "Send the body as application/json." },
  payload_too_large: { status: 413, message: "The request body is too large." },
  invalid_request: { status: 400, message: "The request is not valid." },
  invalid_json: { status: 400, message: "The body is not valid JSON." },
  json_too_complex: { status: 400, message: "The JSON is nested too deeply or holds too much." },
  credential_in_url: {
    status: 400,
    message: "Credentials belong in the Authorization header, never in a URL.",
  },
  credential_in_body: {
    status: 400,
    message: "Credentials belong in the Authorization header, never in a body.",
  },
  unauthenticated: {
    status: 401,
    message: "Sign in to continue: the credential is missing, wrong or no longer valid.",
  },
  forbidden: { status: 403, message: "This credential does not open this." },
  not_found: { status: 404, message: "There is nothing here." },
  method_not_allowed: { status: 405, message: "This method is not served here." },
  expectation_failed: { status: 417, message: "What the Expect field asks for is not served here." },
  upgrade_required: { status: 426, message: "Of WebSocket, only version 13 is known here." },
  request_timeout: { status: 408, message: "The request took too long to arrive." },
  uri_too_long: { status: 414, message: "The address is too long." },
  rate_limited: { status: 429, message: "Too many requests. Try again in a moment." },
  headers_too_large: { status: 431, message: "The header fields are too large or too many." },
  internal: { status: 500, message: "Something went wrong on our side." },
  overloaded: { status: 503, message: "Too busy at the moment. Try again shortly." },
  draining: { status: 503, message: "The server is stopping. Try again shortly." },
  ui_not_built: {
    status: 503,
    message: "The user interface and the element have not been built. Run: pnpm build",
  },
} as const satisfies Record<string, { status: number; message: string }>;

/** Whatever else is asked for is served nowhere (S7), but for HEAD, which the health routes know. */
export const servedMethods: readonly string[] = ["GET", "POST", "PUT", "DELETE", "OPTIONS"];

/** A body up to here is on its way already. */
const unreadBytes = 65_536;
const lingerMs = 1000;
const discardMs = 10_000;

export type EdgeErrorCode = keyof typeof edgeErrorTable;

/** A refusal by the edge. Its message is the table's; what led to it is in `cause`, which is logged and never sent. */
export class EdgeError extends Error {
  override readonly name = "EdgeError";
  readonly code: EdgeErrorCode;
  readonly retryAfterMs: number | null;

  constructor(code: EdgeErrorCode, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(edgeErrorTable[code].message, { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** What an error of one of the packages says about itself. */
export interface AnsweredError {
  readonly code: string;
  readonly httpStatus: number;
  readonly message: string;
  readonly retryAfterMs?: number | null;
}

/** Body of every error outside tRPC (security contract, section 6). */
export function errorBody(error: AnsweredError, requestId: string): string {
  return JSON.stringify({
    error: {
      code: error.code,
      message: error.message,
      requestId,
      ...(error.retryAfterMs == null ? {} : { retryAfterMs: error.retryAfterMs }),
    },
  });
}

/** Answers with the error's row. Nothing of an unknown error is shown. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: AnsweredError): FastifyReply {
  if (error.httpStatus === 401) {
    const presented = request.headers.authorization !== undefined ? ', error="invalid_token"' : "";
    void reply.header("www-authenticate", `Bearer realm="chatkit"${presented}`);
  }
  if (error.retryAfterMs != null)
    void reply.header("retry-after", Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  if (error.httpStatus === 405 && !reply.hasHeader("allow"))
    void reply.header("allow", servedMethods.join(", "));
  if (error.code === "draining" || error.code === "request_timeout") void reply.header("connection", "close");
  if (hasMuchUnread(request)) {
    if (error.httpStatus === 413) discardRest(request);
    else leaveUnread(request, reply);
  }
  request.appCode = error.code;
  return reply
    .code(error.httpStatus)
    .header("content-type", "application/json; charset=utf-8")
    .send(errorBody(error, request.id));
}

function hasMuchUnread({ raw }: FastifyRequest): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = raw.headers;
  return !raw.complete && (encoding !== undefined || Number(length ?? 0) > unreadBytes);
}

/**
 * What is refused is not read to its end only to be able to use the connection again (S24). The client, who may still be
 * sending, has a moment to read the answer: a connection that is closed at once takes it along.
 */
function leaveUnread({ raw: { socket } }: FastifyRequest, reply: FastifyReply): void {
  reply.raw.once("finish", () => {
    // Node would begin to throw the rest away by then.
    setImmediate(() => socket.pause());
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
}

/**
 * Whoever sends only too much is usually an honest page, which sees no answer when its connection breaks while it still
 * sends. Node throws away what comes: for a while.
 */
function discardRest({ raw }: FastifyRequest): void {
  const late = setTimeout(() => raw.socket.destroy(), discardMs).unref();
  raw.once("close", () => clearTimeout(late));
}

/** The row of an edge error. */
export function edgeAnswer(code: EdgeErrorCode, retryAfterMs: number | null = null): AnsweredError {
  const row = edgeErrorTable[code];
  return { code: publicCode(code), httpStatus: row.status, message: row.message, retryAfterMs };
}

/** Finer codes of ours that the contract knows by one name. */
function publicCode(code: EdgeErrorCode): string {
  if (code === "invalid_json" || code === "json_too_complex") return "invalid_request";
  return code;
}
