// A small server for the page under test: the real router and authenticator over sessions in memory, the built files
// under the sidecar's policy, and a scripted ChatKit endpoint.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

/* oxlint-disable no-restricted-imports -- this is the server that the page talks to */
import {
  createAppRouter,
  createProcedureContext,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  createToken,
  parseBearer,
  type AppRouter,
  type Issuer,
  type SessionProfile,
} from "@sidekit/chat-session";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
/* oxlint-enable no-restricted-imports */
import type { ApiKeyStatus } from "@sidekit/chat-session/contract";
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import { fastify, type FastifyReply } from "fastify";

import { createScriptedChat } from "./scripted-chat.ts";

const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
const mediaTypes: Record<string, string> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const features = {
  automaticThreadTitling: true,
  fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
  history: { enabled: true, recentThreads: null },
};
const profiles: readonly [SessionProfile, SessionProfile, SessionProfile] = [
  profile("default", "local", 600),
  profile("short", "local", 60),
  profile("agent", "hosted", 600),
];
const validKey: ApiKeyStatus = {
  id: "openai",
  purpose: "upstream",
  source: "OPENAI_API_KEY",
  fingerprint: "3f1c0a9be21d",
  state: "valid",
  problem: null,
  mend: null,
  checkedAt: "2026-11-22T20:00:00.000Z",
  position: 1,
  previous: null,
  alert: null,
};

export interface StandIn extends AsyncDisposable {
  readonly url: string;
  /** What `npm start` would print at the end of its line. */
  readonly launchUrl: string;
  /** In force from the next answer on. */
  keys: ApiKeyStatus[];
  /** What the next check finds. */
  keysAfterCheck: ApiKeyStatus[];
  /** Paths and queries of all requests. */
  readonly targets: readonly string[];
  activeSessions(): Promise<number>;
  /** As an administrator would. */
  cancelSessions(): Promise<void>;
  forgetThreads(): void;
  /** A new launch token, as after a restart. Returns the new address. */
  restart(): string;
}

export async function startStandIn(distDir: string): Promise<StandIn> {
  const keys = createSessionKeys(randomBytes(32));
  const store = createMemorySessionStore();
  const service = createSessionService({
    profiles,
    issuers: [
      createLocalIssuer({ apiUrl: () => `${url()}/chatkit`, domainKey: "local" }),
      createElsewhereIssuer(),
    ],
    store,
    keys,
    observe: () => {},
  });
  const authenticate = createSessionAuthenticator({ store, keys, profiles, observe: () => {} });
  const chat = createScriptedChat();
  const targets: string[] = [];
  const owner = { tenant: "local", user: "local" };
  let launchToken = createToken("ckbs_");

  const app = fastify({ routerOptions: { maxParamLength: 4096 }, forceCloseConnections: true });
  app.addHook("onRequest", async (request) => void targets.push(request.raw.url ?? ""));
  const trpc: FastifyTRPCPluginOptions<AppRouter> = {
    prefix: "/trpc",
    trpcOptions: {
      router: createAppRouter({
        service,
        describeSystem: () => ({
          version: "0.0.0",
          issuers: ["local", "hosted"],
          profiles: profiles.map(({ name, issuer }) => ({
            name,
            issuer,
            responder: issuer === "local" ? "demo" : null,
          })),
          element: "open",
          elementScriptUrl: null,
        }),
        apiKeys: {
          status: () => ({ keys: standIn.keys }),
          async check() {
            standIn.keys = standIn.keysAfterCheck;
            return { keys: standIn.keys };
          },
        },
      }),
      createContext: ({ req }) =>
        createProcedureContext({
          requestId: req.id,
          authority:
            parseBearer(req.headers.authorization) === launchToken
              ? { kind: "caller", caller: { ...owner, credential: "launch", sessions: true, operator: true } }
              : { kind: "none" },
        }),
    },
  };
  await app.register(fastifyTRPCPlugin, trpc);

  app.post("/chatkit", async (request, reply) => {
    const bearer = parseBearer(request.headers.authorization);
    const session =
      bearer === null ? null : await authenticate(bearer, null, AbortSignal.timeout(1000)).catch(() => null);
    if (session === null) return reply.code(401).send({ error: { code: "unauthenticated", message: "No." } });
    return chat.answer(request.body, reply);
  });
  app.get("/", (_request, reply) => sendPage(reply));
  app.get<{ Params: { file: string } }>("/assets/:file", async ({ params }, reply) =>
    reply
      .type(mediaTypes[extname(params.file)] ?? "application/octet-stream")
      .send(await readFile(join(distDir, "assets", params.file))),
  );
  await app.listen({ host: "127.0.0.1", port: 0 });

  function url(): string {
    return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  }
  async function active() {
    const { sessions } = await store.listActive(owner, { limit: 100 }, AbortSignal.timeout(1000));
    return sessions.map(({ record }) => record);
  }
  async function sendPage(reply: FastifyReply) {
    const html = await readFile(join(distDir, "index.html"));
    return reply.type("text/html; charset=utf-8").header("content-security-policy", pagePolicy).send(html);
  }

  const standIn: StandIn = {
    url: url(),
    get launchUrl() {
      return `${url()}/#launch=${launchToken}`;
    },
    keys: [validKey],
    keysAfterCheck: [validKey],
    targets,
    activeSessions: async () => (await active()).length,
    async cancelSessions() {
      for (const { id } of await active())
        await store.cancel(owner, id, Date.now(), AbortSignal.timeout(1000));
    },
    forgetThreads: () => chat.forgetThreads(),
    restart() {
      launchToken = createToken("ckbs_");
      return standIn.launchUrl;
    },
    [Symbol.asyncDispose]: async () => void (await app.close()),
  };
  return standIn;
}

function profile(name: string, issuer: "local" | "hosted", ttlSeconds: number): SessionProfile {
  const workflow = issuer === "hosted" ? { id: "wf_1", version: null } : null;
  return { name, issuer, workflow, ttlSeconds, requestsPerMinute: 10, features, stateVariables: [] };
}

/** Mints for a chat that is hosted elsewhere; nothing is asked there. */
function createElsewhereIssuer(): Issuer {
  return {
    kind: "hosted",
    issue: async ({ profile: { ttlSeconds, requestsPerMinute } }) => ({
      clientSecret: "ek_elsewhere",
      upstreamId: "cksess_elsewhere",
      expiresAtMs: Date.now() + ttlSeconds * 1000,
      requestsPerMinute,
      api: { kind: "hosted" },
    }),
    async cancel() {},
  };
}
