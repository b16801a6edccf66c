import type { sessionEndReasons } from "./contract.ts";

/** Why a session ended before its time. */
export type SessionEndReason = (typeof sessionEndReasons)[number];

/** Why a current secret did not make a new session the successor of an old one (S36). */
export type RefreshIgnoredReason =
  | "malformed"
  | "unknown"
  | "integrity"
  | "foreign"
  | "other_profile"
  | "origin_mismatch"
  | "ended";

/** `unknown`: nothing that this deployment takes; `host`: whatever the application's own check looks at. */
export type IssuerCredentialKind = "launch" | "jwt" | "service" | "host" | "unknown";

/** Why an issuer credential was refused. The caller is told none of it (S47). */
export type IssuerRefusalReason =
  | "denied"
  | "malformed"
  | "unknown"
  | "expired"
  | "claims"
  | "signature"
  | "algorithm"
  | "no_right";

/** What the package reports instead of logging. Members are safe to log: no secret, no user's words. */
export type SessionObservation =
  | {
      event: "session.created";
      sessionId: string;
      issuer: "local" | "hosted";
      profile: string;
      credential: string;
    }
  | { event: "session.refused"; code: string; profile: string | null }
  | { event: "session.refreshed"; sessionId: string; replaces: string }
  | { event: "session.refresh_ignored"; reason: RefreshIgnoredReason }
  | { event: "session.revoked"; sessionId: string; reason: SessionEndReason }
  | { event: "session.expired"; sessionId: string }
  | { event: "session.integrity"; sessionId: string }
  | {
      event: "auth.refused";
      reason: "malformed" | "unknown" | "expired" | "revoked" | "integrity" | "origin_mismatch";
    }
  /** Somebody named a user to act as; only a service credential with that right can (S29). */
  | { event: "issuer.impersonated"; service: string; tenant: string; user: string }
  | { event: "issuer.refused"; credential: IssuerCredentialKind; reason: IssuerRefusalReason }
  /** Whether a credential is good could not be told; the caller was asked to come back. */
  | { event: "issuer.unverifiable"; credential: IssuerCredentialKind; reason: string }
  | {
      event: "upstream.failed";
      operation: "create" | "cancel";
      code: string;
      status: number | null;
      /** The upstream's or the network's own short word for it, such as `invalid_api_key` or `ECONNRESET`. */
      reason: string | null;
      requestId: string | null;
      attempts: number;
      elapsedMs: number;
      /** The upstream may have minted a session that nobody holds; its lifetime bounds it. */
      orphanPossible: boolean;
    };

export type ObserveSession = (observation: SessionObservation) => void;
