// A session as it is kept, and what the two clocks make of it.

/** Format of the records that are written now. Others are refused (S49). */
export const recordVersion = 1;

/** Never with its secret. Every member but the last two is covered by `mac` (S43). */
export interface SessionRecord {
  readonly version: number;
  /** Of the instances that share a store, by which a record copied from elsewhere is known (S49). */
  readonly deployment: string;
  /** Names the pepper under which `lookupKey` and `mac` were made; says nothing about it. */
  readonly pepperId: string;
  readonly id: string;
  readonly tenant: string;
  readonly user: string;
  /** The page that asked for the session, and the only one that may use it; null when no page did (S57). */
  readonly origin: string | null;
  readonly profile: string;
  readonly issuer: "local" | "hosted";
  readonly requestsPerMinute: number;
  /** Keyed digest of the client secret, hex. */
  readonly lookupKey: string;
  /** The upstream's id, by which it is cancelled there; null unless hosted. */
  readonly upstreamId: string | null;
  /** Milliseconds since 1970, wall clock. */
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  /** HMAC over the members before it, hex. */
  readonly mac: string;
  readonly cancelledAtMs: number | null;
}

/** A session as a store found it, with its age by the store's own clock. */
export interface FoundSession {
  readonly record: SessionRecord;
  /** Milliseconds since it was inserted, by a clock that setting the wall clock does not move (S62). */
  readonly ageMs: number;
  /** When a session that was replaced is over: at the first of the two. Null unless replaced (S36). */
  readonly overlapEnds: { readonly atMs: number; readonly ageMs: number } | null;
  /** When it was last accepted, milliseconds since 1970. Null: never, or not known any more. */
  readonly lastUsedAtMs: number | null;
}

export type SessionState = "active" | "expired" | "cancelled";

/** Judged by both clocks, whichever is first (S53, S62). An overlap that is over is a cancel (S36). */
export function stateOf({ record, ageMs, overlapEnds }: FoundSession, nowMs: number): SessionState {
  if (record.cancelledAtMs !== null) return "cancelled";
  if (nowMs >= record.expiresAtMs || ageMs >= record.expiresAtMs - record.createdAtMs) return "expired";
  if (overlapEnds !== null && (nowMs >= overlapEnds.atMs || ageMs >= overlapEnds.ageMs)) return "cancelled";
  return "active";
}
