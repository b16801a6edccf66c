// The ends of sessions: whoever wants one, it is final here at once, told to the upstream, reported and announced.

import { orAborted } from "./abortable.ts";
import { ChatSessionError } from "./errors.ts";
import type { ObserveSession, SessionEndReason } from "./observe.ts";
import type {
  Issuer,
  IssuerKind,
  SessionKeys,
  SessionOwner,
  SessionRecord,
  SessionScope,
  SessionStore,
} from "./ports.ts";
import type { SessionEvents } from "./session-events.ts";
import type { FoundSession } from "./session-record.ts";

/** For the upstream's part, retries included, whether or not the caller waits for it. */
const upstreamDeadlineMs = 15_000;
const upstreamAtOnce = 8;

export interface SessionEndsOptions {
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  readonly issuerByKind: ReadonlyMap<IssuerKind, Issuer>;
  readonly events: SessionEvents;
  readonly observe: ObserveSession;
  readonly now: () => number;
}

export interface EndedSessions {
  readonly ended: readonly SessionRecord[];
  /** Those among them that the upstream could not be told of: they live there until they expire. */
  readonly upstreamFailed: readonly SessionRecord[];
}

export interface SessionEnds {
  /**
   * Idempotent: a repeat tells the upstream again. Throws `not_found` for another's session as for none (S61), and what
   * the upstream's refusal was, although the session has ended here (S54).
   */
  one(owner: SessionOwner, id: string, signal: AbortSignal): Promise<FoundSession>;
  /** Every session of the scope, those that are being minted included (S55). */
  all(scope: SessionScope, reason: SessionEndReason, signal: AbortSignal): Promise<EndedSessions>;
  /** The session of a secret that was seen where it does not belong, if it is one (S50). */
  leaked(secret: string, signal: AbortSignal): Promise<void>;
  /** Those whose time is over. */
  lapsed(signal: AbortSignal): Promise<void>;
  /** Those that had to make room; the upstream is told in the background. */
  evicted(records: readonly SessionRecord[]): void;
  /** Whether the record is as it was written; reported when not (S43). */
  intact(record: SessionRecord): boolean;
}

export function createSessionEnds(options: SessionEndsOptions): SessionEnds {
  const { store, keys, issuerByKind, events, observe, now } = options;

  return {
    async one(owner, id, signal) {
      const atMs = now();
      const found = await store.cancel(owner, id, atMs, signal);
      if (found === null || !intact(found.record)) throw new ChatSessionError("not_found");
      if (found.record.cancelledAtMs === atMs) announce(found.record, "cancelled");
      await orAborted(cancelUpstream(found.record), signal);
      return found;
    },
    async all(scope, reason, signal) {
      const ended = await store.cancelAll(scope, now(), signal);
      for (const record of ended) announce(record, reason);
      const upstreamFailed = await orAborted(cancelAllUpstream(ended), signal);
      return { ended, upstreamFailed };
    },
    async leaked(secret, signal) {
      for (const lookupKey of keys.lookupKeys(secret)) {
        const found = await store.findByLookupKey(lookupKey, signal);
        if (found === null || found.record.cancelledAtMs !== null) continue;
        const { record } = found;
        await store.cancel(record, record.id, now(), signal);
        announce(record, "leaked");
        cancelLater([record]);
      }
    },
    async lapsed(signal) {
      for (const { record, reason } of await store.takeLapsed(signal)) {
        if (reason === "expired") {
          observe({ event: "session.expired", sessionId: record.id });
          events.publish(record, { type: "expired", sessionId: record.id });
        } else {
          announce(record, "replaced");
          cancelLater([record]);
        }
      }
    },
    evicted(records) {
      for (const record of records) announce(record, "limit");
      cancelLater(records);
    },
    intact,
  };

  function announce(record: SessionRecord, reason: SessionEndReason): void {
    observe({ event: "session.revoked", sessionId: record.id, reason });
    events.publish(record, { type: "cancelled", sessionId: record.id, reason });
  }

  function cancelLater(records: readonly SessionRecord[]): void {
    // The issuer reports what fails; the lifetime bounds it.
    void cancelAllUpstream(records);
  }

  async function cancelAllUpstream(records: readonly SessionRecord[]): Promise<SessionRecord[]> {
    const waiting = records.filter(({ upstreamId }) => upstreamId !== null);
    if (waiting.length === 0) return [];
    const failed: SessionRecord[] = [];
    const work = async () => {
      for (let record = waiting.shift(); record !== undefined; record = waiting.shift()) {
        const one = record;
        await cancelUpstream(one).catch(() => failed.push(one));
      }
    };
    await Promise.all(Array.from({ length: upstreamAtOnce }, work));
    return failed;
  }

  async function cancelUpstream(record: SessionRecord): Promise<void> {
    await issuerByKind.get(record.issuer)?.cancel(record, AbortSignal.timeout(upstreamDeadlineMs));
  }

  function intact(record: SessionRecord): boolean {
    if (keys.recordIntact(record)) return true;
    observe({ event: "session.integrity", sessionId: record.id });
    return false;
  }
}
