// Decides whether a client secret of ours opens a session. On the path of every chat request: no wait of its own.

import { ChatSessionError } from "./errors.ts";
import type { ObserveSession, SessionObservation } from "./observe.ts";
import type { FoundSession, SessionKeys, SessionOwner, SessionProfile, SessionStore } from "./ports.ts";
import { stateOf, type SessionRecord } from "./session-record.ts";
import { parseToken } from "./token.ts";

export interface AuthenticatedSession {
  readonly id: string;
  readonly owner: SessionOwner;
  /** Name of the profile. */
  readonly profile: string;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number;
  readonly requestsPerMinute: number;
}

/**
 * The session that a client secret opens. `origin` is the request's Origin field, null when it has none: a session that
 * was minted for a page is refused from any other (S57). Throws ChatSessionError `unauthenticated`, the same for every
 * reason (S47), or `store_unavailable` when the store cannot tell (S48). Expiry is judged by both clocks (S53, S62).
 */
export type AuthenticateSession = (
  token: string,
  origin: string | null,
  signal: AbortSignal,
) => Promise<AuthenticatedSession>;

export interface SessionAuthenticatorOptions {
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  readonly profiles: readonly SessionProfile[];
  readonly observe: ObserveSession;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
}

type RefusalReason = Extract<SessionObservation, { event: "auth.refused" }>["reason"];

/** Checked in place of the record that an unknown token does not have, and as long, so that it takes as long (S45). */
const absentRecord: SessionRecord = {
  version: 0,
  deployment: "0".repeat(16),
  pepperId: "0".repeat(16),
  id: "cksess_00000000000000000000000000000000",
  tenant: "nobody",
  user: "nobody",
  origin: null,
  profile: "default",
  issuer: "local",
  requestsPerMinute: 10,
  lookupKey: "0".repeat(64),
  upstreamId: null,
  createdAtMs: 1_800_000_000_000,
  expiresAtMs: 1_800_000_000_000,
  mac: "0".repeat(64),
  cancelledAtMs: null,
};

export function createSessionAuthenticator(options: SessionAuthenticatorOptions): AuthenticateSession {
  const { store, keys, observe } = options;
  const now = options.now ?? Date.now;
  const monotonicNow = options.monotonicNow ?? (() => performance.now());
  const profiles = new Set(options.profiles.map(({ name }) => name));

  return async (token, origin, signal) => {
    if (parseToken(token, "ckss_") === null) throw refuse("malformed");
    const lookupKeys = keys.lookupKeys(token);
    const found = await findByAny(lookupKeys, signal);
    const session = found ?? absentSession();
    const { record } = session;
    const intact = keys.recordIntact(record);
    const atMs = now();
    const state = stateOf(session, atMs);
    if (found === null) throw refuse("unknown");
    if (!intact || !lookupKeys.includes(record.lookupKey) || record.issuer !== "local") {
      observe({ event: "session.integrity", sessionId: record.id });
      throw refuse("integrity");
    }
    if (state !== "active") throw refuse(state === "expired" ? "expired" : "revoked");
    if (record.origin !== null && origin !== null && record.origin !== origin)
      throw refuse("origin_mismatch");
    if (!profiles.has(record.profile)) throw refuse("unknown");
    store.noteUse(record.id, atMs);
    return {
      id: record.id,
      owner: { tenant: record.tenant, user: record.user },
      profile: record.profile,
      expiresAtMs: record.expiresAtMs,
      requestsPerMinute: record.requestsPerMinute,
    };
  };

  function absentSession(): FoundSession {
    return { record: absentRecord, ageMs: monotonicNow(), overlapEnds: null, lastUsedAtMs: null };
  }

  /** All are asked for whatever the first answers, so that the time says nothing about which pepper it was. */
  async function findByAny(lookupKeys: readonly string[], signal: AbortSignal): Promise<FoundSession | null> {
    let first: FoundSession | null = null;
    try {
      for (const lookupKey of lookupKeys) {
        const found = await store.findByLookupKey(lookupKey, signal);
        first ??= found;
      }
    } catch (cause) {
      throw cause instanceof ChatSessionError ? cause : new ChatSessionError("store_unavailable", { cause });
    }
    return first;
  }

  function refuse(reason: RefusalReason): ChatSessionError {
    observe({ event: "auth.refused", reason });
    return new ChatSessionError("unauthenticated");
  }
}
