// Mounts the procedures. tRPC parses its own input, so the bounds on JSON are checked here on the text.

import {
  createProcedureContext,
  procedureResponseMeta,
  toChatSessionError,
  type AppRouter,
  type AuthenticateIssuer,
  type ProcedureContext,
} from "@sidekit/chat-session";
import { callTRPCProcedure, getTRPCErrorFromUnknown, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { CallerLimits } from "../caller-limits.ts";
import { EdgeError } from "../errors.ts";
import type { IssuerEvidence } from "../issuer-credentials.ts";
import { issuerAuthority, noteActor } from "../plugins/credentials.ts";
import { assertBoundedJson, decodeUtf8 } from "../plugins/json-only.ts";
import type { Pseudonyms } from "../pseudonyms.ts";
import { closeSignal } from "./close-signal.ts";
import { beginEventStream } from "./event-stream.ts";
import { sendProcedureStream, type ProcedureStreamOptions } from "./procedure-stream.ts";

/** L8. A mint travels alone (S78). */
export const maxBatchedCalls = 10;
const mintProcedure = "chatSession.createSession";
const jsonType = "application/json";
/** What lightens the load, or cannot wait for it to end (R1). */
const endingProcedures = ["chatSession.cancelSession", "chatSession.cancelAllSessions", "chat.cancelRun"];
/** The client secret that a new session takes the place of (S36). In the body it would be refused (S50). */
const currentSecretField = "x-sidekit-current-secret";

export interface TrpcRoutesOptions {
  readonly router: AppRouter;
  readonly authenticateIssuer: AuthenticateIssuer<IssuerEvidence>;
  /** True once the process is to end: no new sessions (E14). */
  readonly draining: () => boolean;
  readonly pseudonyms: Pseudonyms;
  readonly callerLimits: CallerLimits;
  readonly stream: Omit<ProcedureStreamOptions, "errorShape">;
}

interface ProcedureCall {
  readonly path: string;
  readonly type: "mutation" | "subscription";
  readonly ctx: ProcedureContext;
}

interface ProcedureRequest {
  Params: { path: string };
  Querystring: { input?: unknown; batch?: unknown; lastEventId?: unknown; connectionParams?: unknown };
}

export async function trpcRoutes(app: FastifyInstance, options: TrpcRoutesOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, boundedText(body));
    } catch (error) {
      done(error as EdgeError);
    }
  });

  const config = { credential: "procedure", underLoad: endsSomething } as const;
  const subscriptions = subscriptionsOf(options.router);
  const answer = (request: FastifyRequest<ProcedureRequest>, reply: FastifyReply) => {
    const { path } = request.params;
    const calls = callsOf(path);
    request.procedure = knownCalls(options.router, calls);
    if (options.draining() && calls.includes(mintProcedure))
      throw new EdgeError("draining", { retryAfterMs: 2000 });
    if (isPlainMint(request)) return answerMint(request, reply);
    refuseUnboundedBatch(calls);
    const { input, connectionParams } = request.query;
    // Theirs is the first message of a WebSocket; in an address they would be a credential in an address (S88).
    if (connectionParams !== undefined) throw new EdgeError("invalid_request");
    if (input !== undefined && typeof input !== "string") throw new EdgeError("invalid_request");
    if (input !== undefined) assertBoundedJson(input);
    if (calls.some((call) => subscriptions.has(call))) return answerSubscription(request, reply, input);
    return fastifyRequestHandler({
      req: request,
      res: reply,
      path,
      router: options.router,
      createContext: () => contextOf(request, closeSignal(reply)),
      responseMeta: ({ errors }) => ({ headers: headersFor(errors, request) }),
      onError: ({ error }) => report(error, request),
    });
  };
  app.get<ProcedureRequest>("/:path", { config }, answer);
  app.post<ProcedureRequest>("/:path", { config }, answer);

  /** As the adapter answers it, without the web's Request and Response around it, which cost more than the mint. */
  async function answerMint(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const signal = closeSignal(reply);
    const ctx = await contextOf(request, signal);
    const call: ProcedureCall = { path: mintProcedure, type: "mutation", ctx };
    try {
      const data: unknown = await callTRPCProcedure({
        ...call,
        router: options.router,
        // Read when the caller is known, and not before (S27).
        getRawInput: async () => inputOf(request.body),
        signal,
        batchIndex: 0,
      });
      return reply
        .headers(headersFor([], request))
        .type(jsonType)
        .send(JSON.stringify({ result: { data } }));
    } catch (thrown) {
      return refuse(call, thrown, request, reply);
    }
  }

  /** Refusals with their status, before the stream begins; the adapter would send them in it (section 6, S99). */
  async function answerSubscription(
    request: FastifyRequest<ProcedureRequest>,
    reply: FastifyReply,
    input: string | undefined,
  ): Promise<FastifyReply> {
    const { path } = request.params;
    if (request.method !== "GET") {
      void reply.header("allow", "GET");
      throw new EdgeError("method_not_allowed");
    }
    if (!subscriptions.has(path) || request.query.batch !== undefined) throw new EdgeError("invalid_request");
    const signal = closeSignal(reply);
    const call: ProcedureCall = { path, type: "subscription", ctx: await contextOf(request, signal) };
    try {
      const source: unknown = await callTRPCProcedure({
        ...call,
        router: options.router,
        getRawInput: async () => withLastEventId(inputOf(input), request),
        signal,
        batchIndex: 0,
      });
      if (!isAsyncIterable(source)) throw new Error("The subscription gave no stream.");
      beginEventStream(reply);
      request.procedureStream = true;
      request.streamEnding = await sendProcedureStream(reply.raw, source, {
        ...options.stream,
        errorShape: (failure) => shapeOf(call, failure, request).shape,
      });
      return reply;
    } catch (thrown) {
      return refuse(call, thrown, request, reply);
    }
  }

  function refuse(
    call: ProcedureCall,
    thrown: unknown,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const { error, shape } = shapeOf(call, thrown, request);
    return reply
      .code(shape.data.httpStatus)
      .headers(headersFor([error], request))
      .type(jsonType)
      .send(JSON.stringify({ error: shape }));
  }

  function shapeOf(call: ProcedureCall, thrown: unknown, request: FastifyRequest) {
    const error = getTRPCErrorFromUnknown(thrown);
    report(error, request);
    const config = options.router._def._config;
    return { error, shape: getTRPCErrorShape({ ...call, config, error, input: undefined }) };
  }

  async function contextOf(request: FastifyRequest, signal: AbortSignal): Promise<ProcedureContext> {
    const authority = await issuerAuthority(
      request,
      options.authenticateIssuer,
      options.callerLimits,
      signal,
    );
    if (authority.kind === "caller") noteActor(request, options.pseudonyms, authority.caller);
    const { origin, [currentSecretField]: currentSecret } = request.headers;
    return createProcedureContext({
      requestId: request.id,
      authority,
      origin,
      // Sent twice it names nothing.
      currentSecret: typeof currentSecret === "string" ? currentSecret : null,
      address: request.ip,
    });
  }
}

