// Sessions in this process's memory: lost with it, which ends them.

import { ChatSessionError } from "../errors.ts";
import type { SessionOwner, SessionRecord, SessionStore } from "../ports.ts";

export interface MemorySessionStoreOptions {
  /** Active sessions kept at most. */
  readonly maxSessions?: number;
  /** Ended sessions remembered at most, so that a refusal can be explained and a cancel repeated. */
  readonly maxEnded?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
}

interface Entry {
  record: SessionRecord;
  readonly owner: string;
  /** Order of insertion; no clock has a say in it. */
  readonly sequence: number;
  readonly insertedAtMs: number;
  /** Which bucket of `expiring` holds it while it is active. */
  readonly expirySecond: number;
}

/** Every operation takes effect in one step; the cost of each does not grow with the number of sessions. */
export function createMemorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore {
  const { maxSessions = 100_000, maxEnded = 10_000 } = options;
  const now = options.now ?? Date.now;
  const monotonicNow = options.monotonicNow ?? (() => performance.now());

  const byId = new Map<string, Entry>();
  const byLookupKey = new Map<string, Entry>();
  /** Active entries of each owner, oldest first. */
  const activeByOwner = new Map<string, Entry[]>();
  const expiring = new Map<number, Set<Entry>>();
  /** Oldest first: a set keeps the order of insertion. */
  const ended = new Set<Entry>();
  let sequence = 0;
  let sweptSecond = Math.floor(monotonicNow() / 1000);

  return {
    async insert(record, maxActive, signal) {
      signal.throwIfAborted();
      sweep();
      if (byId.size - ended.size >= maxSessions) throw new ChatSessionError("overloaded");
      if (byId.has(record.id)) throw new ChatSessionError("conflict");
      const entry = add(record);
      return activeOf(entry.owner)
        .slice(0, -maxActive)
        .map((oldest) => cancelEntry(oldest, now()));
    },
    async findByLookupKey(lookupKey, signal) {
      signal.throwIfAborted();
      const entry = byLookupKey.get(lookupKey);
      return entry === undefined
        ? null
        : { record: entry.record, ageMs: monotonicNow() - entry.insertedAtMs };
    },
    async find(owner, id, signal) {
      signal.throwIfAborted();
      return ownEntry(owner, id)?.record ?? null;
    },
    async cancel(owner, id, atMs, signal) {
      signal.throwIfAborted();
      const entry = ownEntry(owner, id);
      return entry === null ? null : cancelEntry(entry, atMs);
    },
    async listActive(owner, page, signal) {
      signal.throwIfAborted();
      const after = page.after === undefined ? null : ownEntry(owner, page.after);
      if (page.after !== undefined && after === null) throw new ChatSessionError("not_found");
      const older = activeOf(ownerKey(owner)).filter((it) => after === null || it.sequence < after.sequence);
      const records = older
        .slice(-page.limit)
        .reverse()
        .map((it) => it.record);
      return { records, hasMore: older.length > records.length };
    },
  };

  function add(record: SessionRecord): Entry {
    const insertedAtMs = monotonicNow();
    const entry: Entry = {
      record: { ...record },
      owner: ownerKey(record),
      sequence: (sequence += 1),
      insertedAtMs,
      expirySecond: Math.ceil((insertedAtMs + lifetimeMs(record)) / 1000),
    };
    byId.set(record.id, entry);
    if (record.lookupKey !== null) byLookupKey.set(record.lookupKey, entry);
    const siblings = activeByOwner.get(entry.owner);
    if (siblings === undefined) activeByOwner.set(entry.owner, [entry]);
    else siblings.push(entry);
    const bucket = expiring.get(entry.expirySecond);
    if (bucket === undefined) expiring.set(entry.expirySecond, new Set([entry]));
    else bucket.add(entry);
    return entry;
  }

  function activeOf(owner: string): Entry[] {
    const entries = activeByOwner.get(owner) ?? [];
    const [atMs, monotonicMs] = [now(), monotonicNow()];
    for (const entry of entries.filter((it) => !isActive(it, atMs, monotonicMs))) end(entry);
    return activeByOwner.get(owner) ?? [];
  }

  function isActive({ record, insertedAtMs }: Entry, atMs: number, monotonicMs: number): boolean {
    return (
      record.cancelledAtMs === null &&
      atMs < record.expiresAtMs &&
      monotonicMs - insertedAtMs < lifetimeMs(record)
    );
  }

  function ownEntry(owner: SessionOwner, id: string): Entry | null {
    const entry = byId.get(id);
    return entry !== undefined && entry.owner === ownerKey(owner) ? entry : null;
  }

  function cancelEntry(entry: Entry, atMs: number): SessionRecord {
    if (entry.record.cancelledAtMs === null) entry.record = { ...entry.record, cancelledAtMs: atMs };
    end(entry);
    return entry.record;
  }

  /** At most once a second; the buckets are as many as the longest lifetime has seconds. */
  function sweep(): void {
    const second = Math.floor(monotonicNow() / 1000);
    if (second <= sweptSecond) return;
    sweptSecond = second;
    for (const [expirySecond, bucket] of expiring) {
      if (expirySecond <= second) for (const entry of bucket) end(entry);
    }
  }

  function end(entry: Entry): void {
    if (ended.has(entry) || !byId.has(entry.record.id)) return;
    const siblings = (activeByOwner.get(entry.owner) ?? []).filter((it) => it !== entry);
    if (siblings.length === 0) activeByOwner.delete(entry.owner);
    else activeByOwner.set(entry.owner, siblings);
    const bucket = expiring.get(entry.expirySecond);
    bucket?.delete(entry);
    if (bucket?.size === 0) expiring.delete(entry.expirySecond);
    ended.add(entry);
    if (ended.size > maxEnded) forget(ended.values().next().value!);
  }

  function forget(entry: Entry): void {
    ended.delete(entry);
    byId.delete(entry.record.id);
    if (entry.record.lookupKey !== null) byLookupKey.delete(entry.record.lookupKey);
  }
}

function lifetimeMs(record: SessionRecord): number {
  return record.expiresAtMs - record.createdAtMs;
}

/** The length keeps two pairs apart that read the same when joined. */
function ownerKey(owner: SessionOwner): string {
  return `${owner.tenant.length}:${owner.tenant}${owner.user}`;
}
