// The outside contract of the procedures: what goes in, what comes out. Imports zod only, so that a browser, a
// command line and a server read the same file.

import { z } from "zod";

/** Session lifetime in seconds: the default, and the bounds of what a profile may set. */
export const sessionTtlSeconds = { default: 600, min: 60, max: 3600, hostedMax: 600 } as const;

const profileName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/);

/** What a profile's workflow may be told. Only names that the profile allows pass the service. */
const stateVariables = z
  .record(z.string().min(1).max(64), z.union([z.string().max(4096), z.number(), z.boolean()]))
  .refine((variables) => Object.keys(variables).length <= 64, "at most 64 variables");

export const createSessionInput = z.strictObject({
  profile: profileName.optional(),
  stateVariables: stateVariables.optional(),
  /** Same key, same caller, same input within 60 s: the same session again. */
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional(),
});

export const sessionFeatures = z.object({
  automaticThreadTitling: z.boolean(),
  fileUpload: z.object({
    enabled: z.boolean(),
    maxFileSizeMb: z.int().positive(),
    maxFiles: z.int().positive(),
  }),
  history: z.object({ enabled: z.boolean(), recentThreads: z.int().positive().nullable() }),
});

/** Where the chat component finds its server. */
export const sessionApi = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("hosted") }),
  z.object({
    kind: z.literal("self-hosted"),
    url: z.url(),
    domainKey: z.string(),
    /** Null while the profile takes no files. */
    uploadStrategy: z
      .discriminatedUnion("type", [
        z.object({ type: z.literal("two_phase") }),
        z.object({ type: z.literal("direct"), uploadUrl: z.url() }),
      ])
      .nullable(),
  }),
]);

const isoTime = z.iso.datetime();

export const chatSession = z.object({
  id: z.string().startsWith("cksess_"),
  clientSecret: z.string(),
  status: z.literal("active"),
  /** UTC. */
  expiresAt: isoTime,
  refreshAt: isoTime,
  /** Seconds from now, for clients whose clock is wrong. */
  expiresIn: z.int().nonnegative(),
  refreshIn: z.int().nonnegative(),
  profile: profileName,
  limits: z.object({ maxRequestsPerMinute: z.int().positive() }),
  features: sessionFeatures,
  api: sessionApi,
});

/** A session as an administrator sees it: never with a secret. */
export const sessionSummary = z.object({
  id: z.string(),
  status: z.enum(["active", "expired", "cancelled"]),
  issuer: z.enum(["local", "hosted"]),
  profile: z.string(),
  createdAt: isoTime,
  expiresAt: isoTime,
  /** Null: never, or not known any more. */
  lastUsedAt: isoTime.nullable(),
  /** The page that the session is bound to; null when any may use it. */
  origin: z.string().nullable(),
});

export const cancelSessionInput = z.strictObject({
  sessionId: z.string().regex(/^cksess_[A-Za-z0-9_-]{1,128}$/),
});

/** `user`, of the caller's own tenant, is for operators. Absent: the caller's own sessions. */
export const cancelAllSessionsInput = z
  .strictObject({ user: z.string().min(1).max(256).optional() })
  .default({});

export const cancelAllSessionsOutput = z.object({
  cancelled: z.int().nonnegative(),
  /** Sessions among them that the provider could not be told of. They live there until they expire; cancel them again. */
  failedUpstream: z.array(z.string()),
});

/** Why a session ended before its time. `disabled`: the host said so of its user or tenant. */
export const sessionEndReasons = [
  "cancelled",
  "limit",
  "leaked",
  "replaced",
  "origin-removed",
  "disabled",
] as const;

export const sessionEventsInput = z
  .strictObject({
    /** Of the last event that was received: the ones after it come first. */
    lastEventId: z
      .string()
      .regex(/^[0-9a-f-]{1,128}$/)
      .optional(),
  })
  .default({});

const happened = { at: isoTime, sessionId: z.string() };

/** `stale`: events were missed that are not kept any more; list the sessions anew. */
export const sessionEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("created"), ...happened, profile: z.string() }),
  z.object({ type: z.literal("refreshed"), ...happened, profile: z.string(), replaces: z.string() }),
  z.object({ type: z.literal("cancelled"), ...happened, reason: z.enum(sessionEndReasons) }),
  z.object({ type: z.literal("expired"), ...happened }),
  z.object({ type: z.literal("rate-limited"), ...happened, retryAfterMs: z.int().nonnegative() }),
  z.object({ type: z.literal("stale"), at: isoTime }),
]);

/** The last word of a stream of events that failed on our side: the rest is to be asked for again. */
export const sessionStreamError = z.object({
  type: z.literal("error"),
  code: z.literal("stream.error"),
  allow_retry: z.literal(true),
});

/** One thing looked at. `why` and `mend` are null when nothing is wrong. */
export const finding = z.object({
  check: z.string().regex(/^[a-z ]{1,40}$/),
  status: z.enum(["ok", "warning", "broken"]),
  what: z.string().max(1000),
  why: z.string().max(1000).nullable(),
  mend: z.string().max(1000).nullable(),
});

export const examination = z.object({ findings: z.array(finding).max(200) });

/** What the audit trail keeps: who got, lost or was refused a session, and what became of the keys. */
export const auditActions = [
  "session.created",
  "session.refused",
  "session.refreshed",
  "session.revoked",
  "session.integrity",
  "auth.refused",
  "issuer.refused",
  "issuer.impersonated",
  "key.loaded",
  "key.rotated",
  "key.retired",
  "key.removed",
  "key.revoked",
  "key.rejected",
  "upstream.auth",
  "service_keys.loaded",
  "service_keys.rejected",
] as const;

