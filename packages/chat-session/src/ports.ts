// What the session service needs from outside, and what it promises to whoever provides it.

import type {
  ApiKeyStatuses,
  AuditInput,
  AuditOutput,
  Finding,
  SessionApi,
  SessionFeatures,
  SystemInfo,
} from "./contract.ts";
import type { FoundSession, SessionRecord } from "./session-record.ts";

export type { FoundSession, SessionRecord } from "./session-record.ts";

/** Who asks, and how that was proven. Never taken from a request body. */
export interface Caller {
  readonly tenant: string;
  readonly user: string;
  /** `host`: by the check of the application that mounts the router. */
  readonly credential: "launch" | "jwt" | "service" | "host";
  /** May have sessions. */
  readonly sessions: boolean;
  /** May see how keys are doing and have them checked. */
  readonly operator: boolean;
  /** The service that asks, for itself or for a user; absent when no service does. */
  readonly service?: string | undefined;
  /** When the credential ends, milliseconds since 1970. Absent: with the process. */
  readonly validUntilMs?: number | undefined;
}

export type IssuerKind = "local" | "hosted";

/** A server-side choice that a caller may name but not look into. */
export interface SessionProfile {
  readonly name: string;
  readonly issuer: IssuerKind;
  /** Upstream workflow; null unless hosted. */
  readonly workflow: { readonly id: string; readonly version: string | null } | null;
  readonly ttlSeconds: number;
  readonly requestsPerMinute: number;
  readonly features: SessionFeatures;
  /** The names a caller may set in `stateVariables`. */
  readonly stateVariables: readonly string[];
}

/**
 * Keeps sessions until they end: by a cancel, by the wall clock, or by the store's own clock once they are as old as they
 * may become, whichever is first (S53, S62).
 *
 * What is not found is invalid: loss ends in refusal, never in acceptance (S58). Every operation on a caller's sessions
 * names the owner, and a session of somebody else is missing. A store that cannot answer throws ChatSessionError
 * `store_unavailable`, a full one `overloaded`.
 */
export interface SessionStore {
  /** A point in the store's own order. A session whose mint began there survives no `cancelAll` after it (S55). */
  begin(signal: AbortSignal): Promise<number>;
  /**
   * Adds the session and, in the same step, lets the one it replaces run out and cancels the owner's oldest active ones
   * beyond the limit, those that are replaced before others. Holds under concurrent calls. Throws `conflict` when a
   * `cancelAll` of its scope came after `begun`.
   */
  insert(record: SessionRecord, terms: InsertTerms, signal: AbortSignal): Promise<InsertedSession>;
  /** By the digest of a client secret. Sessions that have ended are found too, for as long as they are kept. */
  findByLookupKey(lookupKey: string, signal: AbortSignal): Promise<FoundSession | null>;
  find(owner: SessionOwner, id: string, signal: AbortSignal): Promise<FoundSession | null>;
  /** Final and idempotent: the first time stays. Null when it is not this owner's. */
  cancel(owner: SessionOwner, id: string, atMs: number, signal: AbortSignal): Promise<FoundSession | null>;
  /** In one step: no session of the scope whose mint has begun is or becomes active. Returns those it ended. */
  cancelAll(scope: SessionScope, atMs: number, signal: AbortSignal): Promise<SessionRecord[]>;
  /** Active sessions, newest first, strictly after `after`. Throws `not_found` when `after` is not this owner's. */
  listActive(
    owner: SessionOwner,
    page: { readonly limit: number; readonly after?: string },
    signal: AbortSignal,
  ): Promise<{ readonly sessions: FoundSession[]; readonly hasMore: boolean }>;
  /** That a session was accepted. Costs no wait, and may be forgotten. */
  noteUse(id: string, atMs: number): void;
  /** The sessions that have ended by time since the last call, each once, within a second of either clock. */
  takeLapsed(signal: AbortSignal): Promise<LapsedSession[]>;
}

export interface InsertTerms {
  /** L19. */
  readonly maxActive: number;
  /** What `begin` gave when the mint began. */
  readonly begun: number;
  /** The owner's session that this one takes the place of; it stays valid for the overlap (S36). */
  readonly replaces?: { readonly id: string; readonly overlapMs: number };
}

