// Everything that can go wrong in this package, and how each failure looks outside (error contract, E7 to E26).

import type { StreamEvent } from "./protocol/events.ts";

/** From and to, in milliseconds. Who is refused together must not come back together. */
type Wait = readonly [number, number];

interface ErrorRow {
  /** What callers see and decide by. */
  readonly code: string;
  readonly httpStatus: number;
  /** How it looks once a stream is open: in our words, or in the client's own. */
  readonly event: { readonly code: "custom" | "stream.error"; readonly allowRetry: boolean };
  /** A fixed sentence: nothing that a caller sent, nothing that an exception said. */
  readonly message: string;
  /** When to come back, unless the error knows better. */
  readonly retryAfterMs?: Wait;
}

const final = { code: "custom", allowRetry: false } as const;
const retry = { code: "custom", allowRetry: true } as const;
const generic = { code: "stream.error", allowRetry: true } as const;
const soon: Wait = [1_000, 5_000];
const atOnce: Wait = [1_000, 1_000];

const invalid = { code: "invalid_request", httpStatus: 400, event: final } as const;
const storeDown = { code: "store_unavailable", httpStatus: 503, event: generic } as const;

/** One row per failure. */
export const errorTable = {
  not_found: { code: "not_found", httpStatus: 404, event: final, message: "There is no such thing here." },

  invalid_request: { ...invalid, message: "The request is not valid." },
  unsupported_request: { ...invalid, message: "This request type is not available on this server." },
  empty_message: { ...invalid, message: "The message is empty." },
  message_too_long: { ...invalid, message: "The message is longer than 64 KiB." },
  quote_too_long: { ...invalid, message: "The quoted text is longer than 16 KiB." },
  too_many_tags: { ...invalid, message: "The message has more than 50 tags." },
  tag_too_large: { ...invalid, message: "A tag carries more than 4 KiB of data." },
  metadata_too_large: { ...invalid, message: "The request's metadata is larger than 4 KiB." },
  title_too_long: { ...invalid, message: "The title is longer than 256 characters." },
  text_malformed: { ...invalid, message: "The text is not well-formed Unicode, or contains a NUL." },
  attachment_pending: {
    code: "conflict",
    httpStatus: 409,
    event: final,
    message: "An attachment of this message is still being uploaded.",
    retryAfterMs: atOnce,
  },
  attachment_too_large: {
    code: "payload_too_large",
    httpStatus: 413,
    event: final,
    message: "The file is larger than this server takes.",
  },
  attachment_quota: {
    code: "payload_too_large",
    httpStatus: 413,
    event: final,
    message: "There is no room left for your files. Delete some first.",
  },
  attachment_type: { ...invalid, message: "Files of this type are not taken here." },
  attachment_name: { ...invalid, message: "The file has no usable name." },
  too_many_attachments: { ...invalid, message: "The message has more than 10 attachments." },
  too_many_items: { ...invalid, message: "The feedback names more than 100 items." },
  action_too_large: { ...invalid, message: "The action carries more than 16 KiB." },
  output_too_large: { ...invalid, message: "The tool's output is larger than 256 KiB." },
  audio_malformed: { ...invalid, message: "The recording is not valid base64." },
  audio_too_large: {
    code: "payload_too_large",
    httpStatus: 413,
    event: final,
    message: "The recording is larger than 10 MiB.",
  },
  audio_type: { ...invalid, message: "Recordings of this type are not understood here." },
  wrong_item: { ...invalid, message: "This does not apply to an item of that kind." },
  not_configured: {
    code: "not_configured",
    httpStatus: 501,
    event: generic,
    message: "This chat does not offer that.",
  },
  model_not_offered: { ...invalid, message: "This model or tool is not offered here." },

  thread_busy: {
    code: "thread_busy",
    httpStatus: 409,
    event: retry,
    message: "This conversation is still being answered.",
    retryAfterMs: atOnce,
  },
  not_pending: {
    code: "conflict",
    httpStatus: 409,
    event: final,
    message: "That has been answered already, or nothing is waiting for it.",
    retryAfterMs: atOnce,
  },
  thread_locked: {
    code: "conflict",
    httpStatus: 409,
    event: final,
    message: "This conversation cannot be changed any more.",
    retryAfterMs: atOnce,
  },
  rate_limited: {
    code: "rate_limited",
    httpStatus: 429,
    event: retry,
    message: "Too many answers at once. Try again in a moment.",
    retryAfterMs: soon,
  },
  budget_spent: {
    code: "rate_limited",
    httpStatus: 429,
    event: retry,
    message: "What may be used today is used up. It goes on tomorrow.",
  },
  session_budget_spent: {
    code: "rate_limited",
    httpStatus: 429,
    event: retry,
    message: "What this session may use is used up.",
  },
  overloaded: {
    code: "overloaded",
    httpStatus: 503,
    event: generic,
    message: "Too busy at the moment. Try again shortly.",
    retryAfterMs: soon,
  },
  draining: {
    code: "draining",
    httpStatus: 503,
    event: generic,
    message: "The server is stopping. Try again shortly.",
    retryAfterMs: soon,
  },

  store_unavailable: {
    ...storeDown,
    message: "Conversations cannot be reached at the moment.",
    retryAfterMs: soon,
  },
  store_in_use: { ...storeDown, message: "Another process has this database open." },
  store_unwritable: { ...storeDown, message: "The database file cannot be opened for writing." },
  store_corrupt: { ...storeDown, message: "The database file is damaged, or is not a database." },
  store_newer: { ...storeDown, message: "The database file was written by a newer version of this server." },
  storage_full: {
    code: "storage_full",
    httpStatus: 503,
    event: final,
    message: "There is no space left to store conversations.",
    retryAfterMs: [60_000, 60_000],
  },

  upstream_rate_limited: {
    code: "upstream_rate_limited",
    httpStatus: 503,
    event: retry,
    message: "The model is busy. Try again in a moment.",
  },
  upstream_quota: {
    code: "upstream_quota",
    httpStatus: 402,
    event: final,
    message: "The account behind this chat has used up its quota.",
  },
  upstream_auth: {
    code: "upstream_auth",
    httpStatus: 502,
    event: final,
    message: "This chat's access to the model was refused.",
    retryAfterMs: [30_000, 30_000],
  },
  upstream_rejected: {
    code: "upstream_rejected",
    httpStatus: 502,
    event: final,
    message: "The model refused how this chat is set up.",
  },
  upstream_unavailable: {
    code: "upstream_unavailable",
    httpStatus: 503,
    event: generic,
    message: "The model cannot be reached.",
    retryAfterMs: soon,
  },
  upstream_timeout: {
    code: "upstream_timeout",
    httpStatus: 504,
    event: generic,
    message: "The model did not answer in time.",
    retryAfterMs: soon,
  },
  upstream_malformed: {
    code: "upstream_malformed",
    httpStatus: 502,
    event: generic,
    message: "The model's answer could not be read.",
  },

  /** What an application says: see `turnError` and `refusal`. */
  application: {
    code: "refused",
    httpStatus: 500,
    event: final,
    message: "This cannot be done here.",
  },

  internal: {
    code: "internal",
    httpStatus: 500,
    event: generic,
    message: "Something went wrong on our side.",
  },
} as const satisfies Record<string, ErrorRow>;

