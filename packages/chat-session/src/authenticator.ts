// Decides whether a client secret of ours opens a session. On the path of every chat request: no wait of its own.

import { ChatSessionError } from "./errors.ts";
import type { ObserveSession, SessionObservation } from "./observe.ts";
import type { SessionKeys, SessionOwner, SessionProfile, SessionRecord, SessionStore } from "./ports.ts";
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
 * The session that a client secret opens. Throws ChatSessionError `unauthenticated`, the same for every reason
 * (S47), or `store_unavailable` when the store cannot tell (S48). Expiry is judged by both clocks (S53, S62).
 */
export type AuthenticateSession = (token: string, signal: AbortSignal) => Promise<AuthenticatedSession>;

export interface SessionAuthenticatorOptions {
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  readonly profiles: readonly SessionProfile[];
  readonly observe: ObserveSession;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

type RefusalReason = Extract<SessionObservation, { event: "auth.refused" }>["reason"];

/** Checked in place of the record that an unknown token does not have, so that it takes as long as a known one. */
const absentRecord: SessionRecord = {
  id: "cksess_00000000000000000000000000000000",
  tenant: "",
  user: "",
  profile: "",
  issuer: "local",
  lookupKey: "0".repeat(64),
  upstreamId: null,
  createdAtMs: 0,
  expiresAtMs: 0,
  cancelledAtMs: null,
  mac: "0".repeat(64),
};

export function createSessionAuthenticator(options: SessionAuthenticatorOptions): AuthenticateSession {
  const { store, keys, observe } = options;
  const now = options.now ?? Date.now;
  const profiles = new Map(options.profiles.map((profile) => [profile.name, profile]));

  return async (token, signal) => {
    if (parseToken(token, "ckss_") === null) throw refuse("malformed");
    const lookupKey = keys.lookupKey(token);
    const found = await store.findByLookupKey(lookupKey, signal).catch((cause: unknown) => {
      throw cause instanceof ChatSessionError ? cause : new ChatSessionError("store_unavailable", { cause });
    });
    const record = found?.record ?? absentRecord;
    const intact = keys.recordIntact(record);
    if (found === null) throw refuse("unknown");
    if (!intact || record.lookupKey !== lookupKey || record.issuer !== "local") {
      observe({ event: "session.integrity", sessionId: record.id });
      throw refuse("integrity");
    }
    if (record.cancelledAtMs !== null) throw refuse("revoked");
    if (now() >= record.expiresAtMs || found.ageMs >= record.expiresAtMs - record.createdAtMs)
      throw refuse("expired");
    const profile = profiles.get(record.profile);
    if (profile === undefined) throw refuse("unknown");
    return {
      id: record.id,
      owner: { tenant: record.tenant, user: record.user },
      profile: record.profile,
      expiresAtMs: record.expiresAtMs,
      requestsPerMinute: profile.requestsPerMinute,
    };
  };

  function refuse(reason: RefusalReason): ChatSessionError {
    observe({ event: "auth.refused", reason });
    return new ChatSessionError("unauthenticated");
  }
}
