// A whole Sidekit in this process: the router, the ChatKit server, threads in SQLite. Nothing listens.

import { randomBytes } from "node:crypto";
import { join } from "node:path";

import {
  type Caller,
  createAppRouter,
  createProcedureContext,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  type SessionProfile,
  toChatSessionError,
} from "@sidekit/chat-session";
import { sessionTtlSeconds } from "@sidekit/chat-session/contract";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
import { ChatKitError, createChatKitServer, type TurnProfile } from "@sidekit/chatkit";
import { createDemoResponder } from "@sidekit/chatkit/responders/demo";
import { createOpenAiResponsesResponder } from "@sidekit/chatkit/responders/openai-responses";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import {
  type ApiKey,
  createApiKey,
  createEnvironmentKeySource,
  createFileKeySource,
  type Secret,
  SecretsError,
} from "@sidekit/secrets";
import { TRPCError } from "@trpc/server";

import type { LocalSettings } from "../config.ts";
import { CliError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { createClientEndpoint } from "./client-endpoint.ts";
import { prepareDataDir } from "./data-dir.ts";
import { createInProcessFetch } from "./in-process-fetch.ts";

/** Never connected to: requests to it are answered in this process. */
const origin = "http://sidekit.invalid";
/** The same person as the one who holds a sidecar's launch token, so both see the same threads. */
const person: Caller = {
  tenant: "local",
  user: "local",
  credential: "launch",
  sessions: true,
  operator: true,
};
const drainMs = 2_000;
const sessionProfile: SessionProfile = {
  name: "default",
  issuer: "local",
  workflow: null,
  ttlSeconds: sessionTtlSeconds.default,
  requestsPerMinute: 60,
  stateVariables: [],
  features: {
    automaticThreadTitling: true,
    fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
    history: { enabled: true, recentThreads: null },
  },
};

/** A terminal keeps no log. */
const observe = () => {};

/** Throws CliError when the data directory or the database in it cannot be used. */
export async function openLocalGateway(settings: LocalSettings): Promise<Gateway> {
  const threads = await openThreads(settings.dataDir);
  const key = createKey(settings);
  const { responder } = settings;
  const turnProfile: TurnProfile = {
    name: "default",
    model: settings.model,
    instructions: "",
    offers: { models: [], tools: [] },
  };

  const sessions = createMemorySessionStore();
  const sessionKeys = createSessionKeys(randomBytes(32));
  const profiles = [sessionProfile] as const;
  const issuer = createLocalIssuer({ apiUrl: () => `${origin}/chatkit`, domainKey: "local" });
  const authenticate = createSessionAuthenticator({ store: sessions, keys: sessionKeys, profiles, observe });
  const service = createSessionService({
    profiles,
    issuers: [issuer],
    store: sessions,
    keys: sessionKeys,
    observe,
  });

  const chatKit = createChatKitServer({
    store: threads,
    log: createMemoryStreamLog(),
    responders: {
      demo: createDemoResponder(),
      "openai-responses": createOpenAiResponsesResponder({
        apiKey: (signal) => responderKey(key, signal),
        baseURL: settings.upstreamBaseUrl,
        fetch: fetchUpstream,
      }),
    },
  });
  const router = createAppRouter({
    service,
    describeSystem: () => ({
      version: "0.0.0",
      issuers: ["local"],
      profiles: [{ name: "default", issuer: "local", responder }],
      element: "open",
      elementScriptUrl: null,
    }),
    apiKeys: {
      status: () => ({ keys: [key.status()] }),
      check: async (signal) => ({ keys: [await key.checkNow(signal)] }),
    },
  });
  const context = createProcedureContext({
    requestId: "local",
    authority: { kind: "caller", caller: person },
  });

  const inProcess = createInProcessFetch({
    router,
    chatKit,
    createContext: () => context,
    async authenticate(token, signal) {
      const { id, owner } = await authenticate(token, null, signal);
      return { sessionId: id, owner, profile: turnProfile, responder };
    },
  });
  const procedures = (signal: AbortSignal) => router.createCaller(context, { signal });

  return {
    place: responder === "demo" ? "in this process, with the built-in demo" : "in this process",
    createSession: (input, signal) => orCliError(procedures(signal).chatSession.createSession(input), signal),
    listSessions: (input, signal) => orCliError(procedures(signal).chatSession.listSessions(input), signal),
    cancelAllSessions: (signal) =>
      orCliError(procedures(signal).chatSession.cancelAllSessions(undefined), signal),
    audit: (input, signal) => orCliError(procedures(signal).system.audit(input), signal),
    keyStatus: (signal) => orCliError(procedures(signal).apiKeys.status(), signal),
    cancelSession: (sessionId, signal) =>
      orCliError(procedures(signal).chatSession.cancelSession({ sessionId }), signal),
    verifyKeys: (signal) => orCliError(procedures(signal).apiKeys.verify(), signal),
    examine: (signal) => orCliError(procedures(signal).system.doctor(), signal),
    chatKit(profile) {
      const endpoint = createClientEndpoint({
        origin,
        issuerCredential: () => "",
        profile,
        fetch: inProcess,
      });
      return responder === "demo" ? endpoint : { ...endpoint, fetch: withUsableKey(key, endpoint.fetch) };
    },
    async [Symbol.asyncDispose]() {
      await chatKit.drain({ deadlineMs: drainMs });
      await threads[Symbol.asyncDispose]();
    },
  };
}

async function openThreads(dataDir: string): Promise<SqliteThreadStore> {
  prepareDataDir(dataDir);
  try {
    return await openSqliteThreadStore({ path: join(dataDir, "sidekit.sqlite") });
  } catch (cause) {
    if (!(cause instanceof ChatKitError)) throw cause;
    if (cause.reason === "store_in_use") throw new CliError("database_in_use", "", { cause });
    throw new CliError("database_unusable", cause.message, { cause, reason: cause.code });
  }
}

function createKey(settings: LocalSettings): ApiKey {
  return createApiKey({
    id: "upstream",
    purpose: "Models",
    source:
      settings.key.kind === "file"
        ? createFileKeySource({ setting: "OPENAI_API_KEY_FILE", path: settings.key.path })
        : createEnvironmentKeySource({
            setting: "OPENAI_API_KEY",
            value: settings.key.kind === "environment" ? settings.key.value : null,
          }),
    shape: { prefix: settings.upstreamIsVendor ? "sk-" : null },
    baseUrl: settings.upstreamBaseUrl,
    fetch: fetchUpstream,
  });
}

async function responderKey(key: ApiKey, signal: AbortSignal): Promise<Secret> {
  try {
    return await key.current(signal);
  } catch (cause) {
    throw cause instanceof SecretsError ? new ChatKitError("upstream_auth", { cause }) : cause;
  }
}

/** Here the person at the keyboard owns the key, and is told what is wrong with it before anything is asked. */
function withUsableKey(key: ApiKey, send: typeof fetch): typeof fetch {
  return async (input, init) => {
    try {
      await key.current(init?.signal ?? AbortSignal.timeout(drainMs));
    } catch (cause) {
      if (!(cause instanceof SecretsError)) throw cause;
      throw new CliError("unusable_key", cause.problem, { cause, mend: cause.mend });
    }
    return send(input, init);
  };
}

async function orCliError<Result>(call: Promise<Result>, signal: AbortSignal): Promise<Result> {
  try {
    return await call;
  } catch (cause) {
    signal.throwIfAborted();
    if (!(cause instanceof TRPCError)) throw cause;
    const { code, message, fields } = toChatSessionError(cause);
    const named = fields.length === 0 ? "" : ` (${fields.join(", ")})`;
    throw new CliError("refused", `${message}${named}`, { cause, reason: code });
  }
}

/** Never follows a redirect: the key goes to the configured server alone (S127). */
const fetchUpstream: typeof fetch = (input, init) => fetch(input, { ...init, redirect: "manual" });
