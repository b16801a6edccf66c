// The procedures behind a real Fastify listener, as another app would mount them.

import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";

import {
  createAppRouter,
  createProcedureContext,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  procedureResponseMeta,
  type ApiKeyReport,
  type AppRouter,
  type AuthenticateSession,
  type Caller,
  type SessionProfile,
  type SessionService,
  type SessionServiceOptions,
} from "@sidekit/chat-session";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import Fastify, { type FastifyInstance } from "fastify";

export const operator: Caller = {
  tenant: "acme",
  user: "ann",
  credential: "launch",
  sessions: true,
  operator: true,
};
export const member: Caller = { ...operator, user: "bob", operator: false };

/** By the bearer of the Authorization field. */
const callers = new Map([
  ["operator", operator],
  ["member", member],
]);

export const profile: SessionProfile = {
  name: "default",
  issuer: "local",
  workflow: null,
  ttlSeconds: 600,
  requestsPerMinute: 10,
  features: {
    automaticThreadTitling: true,
    fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
    history: { enabled: true, recentThreads: null },
  },
  stateVariables: ["topic"],
};

export interface ServedRouter extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly origin: string;
  readonly service: SessionService;
  readonly authenticate: AuthenticateSession;
}

export interface ServedRouterOptions {
  readonly service?: Partial<SessionServiceOptions>;
  /** Adds routes beside the procedures. */
  readonly routes?: (app: FastifyInstance, authenticate: AuthenticateSession) => void;
  /** Replaces the service altogether. */
  readonly instead?: SessionService;
}

export async function serveRouter(options: ServedRouterOptions = {}): Promise<ServedRouter> {
  const app = Fastify({ routerOptions: { maxParamLength: 500 } });
  const keys = createSessionKeys(randomBytes(32));
  const store = createMemorySessionStore();
  const observe = () => {};
  const origin = () => `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const service =
    options.instead ??
    createSessionService({
      profiles: [profile],
      issuers: [createLocalIssuer({ apiUrl: () => `${origin()}/chatkit`, domainKey: "local" })],
      store,
      keys,
      observe,
      ...options.service,
    });
  const authenticate = createSessionAuthenticator({
    store,
    keys,
    profiles: options.service?.profiles ?? [profile],
    observe,
  });
  options.routes?.(app, authenticate);
  const plugin: FastifyTRPCPluginOptions<AppRouter> = {
    prefix: "/trpc",
    trpcOptions: {
      router: createAppRouter({ service, describeSystem, apiKeys }),
      responseMeta: procedureResponseMeta,
      createContext: ({ req }) => {
        const bearer = req.headers.authorization?.slice("Bearer ".length) ?? "";
        const caller = callers.get(bearer);
        if (caller !== undefined) return context(req.id, { kind: "caller", caller });
        return context(req.id, { kind: bearer.startsWith("ckss_") ? "wrong-credential" : "none" });
      },
    },
  };
  await app.register(fastifyTRPCPlugin, plugin);
  await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    origin: origin(),
    service,
    authenticate,
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

function context(requestId: string, authority: Parameters<typeof createProcedureContext>[0]["authority"]) {
  return createProcedureContext({ requestId, authority });
}

function describeSystem() {
  return {
    version: "1.2.3",
    issuers: ["local" as const],
    profiles: [{ name: "default", issuer: "local" as const, responder: "demo" }],
    element: "open" as const,
    elementScriptUrl: null,
  };
}

const apiKeys: ApiKeyReport = {
  status: () => ({ keys: [] }),
  check: async () => ({
    keys: [
      {
        id: "upstream",
        purpose: "Models",
        source: "OPENAI_API_KEY",
        fingerprint: "0123456789ab",
        state: "valid",
        problem: null,
        mend: null,
        checkedAt: new Date().toISOString(),
        position: 1,
        previous: null,
        alert: null,
      },
    ],
  }),
};