function endsSomething(request: FastifyRequest): "served" | "shed" {
  const calls = request.url.slice("/trpc/".length).split("?", 1)[0]!.split(",");
  return calls.every((call) => endingProcedures.includes(call)) ? "served" : "shed";
}

function subscriptionsOf(router: AppRouter): ReadonlySet<string> {
  const procedures: Record<string, unknown> = router._def.procedures;
  return new Set(
    Object.keys(procedures).filter((path) => {
      const procedure = procedures[path];
      return typeof procedure === "function" && "_def" in procedure && isSubscription(procedure._def);
    }),
  );
}

function isSubscription(definition: unknown): boolean {
  return (
    typeof definition === "object" &&
    definition !== null &&
    "type" in definition &&
    definition.type === "subscription"
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** As the library does for its own clients and for EventSource: the field, the parameter, or a member of the input. */
function withLastEventId(input: unknown, request: FastifyRequest<ProcedureRequest>): unknown {
  const lastEventId = request.headers["last-event-id"] ?? request.query.lastEventId ?? "";
  if (lastEventId === "") return input;
  return typeof input === "object" && input !== null ? { ...input, lastEventId } : { lastEventId };
}

/** The one call, as clients send it: whatever asks for more than that is the adapter's. */
function isPlainMint(request: FastifyRequest<ProcedureRequest>): boolean {
  const { accept, "trpc-accept": trpcAccept } = request.headers;
  return (
    request.method === "POST" &&
    request.params.path === mintProcedure &&
    !request.url.includes("?") &&
    trpcAccept === undefined &&
    accept?.includes("application/jsonl") !== true
  );
}

function inputOf(body: unknown): unknown {
  if (typeof body !== "string" || body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new TRPCError({ code: "PARSE_ERROR", cause });
  }
}

function report(error: TRPCError, request: FastifyRequest): void {
  const failure = toChatSessionError(error);
  request.appCode = failure.code;
  if (failure.code === "internal") request.log.error({ err: error.cause ?? error }, "request.failed");
}

function headersFor(errors: readonly TRPCError[], request: FastifyRequest): Record<string, string> {
  const { headers } = procedureResponseMeta({ errors });
  // S47: whoever brought a credential is told that it is no good, whatever is wrong with it.
  if (
    headers["www-authenticate"] === 'Bearer realm="chatkit"' &&
    request.headers.authorization !== undefined
  ) {
    headers["www-authenticate"] += ', error="invalid_token"';
  }
  if (errors.some(({ code }) => code === "METHOD_NOT_SUPPORTED")) {
    headers["allow"] = request.method === "GET" ? "POST" : "GET";
  }
  // The library's own field would take the place of ours (S21).
  headers["vary"] = "Origin, trpc-accept, accept";
  return headers;
}

function boundedText(body: string | Buffer): string {
  const text = typeof body === "string" ? body : decodeUtf8(body);
  assertBoundedJson(text);
  return text;
}

/** tRPC decodes the path once more: what would become something else then is refused. */
function callsOf(path: string): string[] {
  if (!/^[\w.,]*$/.test(path)) throw new EdgeError("not_found");
  return path.split(",");
}

/** As the log names them: only what the router has. */
function knownCalls(router: AppRouter, calls: readonly string[]): string {
  const known = router._def.procedures;
  return calls
    .slice(0, maxBatchedCalls)
    .map((call) => (Object.hasOwn(known, call) ? call : "unknown"))
    .join(",");
}

function refuseUnboundedBatch(calls: readonly string[]): void {
  if (calls.length > maxBatchedCalls || (calls.length > 1 && calls.includes(mintProcedure))) {
    throw new EdgeError("invalid_request");
  }
}