export interface InsertedSession {
  readonly evicted: SessionRecord[];
  /** Null when there is no such session, or it has ended. */
  readonly replaced: SessionRecord | null;
}

export interface LapsedSession {
  readonly record: SessionRecord;
  readonly reason: "expired" | "replaced";
}

/** Whose sessions: of one user, of a whole tenant, of a page that is gone. */
export type SessionScope =
  | { readonly kind: "user"; readonly tenant: string; readonly user: string }
  | { readonly kind: "tenant"; readonly tenant: string }
  | { readonly kind: "origin"; readonly origin: string };

export interface SessionOwner {
  readonly tenant: string;
  readonly user: string;
}

/** What is known of a session before it is sealed. */
export type SessionDraft = Omit<
  SessionRecord,
  "version" | "deployment" | "pepperId" | "lookupKey" | "mac" | "cancelledAtMs"
>;

/**
 * Digests and seals under keys that nothing else knows. What is made is made under the current pepper; what is looked up
 * or opened may be of the previous one, and of no other (S44).
 */
export interface SessionKeys {
  /** The record of a new session: with the digest of its client secret (S42) and a MAC over every member (S43). */
  sealRecord(draft: SessionDraft, clientSecret: string): SessionRecord;
  /** The digests under which a client secret may be kept, the current pepper's first. */
  lookupKeys(token: string): readonly string[];
  /** Whether the record is as it was written, here, in this format (S43, S49). As slow for every answer. */
  recordIntact(record: SessionRecord): boolean;
  /** Hex digests that may name a caller's idempotency key, the current pepper's first (S38). */
  replaySlots(owner: SessionOwner, idempotencyKey: string): readonly string[];
  /** Encrypted and authenticated under a key that needs the raw idempotency key (S38). */
  sealReply(idempotencyKey: string, text: string): string;
  openReply(idempotencyKey: string, sealed: string): string;
  /** An id for an event at this position, of letters, digits and hyphens, that only its owner can use (S85). */
  eventId(owner: SessionOwner, position: string): string;
  /** The position, or null when the id was not made for this owner. */
  eventPosition(owner: SessionOwner, id: string): string | null;
}

/** What a request for a session brings along beside its caller and input. */
export interface MintSource {
  /** Where the request came from, as far as that is known. */
  readonly address?: string | null;
  /** The page that asks: its Origin field as it was sent, once it was found allowed. Null: no page (S57). */
  readonly origin: string | null;
  /** The client secret that the new session takes the place of (S36). */
  readonly currentSecret: string | null;
}

export interface IssueOrder {
  readonly caller: Caller;
  readonly profile: SessionProfile;
  readonly stateVariables: Readonly<Record<string, string | number | boolean>>;
}

export interface IssuedSession {
  readonly clientSecret: string;
  readonly upstreamId: string | null;
  readonly expiresAtMs: number;
  readonly requestsPerMinute: number;
  readonly api: SessionApi;
}

/** Mints client secrets. Failures are ChatSessionErrors of the table; nothing else is thrown. */
export interface Issuer {
  readonly kind: IssuerKind;
  /** Each call mints anew. Ends within 10 s, retries included. */
  issue(order: IssueOrder, signal: AbortSignal): Promise<IssuedSession>;
  /** Idempotent. Takes the session back wherever this issuer made it valid. */
  cancel(record: SessionRecord, signal: AbortSignal): Promise<void>;
}

/** How the API keys are doing; `check` asks the upstream now. */
export interface ApiKeyReport {
  status(): ApiKeyStatuses;
  check(signal: AbortSignal): Promise<ApiKeyStatuses>;
}

export type DescribeSystem = () => SystemInfo;

/** Looks at everything that the server depends on, and asks the upstream. Ends within 12 s and never rejects. */
export type Examine = (signal: AbortSignal) => Promise<Finding[]>;

/** The audit trail, newest first. */
export type ReadAudit = (input: AuditInput) => AuditOutput | Promise<AuditOutput>;
