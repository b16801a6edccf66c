// What the session service needs from outside, and what it promises to whoever provides it.

import type { ApiKeyStatuses, SessionApi, SessionFeatures, SystemInfo } from "./contract.ts";

/** Who asks, and how that was proven. Never taken from a request body. */
export interface Caller {
  readonly tenant: string;
  readonly user: string;
  readonly credential: "launch" | "jwt" | "service";
  /** May see how keys are doing and have them checked. */
  readonly operator: boolean;
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

/** A session as it is kept: never with its secret. */
export interface SessionRecord {
  readonly id: string;
  readonly tenant: string;
  readonly user: string;
  readonly profile: string;
  readonly issuer: IssuerKind;
  /** Keyed digest of the client secret, hex; null when the secret is not ours to recognise. */
  readonly lookupKey: string | null;
  /** The upstream's id, by which it is cancelled there; null unless hosted. */
  readonly upstreamId: string | null;
  /** Milliseconds since 1970, wall clock. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly cancelledAtMs: number | null;
  /** HMAC over the other members except `cancelledAtMs`, hex. */
  readonly mac: string;
}

/** A session as it was found, with its age by the store's own clock. */
export interface FoundSession {
  readonly record: SessionRecord;
  /** Milliseconds since it was inserted, by a clock that setting the wall clock does not move (S62). */
  readonly ageMs: number;
}

/**
 * Keeps sessions until they expire: by the wall clock, or by the store's own clock once they are as old as they may
 * become, whichever is first (S53, S62).
 *
 * What is not found is invalid: loss ends in refusal, never in acceptance. Every operation on a caller's sessions
 * names the owner, and a session of somebody else is missing. A store that cannot answer throws ChatSessionError
 * `store_unavailable`, a full one `overloaded`.
 */
export interface SessionStore {
  /**
   * Adds the session and, in the same step, cancels the owner's oldest active ones beyond `maxActive`, which it
   * returns. Holds under concurrent calls.
   */
  insert(record: SessionRecord, maxActive: number, signal: AbortSignal): Promise<SessionRecord[]>;
  /** By the digest of a client secret. Cancelled and expired sessions are found too, for as long as they are kept. */
  findByLookupKey(lookupKey: string, signal: AbortSignal): Promise<FoundSession | null>;
  find(owner: SessionOwner, id: string, signal: AbortSignal): Promise<SessionRecord | null>;
  /** Final and idempotent: the first time stays. Returns the record, or null when it is not this owner's. */
  cancel(owner: SessionOwner, id: string, atMs: number, signal: AbortSignal): Promise<SessionRecord | null>;
  /** Active sessions, newest first, strictly after `after`. Throws `not_found` when `after` is not this owner's. */
  listActive(
    owner: SessionOwner,
    page: { readonly limit: number; readonly after?: string },
    signal: AbortSignal,
  ): Promise<{ readonly records: SessionRecord[]; readonly hasMore: boolean }>;
}

export interface SessionOwner {
  readonly tenant: string;
  readonly user: string;
}

/** Digests and seals under keys that nothing else knows. Equal input gives equal digests; seals differ each time. */
export interface SessionKeys {
  /** Hex digest under which a client secret is kept (S42). */
  lookupKey(token: string): string;
  recordMac(record: Omit<SessionRecord, "mac" | "cancelledAtMs">): string;
  /** Whether the record is as it was written (S43). Takes the same time for every answer. */
  recordIntact(record: SessionRecord): boolean;
  /** Hex digest that names a caller's idempotency key: of two callers with one key, each has its own (S38). */
  replaySlot(owner: SessionOwner, idempotencyKey: string): string;
  /** Encrypted and authenticated under a key that needs the raw idempotency key (S38). */
  sealReply(idempotencyKey: string, text: string): string;
  openReply(idempotencyKey: string, sealed: string): string;
}

export interface IssueOrder {
  readonly caller: Caller;
  readonly profile: SessionProfile;
  readonly stateVariables: Readonly<Record<string, string | number | boolean>>;
}

export interface IssuedSession {
  readonly clientSecret: string;
  readonly lookupKey: string | null;
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
