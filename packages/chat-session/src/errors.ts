// Every failure this package can answer with: one row each, one class, messages that are safe by construction.

/** What a row of the table fixes (security contract, section 6). */
export interface ErrorRow {
  readonly httpStatus: number;
  /** The error key of tRPC under which it travels. */
  readonly trpc: string;
  readonly message: string;
  /** Whether the same call may succeed later without anybody mending anything. */
  readonly retryable: boolean;
  /** Bounds of the wait that a client is told, in whole seconds; null when it is told none. */
  readonly retryAfterSeconds: readonly [least: number, most: number] | null;
}

/** E3–E15, E17–E24 and E26. */
export const errorTable = {
  unsupported_media_type: {
    httpStatus: 415,
    trpc: "UNSUPPORTED_MEDIA_TYPE",
    message: "Send the request as application/json.",
    retryable: false,
    retryAfterSeconds: null,
  },
  payload_too_large: {
    httpStatus: 413,
    trpc: "PAYLOAD_TOO_LARGE",
    message: "The request is too large.",
    retryable: false,
    retryAfterSeconds: null,
  },
  unauthenticated: {
    httpStatus: 401,
    trpc: "UNAUTHORIZED",
    message: "The credential is missing, wrong or no longer valid.",
    retryable: false,
    retryAfterSeconds: null,
  },
  forbidden: {
    httpStatus: 403,
    trpc: "FORBIDDEN",
    message: "This credential does not allow that.",
    retryable: false,
    retryAfterSeconds: null,
  },
  not_found: {
    httpStatus: 404,
    trpc: "NOT_FOUND",
    message: "There is nothing here by that name.",
    retryable: false,
    retryAfterSeconds: null,
  },
  invalid_request: {
    httpStatus: 400,
    trpc: "BAD_REQUEST",
    message: "The request is not valid.",
    retryable: false,
    retryAfterSeconds: null,
  },
  method_not_allowed: {
    httpStatus: 405,
    trpc: "METHOD_NOT_SUPPORTED",
    message: "This procedure is called with another method.",
    retryable: false,
    retryAfterSeconds: null,
  },
  conflict: {
    httpStatus: 409,
    trpc: "CONFLICT",
    message: "Something else is changing this at the same time.",
    retryable: true,
    retryAfterSeconds: [1, 1],
  },
  idempotency_mismatch: {
    httpStatus: 422,
    trpc: "UNPROCESSABLE_CONTENT",
    message: "This idempotency key was used for a different request.",
    retryable: false,
    retryAfterSeconds: null,
  },
  rate_limited: {
    httpStatus: 429,
    trpc: "TOO_MANY_REQUESTS",
    message: "Too many requests.",
    retryable: true,
    retryAfterSeconds: [1, 60],
  },
  overloaded: {
    httpStatus: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "The service is at its limit.",
    retryable: true,
    retryAfterSeconds: [1, 5],
  },
  draining: {
    httpStatus: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "The service is restarting.",
    retryable: true,
    retryAfterSeconds: [1, 5],
  },
  store_unavailable: {
    httpStatus: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "Sessions and credentials cannot be checked at the moment.",
    retryable: true,
    retryAfterSeconds: [1, 5],
  },
  upstream_rate_limited: {
    httpStatus: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "The chat provider asks for fewer requests.",
    retryable: true,
    retryAfterSeconds: [1, 300],
  },
  upstream_quota: {
    httpStatus: 402,
    trpc: "PAYMENT_REQUIRED",
    message: "The account at the chat provider has no quota left.",
    retryable: false,
    retryAfterSeconds: null,
  },
  upstream_auth: {
    httpStatus: 502,
    trpc: "BAD_GATEWAY",
    message: "The chat provider refused the server's API key.",
    retryable: false,
    retryAfterSeconds: [30, 30],
  },
  upstream_rejected: {
    httpStatus: 502,
    trpc: "BAD_GATEWAY",
    message: "The chat provider refused the server's configuration.",
    retryable: false,
    retryAfterSeconds: null,
  },
  upstream_unavailable: {
    httpStatus: 503,
    trpc: "SERVICE_UNAVAILABLE",
    message: "The chat provider is unavailable.",
    retryable: true,
    retryAfterSeconds: [1, 60],
  },
  upstream_timeout: {
    httpStatus: 504,
    trpc: "GATEWAY_TIMEOUT",
    message: "The chat provider did not answer in time.",
    retryable: true,
    retryAfterSeconds: [1, 5],
  },
  upstream_malformed: {
    httpStatus: 502,
    trpc: "BAD_GATEWAY",
    message: "The chat provider's answer could not be understood.",
    retryable: true,
    retryAfterSeconds: null,
  },
  request_timeout: {
    httpStatus: 408,
    trpc: "TIMEOUT",
    message: "The request was given up.",
    retryable: true,
    retryAfterSeconds: null,
  },
  internal: {
    httpStatus: 500,
    trpc: "INTERNAL_SERVER_ERROR",
    message: "Something went wrong on our side.",
    retryable: true,
    retryAfterSeconds: null,
  },
} as const satisfies Record<string, ErrorRow>;

export type ChatSessionErrorCode = keyof typeof errorTable;

export interface ChatSessionErrorOptions {
  /** For the log of the process; never sent. */
  readonly cause?: unknown;
  /** Clamped into the row's bounds. Without it, a row with bounds picks 1 to 5 s of them at random. */
  readonly retryAfterMs?: number;
  /** Members of the input schema that are wrong: names of ours, never a caller's values. */
  readonly fields?: readonly string[];
}

/** A failure with a row in the table. The message is the row's sentence, so it may go anywhere. */
export class ChatSessionError extends Error {
  override readonly name = "ChatSessionError";
  readonly code: ChatSessionErrorCode;
  readonly httpStatus: number;
  readonly retryable: boolean;
  /** What a client is told to wait, in milliseconds; null when it is told nothing. */
  readonly retryAfterMs: number | null;
  readonly fields: readonly string[];

  constructor(code: ChatSessionErrorCode, options: ChatSessionErrorOptions = {}) {
    const row: ErrorRow = errorTable[code];
    super(row.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.httpStatus = row.httpStatus;
    this.retryable = row.retryable;
    this.retryAfterMs = waitMs(row.retryAfterSeconds, options.retryAfterMs);
    this.fields = options.fields ?? [];
  }
}

function waitMs(bounds: ErrorRow["retryAfterSeconds"], wantedMs: number | undefined): number | null {
  if (bounds === null) return null;
  const [leastMs, mostMs] = [bounds[0] * 1000, bounds[1] * 1000];
  if (wantedMs !== undefined && !Number.isNaN(wantedMs)) return Math.min(Math.max(wantedMs, leastMs), mostMs);
  // Spread out, so that clients refused together do not come back together.
  return Math.round(leastMs + Math.random() * (Math.max(leastMs, Math.min(mostMs, 5000)) - leastMs));
}
