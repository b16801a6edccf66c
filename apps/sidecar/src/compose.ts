// Picks and wires every part, and owns what has to be closed. The one file that knows all concrete choices.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import {
  createAppRouter,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  createToken,
  type AppRouter,
  type AuthenticatedSession,
  type AuthenticateSession,
  type Caller,
  type SessionProfile,
} from "@sidekit/chat-session";
import { createHostedIssuer } from "@sidekit/chat-session/issuers/hosted";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
import { ChatKitError, createChatKitServer, type ChatKitCaller, type ChatKitServer } from "@sidekit/chatkit";
import { createDemoResponder } from "@sidekit/chatkit/responders/demo";
import { createOpenAiResponsesResponder } from "@sidekit/chatkit/responders/openai-responses";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import type { Logger } from "pino";

import { createAllowLists, type AllowLists } from "./allow-lists.ts";
import type { Config, ProfileConfig } from "./config.ts";
import { loadPseudonymKey, prepareDataDir } from "./data-dir.ts";
import { observeInto } from "./log.ts";
import { createOpenStreams, type OpenStreams } from "./open-streams.ts";
import type { Dependency } from "./plugins/health.ts";
import { createRequestLimits, type RequestLimits } from "./request-limits.ts";
import { StartError } from "./start-error.ts";
import { createUpstreamHttp } from "./upstream-http.ts";
import { createUpstreamKey } from "./upstream-key.ts";

const workspaceRoot = resolve(import.meta.dirname, "../../..");
/** The vendor's element checks a registered key; ours takes any. */
const domainKey = "local-dev";
const launchCaller: Caller = { tenant: "local", user: "local", credential: "launch", operator: true };

/** Milliseconds since 1970, and by a clock that only goes forward. */
export interface Clock {
  readonly now?: () => number;
  readonly monotonicNow?: () => number;
}

/** Everything the app is built from. */
export interface Parts extends AsyncDisposable {
  readonly router: AppRouter;
  readonly chatKit: ChatKitServer;
  readonly requestLimits: RequestLimits;
  readonly openStreams: OpenStreams;
  readonly dependencies: readonly Dependency[];
  readonly launchToken: string;
  readonly uiDistDir: string;
  /** Called once, when the port is known. */
  bound(port: number): void;
  /** Throws until the port is known. */
  lists(): AllowLists;
  /** The caller that this launch token proves, or null. */
  callerByLaunchToken(token: string): Caller | null;
  readonly authenticateSession: AuthenticateSession;
  /** Ends the session of a secret that was put where it does not belong, if it is one. */
  revokeLeaked(token: string): Promise<void>;
  callerOf(session: AuthenticatedSession): ChatKitCaller;
}