export const auditInput = z
  .strictObject({
    limit: z.int().min(1).max(200).default(50),
    /** The id of the last entry of the page before. */
    before: z.int().positive().optional(),
    action: z.enum(auditActions).optional(),
    sessionId: z
      .string()
      .regex(/^cksess_[A-Za-z0-9_-]{1,128}$/)
      .optional(),
    tenant: z.string().min(1).max(256).optional(),
    /** As the issuer credential names the user; of `tenant`. The trail itself knows pseudonyms. */
    user: z.string().min(1).max(256).optional(),
    since: z.iso.datetime().max(40).optional(),
  })
  .default({ limit: 50 });

export const auditEntry = z.object({
  id: z.int().positive(),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  action: z.string(),
  /** More than one for a refusal that came again within a minute. */
  count: z.int().positive(),
  requestId: z.string().nullable(),
  credential: z.string().nullable(),
  /** Pseudonyms. */
  tenant: z.string().nullable(),
  user: z.string().nullable(),
  /** The service that acted in the user's place. */
  service: z.string().nullable(),
  sessionId: z.string().nullable(),
  profile: z.string().nullable(),
  reason: z.string().nullable(),
  keyId: z.string().nullable(),
  fingerprint: z.string().nullable(),
});

export const auditOutput = z.object({ data: z.array(auditEntry).max(200), hasMore: z.boolean() });

export const listSessionsInput = z
  .strictObject({
    limit: z.int().min(1).max(100).default(20),
    /** The id of the last session of the page before. */
    after: z
      .string()
      .regex(/^cksess_[A-Za-z0-9_-]{1,128}$/)
      .optional(),
  })
  .default({ limit: 20 });

export const listSessionsOutput = z.object({
  data: z.array(sessionSummary),
  hasMore: z.boolean(),
  after: z.string().optional(),
});

/** How an API key is doing. The words for `state` are the five outcomes of the live check, and what precedes it. */
export const apiKeyStatus = z.object({
  id: z.string(),
  purpose: z.string(),
  /** Where the key is read from, in words that name the setting: `OPENAI_API_KEY`. */
  source: z.string(),
  /** First 12 hex digits of the key's SHA-256; null when there is no usable key. */
  fingerprint: z.string().nullable(),
  /** 1 for the first key of the process, one more after each rotation; null when there is no usable key. */
  position: z.int().positive().nullable(),
  /** The key before this one, while calls may still end with it. */
  previous: z.object({ fingerprint: z.string(), until: isoTime }).nullable(),
  state: z.enum([
    "missing",
    "malformed",
    "unchecked",
    "valid",
    "invalid",
    "lacks-permission",
    "no-quota",
    "unreachable",
  ]),
  /** What is wrong, in one sentence; null when nothing is. */
  problem: z.string().nullable(),
  /** What to do about it; null when nothing is wrong. */
  mend: z.string().nullable(),
  checkedAt: isoTime.nullable(),
  /**
   * Why what stands in the source now is not used, while the key from before still is; `until` says when that one is
   * given up, if it was taken away.
   */
  alert: z
    .object({ code: z.string(), problem: z.string(), mend: z.string(), until: isoTime.nullable() })
    .nullable(),
});

export const apiKeyStatuses = z.object({ keys: z.array(apiKeyStatus) });

export const systemInfo = z.object({
  version: z.string(),
  issuers: z.array(z.enum(["local", "hosted"])),
  /** The profiles a UI may name. The first is used when none is named. */
  profiles: z.array(
    z.object({ name: z.string(), issuer: z.enum(["local", "hosted"]), responder: z.string().nullable() }),
  ),
  /** Which chat element a page is to load: our own, the vendor's, or ours when the vendor's does not come up. */
  element: z.enum(["open", "vendor", "auto"]),
  /** Where the vendor's comes from; null with our own. */
  elementScriptUrl: z.string().nullable(),
});

export type CreateSessionInput = z.infer<typeof createSessionInput>;
export type CancelSessionInput = z.infer<typeof cancelSessionInput>;
export type ListSessionsInput = z.infer<typeof listSessionsInput>;
export type ListSessionsOutput = z.infer<typeof listSessionsOutput>;
export type CancelAllSessionsInput = z.infer<typeof cancelAllSessionsInput>;
export type CancelAllSessionsOutput = z.infer<typeof cancelAllSessionsOutput>;
export type SessionEventsInput = z.infer<typeof sessionEventsInput>;
export type SessionEvent = z.infer<typeof sessionEvent>;
export type ChatSession = z.infer<typeof chatSession>;
export type SessionSummary = z.infer<typeof sessionSummary>;
export type SessionFeatures = z.infer<typeof sessionFeatures>;
export type SessionApi = z.infer<typeof sessionApi>;
export type ApiKeyStatus = z.infer<typeof apiKeyStatus>;
export type ApiKeyStatuses = z.infer<typeof apiKeyStatuses>;
export type SystemInfo = z.infer<typeof systemInfo>;
export type AuditAction = (typeof auditActions)[number];
export type AuditInput = z.infer<typeof auditInput>;
export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditOutput = z.infer<typeof auditOutput>;
export type Finding = z.infer<typeof finding>;
export type Examination = z.infer<typeof examination>;
