// The HTTP surface of a sidecar without a listener: requests go straight to the router and the ChatKit server.

import { type AppRouter, ChatSessionError, type ProcedureContext, parseBearer } from "@sidekit/chat-session";
import {
  type ChatKitCaller,
  ChatKitError,
  type ChatKitReply,
  type ChatKitServer,
  runIdSchema,
} from "@sidekit/chatkit";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";

import { CliError } from "../errors.ts";

const maxReadChars = 16_384;
const heartbeatMs = 15_000;
const runPath = /^\/chatkit\/runs\/([^/]+)$/;

export interface InProcessParts {
  readonly router: AppRouter;
  readonly chatKit: ChatKitServer;
  /** The context of every procedure call: whoever runs this process is the caller. */
  readonly createContext: () => ProcedureContext;
  /** Who a client secret belongs to. Throws ChatSessionError. */
  readonly authenticate: (token: string, signal: AbortSignal) => Promise<ChatKitCaller>;
}

/** Answers `/trpc/…`, `POST /chatkit` and `DELETE /chatkit/runs/:id` of any origin, as a sidecar does. */
export function createInProcessFetch(parts: InProcessParts): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/trpc/")) {
      return fetchRequestHandler({
        endpoint: "/trpc",
        req: request,
        router: parts.router,
        createContext: parts.createContext,
      });
    }
    try {
      return await answerChatKit(parts, request, pathname);
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof ChatSessionError || error instanceof ChatKitError) return refusal(error);
      throw new CliError("internal", "", { cause: error });
    }
  };
}

async function answerChatKit(parts: InProcessParts, request: Request, pathname: string): Promise<Response> {
  const bearer = parseBearer(request.headers.get("authorization") ?? undefined);
  if (bearer === null) throw new ChatSessionError("unauthenticated");
  const caller = await parts.authenticate(bearer, request.signal);
  const run = runPath.exec(pathname)?.[1];
  if (request.method === "DELETE" && run !== undefined) {
    const runId = runIdSchema.safeParse(run);
    if (!runId.success) throw new ChatKitError("not_found");
    await parts.chatKit.stopRun(caller.owner, runId.data);
    return Response.json({});
  }
  if (request.method !== "POST" || pathname !== "/chatkit") throw new ChatKitError("not_found");
  const reply = await parts.chatKit.handle(caller, await request.json(), request.signal);
  if (reply.kind === "json") {
    return new Response(reply.body, { headers: { "content-type": "application/json; charset=utf-8" } });
  }
  return new Response(framesOf(reply, request.signal), {
    headers: { "content-type": "text/event-stream; charset=utf-8", "x-sidekit-run-id": reply.runId },
  });
}

/** As with a connection: an abort breaks the body off, and leaving it in any way detaches from the run. */
function framesOf(
  reply: Extract<ChatKitReply, { kind: "stream" }>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const { reader } = reply;
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  const leave = () => {
    clearInterval(heartbeat);
    reply.detach();
  };
  return new ReadableStream({
    start(controller) {
      const breakOff = () => {
        leave();
        controller.error(signal.reason);
      };
      if (signal.aborted) return breakOff();
      signal.addEventListener("abort", breakOff, { once: true });
      // The client gives up on a server that is silent for a minute; a model may think for longer.
      heartbeat = setInterval(() => controller.enqueue(encoder.encode(": keep-alive\n\n")), heartbeatMs);
    },
    pull: (controller) =>
      new Promise((resolve) => {
        const pump = () => {
          const frames = reader.take(maxReadChars);
          if (frames !== "") controller.enqueue(encoder.encode(frames));
          if (reader.finished) {
            leave();
            controller.close();
          } else if (frames === "") {
            return reader.whenReady(pump);
          }
          resolve();
        };
        pump();
      }),
    cancel: leave,
  });
}

function refusal(error: ChatSessionError | ChatKitError): Response {
  return Response.json({ error: { code: error.code, message: error.message } }, { status: error.httpStatus });
}
