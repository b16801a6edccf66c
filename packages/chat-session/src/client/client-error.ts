// What the client throws, whether the server refused, could not be reached or was not understood.

import { TRPCClientError } from "@trpc/client";

import type { ChatSessionErrorCode } from "../errors.ts";
import type { AppRouter } from "../router.ts";

/** Failures that no server reported. */
const localMessages = {
  network: "The server could not be reached.",
  timeout: "The server did not answer in time.",
  unexpected_reply: "The server's answer could not be understood.",
  wrong_issuer: "The session is not of the kind this client was made for.",
  foreign_url: "Client secrets are sent to the session's own ChatKit endpoint only.",
} as const;

export type ClientFailureCode = keyof typeof localMessages;

/** Codes of the error contract; an edge in front of the procedures may add its own. */
export type ClientErrorCode = ChatSessionErrorCode | ClientFailureCode | (string & {});

interface ServerFacts {
  readonly message?: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  readonly fields?: readonly string[];
  readonly cause?: unknown;
}

/** Branch on `appCode`; the message is a sentence for people. */
export class ChatSessionClientError extends Error {
  override readonly name = "ChatSessionClientError";
  readonly appCode: ClientErrorCode;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Names the request in the server's log. */
  readonly requestId: string | null;
  /** Members of the input that the server named as wrong. */
  readonly fields: readonly string[];

  constructor(appCode: ClientErrorCode, facts: ServerFacts = {}) {
    super(
      facts.message ?? localMessage(appCode),
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.appCode = appCode;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.requestId = facts.requestId ?? null;
    this.fields = facts.fields ?? [];
  }
}

/** Turns whatever a procedure call threw into the one error of this client. */
export function toClientError(error: unknown): ChatSessionClientError {
  if (error instanceof ChatSessionClientError) return error;
  if (!isProcedureError(error)) return new ChatSessionClientError("network", { cause: error });
  if (error.cause instanceof ChatSessionClientError) return error.cause;
  if (error.data) {
    const { appCode, httpStatus, requestId, retryAfterMs, fields } = error.data;
    return new ChatSessionClientError(appCode, {
      message: error.message,
      status: httpStatus,
      ...(requestId === null ? {} : { requestId }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(fields === undefined ? {} : { fields }),
    });
  }
  const answered = error.meta?.["response"];
  if (answered instanceof Response) return edgeError(answered, error);
  return new ChatSessionClientError(error.cause instanceof SyntaxError ? "unexpected_reply" : "network", {
    cause: error,
  });
}

/** The error of an answer that was not read by the procedures' own client. */
export async function refusalOf(response: Response): Promise<ChatSessionClientError> {
  const responseJSON: unknown = await response.json().catch(() => null);
  const meta = { response, responseJSON };
  return toClientError(TRPCClientError.from<AppRouter>(Object(responseJSON), { meta }));
}

function isProcedureError(error: unknown): error is TRPCClientError<AppRouter> {
  return error instanceof TRPCClientError;
}

/** Before a procedure is reached, errors have the form `{ error: { code, message, requestId, retryAfterMs? } }`. */
function edgeError(response: Response, error: TRPCClientError<AppRouter>): ChatSessionClientError {
  const answer = member(error.meta?.["responseJSON"], "error");
  const [code, message, requestId, retryAfterMs] = ["code", "message", "requestId", "retryAfterMs"].map(
    (name) => member(answer, name),
  );
  return new ChatSessionClientError(typeof code === "string" ? code : "unexpected_reply", {
    status: response.status,
    ...(typeof message === "string" ? { message } : {}),
    ...(typeof requestId === "string" ? { requestId } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
    cause: error,
  });
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function localMessage(code: ClientErrorCode): string {
  return Object.hasOwn(localMessages, code)
    ? localMessages[code as ClientFailureCode]
    : localMessages.unexpected_reply;
}