/** Throws StartError with a sentence for the person who starts the process. */
export async function compose(config: Config, log: Logger, clock: Clock = {}): Promise<Parts> {
  prepareDataDir(config.dataDir);
  const report = observeInto(log);
  const openStreams = createOpenStreams();
  const observe: typeof report = (observation) => {
    report(observation);
    if (observation.event === "session.revoked") openStreams.cutAll(observation.sessionId);
  };
  const http = createUpstreamHttp();
  const upstreamKey = createUpstreamKey(config, http.fetch);
  const threads = await openThreads(config.dataDir, observe);

  let lists: AllowLists | null = null;
  const knownLists = () => {
    if (lists === null) throw new Error("The port is not known yet.");
    return lists;
  };

  const pepper = randomBytes(32);
  const keys = createSessionKeys(pepper);
  const sessions = createMemorySessionStore(clock);
  const profiles = sessionProfiles(config.profiles);
  const service = createSessionService({
    profiles,
    issuers: [
      createLocalIssuer({ keys, apiUrl: () => `${knownLists().publicUrl}/chatkit`, domainKey, ...clock }),
      createHostedIssuer({
        apiKey: upstreamKey.forIssuer,
        baseUrl: config.upstreamBaseUrl,
        fetch: http.fetch,
        pseudonymKey: loadPseudonymKey(config.dataDir),
        observe,
        ...(clock.now !== undefined && { now: clock.now }),
      }),
    ],
    store: sessions,
    keys,
    observe,
    ...clock,
  });
  const authenticateSession = createSessionAuthenticator({
    store: sessions,
    keys,
    profiles,
    observe,
    ...clock,
  });

  const chatKit = createChatKitServer({
    store: threads,
    log: createMemoryStreamLog(),
    responders: {
      demo: createDemoResponder(),
      "openai-responses": createOpenAiResponsesResponder({
        apiKey: upstreamKey.forResponder,
        baseURL: config.upstreamBaseUrl,
        fetch: http.fetch,
        observe,
      }),
    },
    detachGraceMs: config.detachGraceMs,
    observe,
  });

  const launchToken = createToken("ckbs_");
  const launchDigest = digest(pepper, launchToken);
  const profileByName = new Map(config.profiles.map((profile) => [profile.name, profile]));

  return {
    router: createAppRouter({
      service,
      describeSystem: () => ({
        version: workspaceVersion,
        issuers: [...new Set(config.profiles.map(({ issuer }) => issuer))],
        profiles: config.profiles.map(({ name, issuer, responder }) => ({
          name,
          issuer,
          responder: issuer === "local" ? responder : null,
        })),
        element: config.element,
      }),
      apiKeys: {
        status: () => ({ keys: [upstreamKey.key.status()] }),
        check: async (signal) => ({ keys: [await upstreamKey.key.checkNow(signal)] }),
      },
    }),
    chatKit,
    requestLimits: createRequestLimits(),
    openStreams,
    dependencies: [
      {
        name: "threads",
        required: true,
        check: async (signal) => {
          await threads.check(signal);
          return { ok: true, state: "ok" };
        },
      },
      upstreamKey.dependency,
    ],
    launchToken,
    uiDistDir: join(workspaceRoot, "apps/ui/dist"),
    bound(port) {
      lists = createAllowLists({
        host: config.host,
        port,
        hosts: config.allowedHosts,
        origins: config.allowedOrigins,
      });
    },
    lists: knownLists,
    callerByLaunchToken: (token) =>
      timingSafeEqual(digest(pepper, token), launchDigest) ? launchCaller : null,
    authenticateSession,
    async revokeLeaked(token) {
      const record = (await sessions.findByLookupKey(keys.lookupKey(token), AbortSignal.timeout(1000)))
        ?.record;
      if (record === undefined) return;
      await sessions.cancel(record, record.id, (clock.now ?? Date.now)(), AbortSignal.timeout(1000));
      observe({ event: "session.revoked", sessionId: record.id, reason: "leaked" });
    },
    callerOf(session) {
      const profile = profileByName.get(session.profile);
      if (profile === undefined) throw new Error("A session names a profile that does not exist.");
      const { name, model, instructions, responder } = profile;
      return {
        owner: session.owner,
        sessionId: session.id,
        profile: { name, model, instructions },
        responder,
      };
    },
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      await threads[Symbol.asyncDispose]();
    },
  };
}

const workspaceVersion = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : null;
  return typeof version === "string" ? version : "unknown";
}

async function openThreads(
  dataDir: string,
  observe: ReturnType<typeof observeInto>,
): Promise<SqliteThreadStore> {
  try {
    return await openSqliteThreadStore({ path: join(dataDir, "sidekit.sqlite"), observe });
  } catch (cause) {
    if (!(cause instanceof ChatKitError)) throw cause;
    throw new StartError(`${cause.message} It is sidekit.sqlite in the data directory.`, { cause });
  }
}

function sessionProfiles(configured: readonly ProfileConfig[]): [SessionProfile, ...SessionProfile[]] {
  const [first, ...others] = configured.map((profile): SessionProfile => ({
    name: profile.name,
    issuer: profile.issuer,
    workflow: profile.workflow,
    ttlSeconds: profile.ttlSeconds,
    requestsPerMinute: profile.requestsPerMinute,
    stateVariables: profile.stateVariables,
    features: {
      automaticThreadTitling: profile.automaticThreadTitling,
      fileUpload: { enabled: false, maxFileSizeMb: 25, maxFiles: 10 },
      history: profile.history,
    },
  }));
  if (first === undefined) throw new Error("There is no profile.");
  return [first, ...others];
}

/** Equal lengths, whatever is presented, for the constant-time comparison (S45). */
function digest(key: Buffer, token: string): Buffer {
  return createHmac("sha256", key).update(token).digest();
}
