// The procedure layer: who calls, which procedures need which credential, and the only form in which errors leave.

import { initTRPC, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { z } from "zod";

import { ChatSessionError, errorTable, type ChatSessionErrorCode } from "./errors.ts";
import type { IssuerAuthority } from "./issuer-authority.ts";
import type { Caller, MintSource } from "./ports.ts";

const maxNamedFields = 10;
const safeName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
/** A field name that has the form of a credential is one in the wrong place; it is not repeated. */
const credentialLike = /(?:^|\.)(?:ck[a-z]{2}_|sk-|ek_)/;

/** Refusals of the library itself, by its own keys. */
const libraryRows: Partial<Record<TRPCError["code"], ChatSessionErrorCode>> = {
  PARSE_ERROR: "invalid_request",
  BAD_REQUEST: "invalid_request",
  NOT_FOUND: "not_found",
  METHOD_NOT_SUPPORTED: "method_not_allowed",
  UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
  PAYLOAD_TOO_LARGE: "payload_too_large",
  CLIENT_CLOSED_REQUEST: "request_timeout",
  TIMEOUT: "request_timeout",
};

const authFailures = {
  "wrong-credential": "forbidden",
  unverifiable: "store_unavailable",
  none: "unauthenticated",
} as const satisfies Record<Exclude<IssuerAuthority["kind"], "caller">, ChatSessionErrorCode>;

/** Facts of one request. */
export interface ProcedureContext {
  readonly caller: Caller | null;
  /** The answer to a call that needs a caller when there is none. */
  readonly authFailure: ChatSessionErrorCode;
  readonly requestId: string;
  readonly source: MintSource;
}

/** What every error of a procedure carries in `data`. */
export interface ProcedureErrorData {
  readonly code: keyof typeof TRPC_ERROR_CODES_BY_KEY;
  readonly httpStatus: number;
  readonly appCode: ChatSessionErrorCode;
  /** Null when the request failed before it had one. */
  readonly requestId: string | null;
  readonly retryAfterMs?: number;
  /** Up to ten members of the input that are wrong or unknown, as paths. */
  readonly fields?: readonly string[];
}

export function createProcedureContext(facts: {
  readonly requestId: string;
  readonly authority: IssuerAuthority;
  /** The request's Origin field, once it was found allowed; null when it has none. */
  readonly origin?: string | null | undefined;
  /** The request's `x-sidekit-current-secret` field. */
  readonly currentSecret?: string | null | undefined;
  /** Where the request came from, as far as that is known. */
  readonly address?: string | null | undefined;
}): ProcedureContext {
  const { authority, requestId, origin = null, currentSecret = null, address = null } = facts;
  return {
    caller: authority.kind === "caller" ? authority.caller : null,
    authFailure: authority.kind === "caller" ? "unauthenticated" : authFailures[authority.kind],
    requestId,
    source: { origin, currentSecret, address },
  };
}

const trpc = initTRPC.context<ProcedureContext>().create({
  // Never left to NODE_ENV: in development the library would add stack traces (S76).
  isDev: false,
  // Where the library itself writes a subscription's stream: L15, and a client that notices a dead line (R9).
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
  errorFormatter: ({ error, ctx }) => {
    const failure = toChatSessionError(error);
    const row = errorTable[failure.code];
    const fields = namedFields(failure, error);
    const data: ProcedureErrorData = {
      code: row.trpc,
      httpStatus: failure.httpStatus,
      appCode: failure.code,
      requestId: ctx?.requestId ?? null,
      ...(failure.retryAfterMs === null ? {} : { retryAfterMs: failure.retryAfterMs }),
      ...(fields.length === 0 ? {} : { fields }),
    };
    return { code: TRPC_ERROR_CODES_BY_KEY[row.trpc], message: row.message, data };
  },
});

export const router = trpc.router;

/** Open to everybody. Failures of ours get the error key of their row, for whoever calls in process too. */
export const publicProcedure = trpc.procedure.use(async ({ next, signal }) => {
  const result = await next();
  if (result.ok) return result;
  const { cause } = result.error;
  const given = signal?.aborted === true && !(cause instanceof ChatSessionError);
  const failure = given ? new ChatSessionError("request_timeout", { cause }) : cause;
  if (!(failure instanceof ChatSessionError)) return result;
  throw new TRPCError({ code: errorTable[failure.code].trpc, message: failure.message, cause: failure });
});

/** Needs an issuer credential that allows sessions; decided before the input is looked at (S27). */
export const issuerProcedure = procedureFor("sessions");

/** Needs a caller who runs the service. */
export const operatorProcedure = procedureFor("operator");

/** Header fields that belong to the errors of a reply: for the adapter's `responseMeta` (section 6, S47). */
export function procedureResponseMeta({ errors }: { readonly errors: readonly TRPCError[] }): {
  headers: Record<string, string>;
} {
  const headers: Record<string, string> = {};
  for (const failure of errors.map(toChatSessionError)) {
    if (failure.code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="chatkit"';
    if (failure.code === "forbidden") {
      headers["www-authenticate"] = 'Bearer realm="chatkit", error="insufficient_scope"';
    }
    if (failure.retryAfterMs !== null)
      headers["retry-after"] = String(Math.ceil(failure.retryAfterMs / 1000));
  }
  return { headers };
}

function procedureFor(right: "sessions" | "operator") {
  return publicProcedure.use(({ ctx, next }) => {
    if (ctx.caller === null) throw new ChatSessionError(ctx.authFailure);
    if (!ctx.caller[right]) throw new ChatSessionError("forbidden");
    return next({ ctx: { caller: ctx.caller } });
  });
}

/** The row for whatever a procedure or the library threw; what is nobody's refusal is `internal`. */
export function toChatSessionError(error: TRPCError): ChatSessionError {
  if (error.cause instanceof ChatSessionError) return error.cause;
  return new ChatSessionError(libraryRows[error.code] ?? "internal", { cause: error });
}

function namedFields(failure: ChatSessionError, error: TRPCError): string[] {
  const issues =
    error.code === "BAD_REQUEST" && error.cause instanceof z.core.$ZodError ? error.cause.issues : [];
  const names = [...failure.fields, ...issues.flatMap(issuePaths)].filter(
    (name) => safeName.test(name) && !credentialLike.test(name),
  );
  return [...new Set(names)].slice(0, maxNamedFields);
}

function issuePaths(issue: z.core.$ZodIssue): string[] {
  const unknown = issue.code === "unrecognized_keys" ? issue.keys : null;
  return unknown === null ? [issue.path.join(".")] : unknown.map((key) => [...issue.path, key].join("."));
}
