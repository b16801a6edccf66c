// The real packages behind a real listener: what the command line meets over HTTP, with an answer that tests can hold.

import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";

import {
  createAppRouter,
  createProcedureContext,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  createToken,
  ChatSessionError,
  parseBearer,
  type SessionProfile,
} from "@sidekit/chat-session";
import type { ApiKeyStatus, Finding } from "@sidekit/chat-session/contract";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
import {
  ChatKitError,
  createChatKitServer,
  type Responder,
  type ResponderEvent,
  type Turn,
} from "@sidekit/chatkit";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { fastify } from "fastify";

export interface TestSidecar extends AsyncDisposable {
  readonly url: string;
  readonly launchToken: string;
  readonly readyLine: string;
  /** Run ids of the explicit stops that have arrived. */
  readonly stops: string[];
  /** How many runs the responder has seen stopped. */
  readonly stopped: { count: number };
}

const observe = () => {};

/** `stopsHang`: explicit stops are received and never answered. */
export async function startSidecar(
  options: {
    readonly key?: Partial<ApiKeyStatus>;
    readonly ready?: boolean;
    /** What the server finds out about itself. */
    readonly findings?: readonly Finding[];
    readonly stopsHang?: boolean;
  } = {},
): Promise<TestSidecar> {
  const launchToken = createToken("ckbs_");
  const keys = createSessionKeys(randomBytes(32));
  const store = createMemorySessionStore();
  const profiles = [profile] as const;
  let url = "";
  const issuer = createLocalIssuer({ apiUrl: () => `${url}/chatkit`, domainKey: "local" });
  const authenticate = createSessionAuthenticator({ store, keys, profiles, observe });
  const status = { keys: [{ ...workingKey, ...options.key }] };
  const router = createAppRouter({
    service: createSessionService({ profiles, issuers: [issuer], store, keys, observe }),
    describeSystem: () => ({
      version: "0.0.0",
      issuers: ["local"],
      profiles: [{ name: "default", issuer: "local", responder: "scripted" }],
      element: "open",
      elementScriptUrl: null,
    }),
    examine: async () => [...(options.findings ?? [])],
    apiKeys: { status: () => status, check: async () => status },
  });
  const stopped = { count: 0 };
  const chatKit = createChatKitServer({
    store: createMemoryThreadStore(),
    log: createMemoryStreamLog(),
    responders: { scripted: { respond: scripted(stopped) } },
  });
  const stops: string[] = [];

  const app = fastify({ forceCloseConnections: true });
  app.get("/healthz", async () => "ok\n");
  app.get("/readyz", async (_request, reply) =>
    reply
      .code(options.ready === false ? 503 : 200)
      .send(`sidecar ok\nthreads ${options.ready === false ? "down" : "ok"}\n`),
  );
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router,
      createContext: ({ req }: { req: { headers: { authorization?: string | undefined } } }) =>
        createProcedureContext({
          requestId: "req_1",
          authority:
            parseBearer(req.headers.authorization) === launchToken
              ? {
                  kind: "caller",
                  caller: {
                    tenant: "local",
                    user: "local",
                    credential: "launch",
                    sessions: true,
                    operator: true,
                  },
                }
              : { kind: "none" },
        }),
    },
  });
  const callerOf = async (authorization: string | undefined) => {
    const session = await authenticate(parseBearer(authorization) ?? "", null, AbortSignal.timeout(5000));
    const offers = { models: [], tools: [] };
    const turnProfile = { name: "default", model: "none", instructions: "", offers };
    return { owner: session.owner, sessionId: session.id, profile: turnProfile, responder: "scripted" };
  };
  app.setErrorHandler(async (error, _request, reply) => {
    if (!(error instanceof ChatKitError || error instanceof ChatSessionError)) throw error;
    return reply.code(error.httpStatus).send({ error: { code: error.code, message: error.message } });
  });
  app.post("/chatkit", async (request, reply) => {
    const caller = await callerOf(request.headers.authorization);
    const answer = await chatKit.handle(caller, request.body, new AbortController().signal);
    if (answer.kind === "json") return reply.type("application/json").send(answer.body);
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream", "x-sidekit-run-id": answer.runId });
    reply.raw.on("close", () => answer.detach());
    const pump = () => {
      const frames = answer.reader.take(16_384);
      if (frames !== "") reply.raw.write(frames);
      if (answer.reader.finished) reply.raw.end();
      else answer.reader.whenReady(pump);
    };
    pump();
  });
  app.delete<{ Params: { runId: string } }>("/chatkit/runs/:runId", async (request) => {
    const caller = await callerOf(request.headers.authorization);
    stops.push(request.params.runId);
    if (options.stopsHang === true) return new Promise(() => {});
    await chatKit.stopRun(caller.owner, request.params.runId);
    return {};
  });

  await app.listen({ host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    url,
    launchToken,
    readyLine: `Sidekit ready at ${url}/#launch=${launchToken}`,
    stops,
    stopped,
    async [Symbol.asyncDispose]() {
      await chatKit.drain({ deadlineMs: 0 });
      await app.close();
    },
  };
}

const profile: SessionProfile = {
  name: "default",
  issuer: "local",
  workflow: null,
  ttlSeconds: 600,
  requestsPerMinute: 60,
  stateVariables: [],
  features: {
    automaticThreadTitling: true,
    fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
    history: { enabled: true, recentThreads: null },
  },
};

const workingKey: ApiKeyStatus = {
  id: "upstream",
  purpose: "Models",
  source: "OPENAI_API_KEY",
  fingerprint: "0123456789ab",
  state: "valid",
  problem: null,
  mend: null,
  checkedAt: "2026-01-01T00:00:00.000Z",
  position: 1,
  previous: null,
  alert: null,
};

/**
 * Echoes. `hold` goes on until it is stopped; `fail` breaks off; `sources` thinks and cites; `escape` tries to steer
 * the terminal.
 */
function scripted(stopped: { count: number }): Responder["respond"] {
  return async function* answer(turn: Turn): AsyncGenerator<ResponderEvent> {
    const said = turn.userMessage?.content.map((part) => part.text).join("") ?? "";
    turn.thread.title ??= said.slice(0, 40);
    const id = turn.newId("message");
    const common = { id, thread_id: turn.thread.id, created_at: turn.now() };
    const text = said === "escape" ? "\u001b]0;owned\u0007plain\u009b2J" : `You said: ${said}`;
    const annotations: { type: "annotation"; source: { type: "url"; title: string; url: string } }[] = [];
    if (said === "sources") {
      const workflow = turn.newId("workflow");
      const task = {
        type: "thought" as const,
        title: "Thinking",
        content: "about it",
        status_indicator: "complete" as const,
      };
      yield {
        type: "thread.item.done",
        item: {
          ...common,
          id: workflow,
          type: "workflow",
          workflow: { type: "reasoning", tasks: [task], expanded: false },
        },
      };
      annotations.push({
        type: "annotation",
        source: { type: "url", title: "A page", url: "https://example.com/" },
      });
    }
    yield { type: "thread.item.added", item: { ...common, type: "assistant_message", content: [] } };
    yield {
      type: "thread.item.updated",
      item_id: id,
      update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: text },
    };
    if (said === "fail") throw new ChatKitError("upstream_rate_limited");
    if (said === "hold") {
      await new Promise<void>((resolve) =>
        turn.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      stopped.count += 1;
      return;
    }
    yield {
      type: "thread.item.done",
      item: { ...common, type: "assistant_message", content: [{ type: "output_text", text, annotations }] },
    };
  };
}
