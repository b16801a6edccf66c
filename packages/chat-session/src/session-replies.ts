// Sessions as callers see them.

import type { ChatSession, SessionSummary } from "./contract.ts";
import type { IssuedSession, SessionProfile } from "./ports.ts";
import { stateOf, type FoundSession, type SessionRecord } from "./session-record.ts";

const renewBeforeMs = 60_000;
const renewAtShare = 0.8;

export interface MintedSession {
  readonly record: SessionRecord;
  readonly issued: IssuedSession;
}

/** What a caller gets who asked for a session. */
export function sessionReply(
  profile: SessionProfile,
  { record, issued }: MintedSession,
  atMs: number,
): ChatSession {
  const lifeMs = record.expiresAtMs - record.createdAtMs;
  const refreshAtMs = record.createdAtMs + Math.max(lifeMs - renewBeforeMs, lifeMs * renewAtShare);
  return {
    id: record.id,
    clientSecret: issued.clientSecret,
    status: "active",
    expiresAt: isoTime(record.expiresAtMs),
    refreshAt: isoTime(refreshAtMs),
    expiresIn: wholeSeconds(record.expiresAtMs - atMs),
    refreshIn: wholeSeconds(refreshAtMs - atMs),
    profile: profile.name,
    limits: { maxRequestsPerMinute: issued.requestsPerMinute },
    features: profile.features,
    api: issued.api,
  };
}

/** What an administrator sees of it: never the secret or what it is found by (S60). */
export function sessionSummaryOf(found: FoundSession, atMs: number): SessionSummary {
  const { record, lastUsedAtMs } = found;
  return {
    id: record.id,
    status: stateOf(found, atMs),
    issuer: record.issuer,
    profile: record.profile,
    createdAt: isoTime(record.createdAtMs),
    expiresAt: isoTime(record.expiresAtMs),
    lastUsedAt: lastUsedAtMs === null ? null : isoTime(lastUsedAtMs),
    origin: record.origin,
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}
