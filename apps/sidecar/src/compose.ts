// Picks and wires every part, and owns what has to be closed. The one file that knows all concrete choices.

import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";

import {
  createAppRouter,
  createSessionAuthenticator,
  createSessionKeys,
  createSessionService,
  createToken,
  type AppRouter,
  type AuthenticatedSession,
  type AuthenticateIssuer,
  type AuthenticateSession,
  type SessionUpkeep,
} from "@sidekit/chat-session";
import { createHostedIssuer } from "@sidekit/chat-session/issuers/hosted";
import { createLocalIssuer } from "@sidekit/chat-session/issuers/local";
import { createMemorySessionStore } from "@sidekit/chat-session/stores/memory";
import {
  type AttachmentStore,
  createChatKitServer,
  type ChatKitCaller,
  type ChatKitServer,
  type NewId,
  type Responder,
  type ThreadStore,
  type UsageStore,
} from "@sidekit/chatkit";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import type { SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import type { Secret } from "@sidekit/secrets";
import type { Logger } from "pino";

import { auditEventOf } from "./audit/audit-events.ts";
import { openAuditTrail } from "./audit/audit-trail.ts";
import { createAllowLists, type AllowLists } from "./allow-lists.ts";
import { withFileLimits, type FileUpload } from "./attachments-by-profile.ts";
import { startAttachmentsSweeper } from "./attachments-sweeper.ts";
import { openAttachments, type Attachments } from "./attachments.ts";
import { createBudget } from "./budgets.ts";
import { createCallerLimits, type CallerLimits } from "./caller-limits.ts";
import type { Config } from "./config.ts";
import { loadPseudonymKey, prepareDataDir } from "./data-dir.ts";
import { createDoctor } from "./doctor/doctor.ts";
import { createSelfVisits, type SelfVisits } from "./doctor/self-visits.ts";
import { createHostOrigins, type HostOrigins } from "./host-origins.ts";
import { createHostedIssuers } from "./hosted-issuers.ts";
import { httpLimitsFor } from "./http-limits.ts";
import { createIssuerCredentials, type IssuerEvidence } from "./issuer-credentials.ts";
import { createJwtCheck } from "./jwt-credentials.ts";
import { observeInto } from "./log.ts";
import { openThreads } from "./open-threads.ts";
import { createOpenStreams, type OpenStreams } from "./open-streams.ts";
import type { Dependency } from "./plugins/health.ts";
import { createPseudonyms, type Pseudonyms } from "./pseudonyms.ts";
import { reportRefusedKeys } from "./refused-keys.ts";
import { requestFacts } from "./request-facts.ts";
import { createRequestLimits, type RequestLimits } from "./request-limits.ts";
import { openResponders, responderNameOf } from "./responders-by-key.ts";
import { openServiceKeys } from "./service-keys.ts";
import { sessionProfiles } from "./session-profiles.ts";
import { deploymentOf, startSessionUpkeep } from "./session-upkeep.ts";
import { defaultKeyId } from "./settings-keys.ts";
import { createSlidingWindows } from "./sliding-windows.ts";
import { createUpstreamGuard } from "./upstream-guard.ts";
import { createUpstreamHttp } from "./upstream-http.ts";
import { createUpstreamKeys, type UpstreamKeys } from "./upstream-keys.ts";
import { workspaceVersion } from "./workspace-version.ts";

const workspaceRoot = resolve(import.meta.dirname, "../../..");

/** Milliseconds since 1970, and by a clock that only goes forward. */
export interface Clock {
  readonly now?: () => number;
  readonly monotonicNow?: () => number;
}

/** What may take the place of a part, such as where the app is tested. Who composes closes them. */
export interface Replacements extends Clock {
  readonly threads?: ThreadStore &
    UsageStore &
    Pick<SqliteThreadStore, "check" | typeof Symbol.asyncDispose> &
    Partial<Pick<SqliteThreadStore, "isIntact">>;
  readonly responders?: Readonly<Record<string, Responder>>;
  /** Null: there are no attachments. */
  readonly attachments?: AttachmentStore | null;
  readonly newId?: NewId;
  readonly lockedThreads?: "refuse" | "answer";
  /** Takes the lines of the audit trail; nothing does by default. */
  readonly writeAudit?: (line: string) => void;
  /** By the program that started this one (S34). */
  readonly handedOver?: { readonly launchToken: string; readonly keys: ReadonlyMap<string, Secret> };
}

/** Everything the app is built from. */
export interface Parts extends AsyncDisposable {
  readonly router: AppRouter;
  readonly chatKit: ChatKitServer;
  /** Null where something else takes their place. */
  readonly attachments: Attachments | null;
  /** Removes attachments that nobody uses, now and not at the next hour. */
  sweepAttachments(): Promise<void>;
  /** What the page may load and send to besides this server: people's files, an element that is not ours. */
  readonly filesOrigin: string | null;
  readonly elementScriptUrl: string | null;
  /** What the profile of this session says about files. */
  fileUploadOf(session: { readonly profile: string }): FileUpload;
  readonly requestLimits: RequestLimits;
  readonly callerLimits: CallerLimits;
  readonly openStreams: OpenStreams;
  readonly selfVisits: SelfVisits;
  readonly dependencies: readonly Dependency[];
  readonly launchToken: string;
  /** Whether the program that started this one may ask for proof that it is this one (S5). */
  readonly startedByHost: boolean;
  readonly hostOrigins: HostOrigins;
  /** For whoever starts the process: to have the sources read again, and to hand keys over. */
  readonly keys: Pick<UpstreamKeys, "reload" | "handOver">;
  readonly uiDistDir: string;
  readonly elementDistDir: string;
  /** Called once, when the port is known. */
  bound(port: number): void;
  /** Throws until the port is known. */
  lists(): AllowLists;
  readonly authenticateIssuer: AuthenticateIssuer<IssuerEvidence>;
  readonly authenticateSession: AuthenticateSession;
  /** Ends the session of a secret that was put where it does not belong, if it is one. */
  revokeLeaked(token: string): Promise<void>;
  readonly sessionUpkeep: SessionUpkeep;
  readonly pseudonyms: Pseudonyms;
  callerOf(session: AuthenticatedSession): ChatKitCaller;
}

/** Throws StartError with a sentence for the person who starts the process. */
export async function compose(config: Config, log: Logger, replacements: Replacements = {}): Promise<Parts> {
  const {
    threads: otherThreads,
    responders,
    attachments,
    newId,
    lockedThreads,
    writeAudit,
    handedOver,
    ...clock
  } = replacements;
  prepareDataDir(config.dataDir);
  const report = observeInto(log);
  // First of all files: it tells whether another process is at work here.
  const threads = otherThreads ?? (await openThreads(config.dataDir, report));
  const pseudonymKey = loadPseudonymKey(config.dataDir);
  const pseudonyms = createPseudonyms(pseudonymKey);
  const audit = openAuditTrail({
    path: join(config.dataDir, "audit.sqlite"),
    writeLine: writeAudit ?? (() => {}),
    log,
    pseudonyms,
    keptDays: config.auditDays,
    ...(clock.now !== undefined && { now: clock.now }),
  });
  const openStreams = createOpenStreams();
  const observe: typeof report = (observation) => {
    const event = auditEventOf(observation, requestFacts.getStore(), pseudonyms);
    if (event === null) report(observation);
    else audit.record(event);
    // Whatever ended it. One that has expired may finish what it began (S56).
    if (observation.event === "session.revoked") openStreams.cutAll(observation.sessionId);
  };
  const http = createUpstreamHttp();
  const upstreamFetch = createUpstreamGuard({
    ...clock,
    fetch: reportRefusedKeys(http.fetch, observe),
    observe,
  });
  const upstreamKeys = createUpstreamKeys({
    ...clock,
    config,
    fetch: upstreamFetch,
    observe,
    ...(handedOver && { handedOver: handedOver.keys }),
  });
  const builtResponders = await openResponders(config, (keyId) => ({
    apiKey: upstreamKeys.forResponder(keyId),
    baseURL: config.upstreamBaseUrl,
    fetch: upstreamFetch,
    observe,
  }));

  const { jwt, serviceKeysFile } = config.issuers;
  const serviceKeys =
    serviceKeysFile === null ? null : await openServiceKeys({ path: serviceKeysFile, observe });

  let lists: AllowLists | null = null;
  const knownLists = () => {
    if (lists === null) throw new Error("The port is not known yet.");
    return lists;
  };

  const profileByName = new Map(config.profiles.map((profile) => [profile.name, profile]));
  const profileNamed = (name: string) => {
    const profile = profileByName.get(name);
    if (profile === undefined) throw new Error("A session names a profile that does not exist.");
    return profile;
  };

  const pepper = randomBytes(32);
  const keys = createSessionKeys(pepper, {
    deployment: deploymentOf(pseudonymKey),
    eventKey: pseudonymKey,
  });
  const sessions = createMemorySessionStore(clock);
  const profiles = sessionProfiles(config.profiles);
  const windows = createSlidingWindows({
    ...(clock.monotonicNow !== undefined && { monotonicNow: clock.monotonicNow }),
  });
  const callerLimits = createCallerLimits({
    windows,
    mintsPerMinute: config.mintsPerMinute,
    byAddress: config.trustedProxies.length > 0,
  });
  const service = createSessionService({
    admitMint: callerLimits.admitMint,
    profiles,
    issuers: [
      createLocalIssuer({
        apiUrl: () => `${knownLists().publicUrl}/chatkit`,
        domainKey: config.element.domainKey,
        ...clock,
      }),
      createHostedIssuers(
        (profile) => profileNamed(profile).key,
        (keyId) =>
          createHostedIssuer({
            apiKey: upstreamKeys.forIssuer(keyId),
            baseUrl: config.upstreamBaseUrl,
            fetch: upstreamFetch,
            pseudonymKey,
            observe,
            ...(clock.now !== undefined && { now: clock.now }),
          }),
      ),
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

  const files =
    attachments === undefined
      ? await openAttachments({
          config,
          records: threads,
          publicUrl: () => knownLists().publicUrl,
          fetch: http.fetch,
          ...(clock.now !== undefined && { now: clock.now }),
        })
      : null;
  const attachmentStore = files?.store ?? attachments;
  const sweeper =
    files === null
      ? null
      : startAttachmentsSweeper({
          records: threads,
          bytes: files.store,
          report: (swept) => log[swept.failed > 0 ? "warn" : "info"](swept, "attachments.swept"),
          ...(clock.now !== undefined && { now: clock.now }),
        });
  const budget = createBudget({ ...clock, store: threads, bounds: config.budgets });
  const server = createChatKitServer({
    store: threads,
    log: createMemoryStreamLog(),
    responders: {
      ...builtResponders,
      ...responders,
    },
    ...(attachmentStore && { attachments: attachmentStore }),
    ...(newId && { newId }),
    ...(lockedThreads && { lockedThreads }),
    ...(budget && { budget }),
    detachGraceMs: config.detachGraceMs,
    observe,
  });
  const upkeep = startSessionUpkeep({ service, keys, log });
  const selfVisits = createSelfVisits();
  const launchToken = handedOver?.launchToken ?? createToken("ckbs_");
  const hostOrigins = createHostOrigins();

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
        element: config.element.kind,
        elementScriptUrl: config.element.scriptUrl,
      }),
      examine: createDoctor({
        config,
        publicUrl: () => knownLists().publicUrl,
        selfVisits,
        // The doctor's own findings must not open the circuit for everybody else.
        fetch: http.fetch,
        apiKey: upstreamKeys.forIssuer(config.profiles[0]?.key ?? defaultKeyId),
        service,
        isIntact: threads.isIntact ?? null,
        maxConnections: httpLimitsFor({ proxied: config.trustedProxies.length > 0, descriptors: Infinity })
          .connections,
        ...(clock.now !== undefined && { now: clock.now }),
      }),
      readAudit: audit.read,
      apiKeys: upstreamKeys.report,
    }),
    chatKit:
      files === null
        ? server
        : withFileLimits(server, ({ profile }) => profileNamed(profile.name).fileUpload),
    attachments: files,
    sweepAttachments: async () => sweeper?.sweep(),
    filesOrigin: config.s3 === null ? null : new URL(config.s3.endpoint).origin,
    elementScriptUrl: config.element.scriptUrl,
    fileUploadOf: ({ profile }) => profileNamed(profile).fileUpload,
    requestLimits: createRequestLimits({ windows, onRefused: service.tellRateLimited }),
    callerLimits,
    openStreams,
    selfVisits,
    dependencies: [
      {
        name: "threads",
        required: true,
        check: async (signal) => {
          await threads.check(signal);
          return { ok: true, state: "ok" };
        },
      },
      ...upstreamKeys.dependencies,
    ],
    launchToken,
    startedByHost: handedOver !== undefined,
    hostOrigins,
    keys: upstreamKeys,
    uiDistDir: join(workspaceRoot, "apps/ui/dist"),
    elementDistDir: join(workspaceRoot, "packages/chatkit-element/dist/element"),
    bound(port) {
      lists = createAllowLists({
        host: config.host,
        port,
        hosts: config.allowedHosts,
        origins: config.allowedOrigins,
        isRegistered: hostOrigins.has,
      });
    },
    lists: knownLists,
    authenticateIssuer: createIssuerCredentials({
      launchToken,
      checkJwt: jwt === null ? null : createJwtCheck({ ...jwt, fetch: http.fetch, observe }),
      serviceKeys,
      key: pepper,
      observe,
    }),
    authenticateSession,
    revokeLeaked: (token) => service.endLeaked(token, AbortSignal.timeout(1000)),
    sessionUpkeep: service,
    pseudonyms,
    callerOf(session) {
      const profile = profileNamed(session.profile);
      const { name, model, instructions, offers } = profile;
      return {
        owner: session.owner,
        sessionId: session.id,
        sessionEndsAtMs: session.expiresAtMs,
        profile: { name, model, instructions, offers },
        responder: responderNameOf(profile),
      };
    },
    async [Symbol.asyncDispose]() {
      upkeep[Symbol.dispose]();
      serviceKeys?.[Symbol.dispose]();
      await upstreamKeys[Symbol.asyncDispose]();
      await sweeper?.[Symbol.asyncDispose]();
      await http[Symbol.asyncDispose]();
      await threads[Symbol.asyncDispose]();
      await audit[Symbol.asyncDispose]();
    },
  };
}
