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
  | { event: "session.revoked"; sessionId: string; reason: "cancelled" | "limit" | "leaked" }
  | { event: "session.integrity"; sessionId: string }
  | { event: "auth.refused"; reason: "malformed" | "unknown" | "expired" | "revoked" | "integrity" }
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
