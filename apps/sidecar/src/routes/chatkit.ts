// The ChatKit endpoint: request in, JSON or a hijacked stream out, and the explicit stop of a run.

import type { AuthenticatedSession } from "@sidekit/chat-session";
import { eventFrame, runIdSchema, type ChatKitCaller, type ChatKitServer } from "@sidekit/chatkit";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { edgeErrorTable, EdgeError } from "../errors.ts";
import type { OpenStreams } from "../open-streams.ts";
import type { RequestLimits } from "../request-limits.ts";
import { closeSignal } from "./close-signal.ts";
import { sendRunStream, type RunStreamOptions } from "./run-stream.ts";

/** E5 in an open stream: the session is gone, and a new one may ask again. */
const sessionEndedFrame = eventFrame({
  type: "error",
  code: "custom",
  message: edgeErrorTable.unauthenticated.message,
  allow_retry: true,
});

export interface ChatKitRoutesOptions {
  readonly server: ChatKitServer;
  readonly limits: RequestLimits;
  readonly openStreams: OpenStreams;
  readonly callerOf: (session: AuthenticatedSession) => ChatKitCaller;
  readonly stream: RunStreamOptions;
}

export async function chatKitRoutes(app: FastifyInstance, options: ChatKitRoutesOptions): Promise<void> {
  const { server, limits, openStreams, callerOf, stream } = options;

  app.post("/chatkit", { config: { credential: "session" } }, async (request, reply) => {
    const session = sessionOf(request);
    openStreams.admit(session.id);
    await limits.admit(session, request.body);
    const answer = await server.handle(callerOf(session), request.body, closeSignal(reply));
    if (answer.kind === "json") {
      return reply.header("content-type", "application/json; charset=utf-8").send(answer.body);
    }
    void reply.headers({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      vary: "Origin",
      "x-sidekit-run-id": answer.runId,
    });
    reply.hijack();
    reply.raw.writeHead(200, headersOf(reply));
    request.runId = answer.runId;
    const opened = openStreams.open(session.id);
    const cut = { signal: opened.cut, frame: sessionEndedFrame };
    request.streamEnding = await sendRunStream(reply.raw, answer.reader, stream, cut);
    opened.close();
    answer.detach();
    return reply;
  });

  app.delete<{ Params: { runId: string } }>(
    "/chatkit/runs/:runId",
    { config: { credential: "session" } },
    async (request, reply) => {
      const session = sessionOf(request);
      const runId = runIdSchema.safeParse(request.params.runId);
      if (!runId.success) throw new EdgeError("not_found");
      await limits.admit(session, null);
      await server.stopRun(callerOf(session).owner, runId.data);
      return reply.header("content-type", "application/json; charset=utf-8").send("{}");
    },
  );
}

function sessionOf(request: FastifyRequest): AuthenticatedSession {
  if (request.session === null) throw new EdgeError("unauthenticated");
  return request.session;
}

/** A hijacked reply does not write what hooks have set. */
function headersOf(reply: FastifyReply): Record<string, string | number | string[]> {
  const headers: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) headers[name] = value;
  return headers;
}