/** Names a row of the table. */
export type ChatKitErrorReason = keyof typeof errorTable;

/**
 * The one error of this package. `code`, `httpStatus` and `message` are the row's; what led to it is in `cause`, which
 * may be logged with care and is never sent.
 */
export class ChatKitError extends Error {
  override readonly name = "ChatKitError";
  readonly reason: ChatKitErrorReason;
  readonly code: string;
  readonly httpStatus: number;
  readonly retryAfterMs: number | null;
  /** Set for what an application says in its own words. */
  readonly event: ErrorEvent | null;

  constructor(
    reason: ChatKitErrorReason,
    options: {
      cause?: unknown;
      retryAfterMs?: number;
      message?: string;
      httpStatus?: number;
      event?: ErrorEvent;
    } = {},
  ) {
    const row: ErrorRow = errorTable[reason];
    super(options.message ?? row.message, { cause: options.cause });
    this.reason = reason;
    this.code = row.code;
    this.httpStatus = options.httpStatus ?? row.httpStatus;
    this.retryAfterMs = options.retryAfterMs ?? drawnFrom(row.retryAfterMs);
    this.event = options.event ?? null;
  }
}

type ErrorEvent = Extract<StreamEvent, { type: "error" }>;

/**
 * For a responder to throw: ends the turn with these words, or with a code for which the client has words of its own.
 * Retry is offered for `stream.error` unless told otherwise, and for nothing else (protocol 8.2).
 */
export function turnError(
  told: { message: string; allowRetry?: boolean } | { code: string; allowRetry?: boolean },
): ChatKitError {
  if ("message" in told) {
    const { message, allowRetry = false } = told;
    return new ChatKitError("application", {
      message,
      event: { type: "error", code: "custom", message, allow_retry: allowRetry },
    });
  }
  const { code, allowRetry = code === "stream.error" } = told;
  return new ChatKitError("application", { event: { type: "error", code, allow_retry: allowRetry } });
}

/** For everything else that an application provides: refuses the request with this status and sentence. */
export function refusal(httpStatus: number, message?: string): ChatKitError {
  return new ChatKitError("application", {
    httpStatus,
    ...(message === undefined ? {} : { message }),
    event: { type: "error", code: "stream.error", allow_retry: true },
  });
}

/** The `error` event for whatever was thrown while a stream is open; of an unknown error nothing shows. */
export function errorEvent(thrown: unknown): ErrorEvent {
  if (thrown instanceof ChatKitError && thrown.event !== null) return thrown.event;
  const { event, message } = errorTable[thrown instanceof ChatKitError ? thrown.reason : "internal"];
  return event.code === "custom"
    ? { type: "error", code: "custom", message, allow_retry: event.allowRetry }
    : { type: "error", code: event.code, allow_retry: event.allowRetry };
}

function drawnFrom(wait: Wait | undefined): number | null {
  return wait === undefined ? null : Math.round(wait[0] + Math.random() * (wait[1] - wait[0]));
}
