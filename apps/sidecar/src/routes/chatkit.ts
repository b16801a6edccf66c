// The ChatKit endpoint: request in, JSON or a hijacked stream out, and the explicit stop of a run.

import type { AuthenticatedSession } from "@sidekit/chat-session";
import { eventFrame, runIdSchema, type ChatKitCaller, type ChatKitServer } from "@sidekit/chatkit";
import type { FastifyInstance, FastifyRequest } from "fastify";

import { edgeErrorTable, EdgeError } from "../errors.ts";
import type { OpenStreams } from "../open-streams.ts";
import { startsRun, type RequestLimits } from "../request-limits.ts";
import { closeSignal } from "./close-signal.ts";
import { beginEventStream } from "./event-stream.ts";
import { sendRunStream, type RunStreamOptions } from "./run-stream.ts";

/** L5. Whatever is not a dictation is held to the usual bound when it is parsed. */
const dictationBytes = 10_485_760;
/** With the value `new`, a message in the words of an earlier one is another message. */
const repeatField = "x-sidekit-repeat";
/** L22, S53. For so long a look at the session holds, unless one has been cancelled since. */
const looksHoldMs = 100;
/** Only a request that starts a run is answered with a stream. */
const neverCut = new AbortController().signal;

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
  /** The session of the request's bearer as it is now. Throws as the first look does. */
  readonly reauthenticate: (request: FastifyRequest) => Promise<AuthenticatedSession>;
  readonly callerOf: (session: AuthenticatedSession) => ChatKitCaller;
  readonly stream: RunStreamOptions;
}

export async function chatKitRoutes(app: FastifyInstance, options: ChatKitRoutesOptions): Promise<void> {
  const { server, limits, openStreams, reauthenticate, callerOf, stream } = options;

  const post = { config: { credential: "session", dictation: true }, bodyLimit: dictationBytes } as const;
  app.post("/chatkit", post, async (request, reply) => {
    const looked = sessionOf(request);
    // Open before the session is looked at again: a cancel either is seen then, or finds the stream. The first look was
    // before the body, which may have been long in coming.
    const opened = startsRun(request.body) ? openStreams.open(looked.id) : null;
    try {
      const session = stillHolds(request.sessionLook) ? looked : await reauthenticate(request);
      limits.admit(session, request.body);
      const repeat = request.headers[repeatField] === "new" ? "new" : "join";
      const answer = await server.handle(callerOf(session), request.body, closeSignal(reply), { repeat });
      if (answer.kind === "json") {
        return await reply.header("content-type", "application/json; charset=utf-8").send(answer.body);
      }
      beginEventStream(reply, { "x-sidekit-run-id": answer.runId });
      request.runId = answer.runId;
      const cut = { signal: opened?.cut ?? neverCut, frame: sessionEndedFrame };
      request.streamEnding = await sendRunStream(reply.raw, answer.reader, stream, cut);
      answer.detach();
      // Cut, it never ends in the way that a line per request waits for (R6).
      if (request.streamEnding === "slow_consumer") {
        request.log.info({ runId: answer.runId, sessionId: session.id }, "stream.slow_consumer");
      }
      return reply;
    } finally {
      opened?.close();
    }
  });

  app.delete<{ Params: { runId: string } }>(
    "/chatkit/runs/:runId",
    { config: { credential: "session", underLoad: "served" } },
    async (request, reply) => {
      const session = sessionOf(request);
      const runId = runIdSchema.safeParse(request.params.runId);
      if (!runId.success) throw new EdgeError("not_found");
      limits.admit(session, null);
      await server.stopRun(callerOf(session).owner, runId.data);
      return reply.header("content-type", "application/json; charset=utf-8").send("{}");
    },
  );

  /** Whether nothing can have become of the session since. */
  function stillHolds(look: FastifyRequest["sessionLook"]): boolean {
    return look !== null && look.cuts === openStreams.cuts && performance.now() - look.atMs < looksHoldMs;
  }
}

function sessionOf(request: FastifyRequest): AuthenticatedSession {
  if (request.session === null) throw new EdgeError("unauthenticated");
  return request.session;
}
