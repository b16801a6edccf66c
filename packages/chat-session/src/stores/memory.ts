// Sessions in this process's memory: lost with it, which ends them.

import { ChatSessionError } from "../errors.ts";
import { ownerKey } from "../owner-key.ts";
import type { InsertTerms, LapsedSession, SessionOwner, SessionScope, SessionStore } from "../ports.ts";
import { stateOf, type FoundSession, type SessionRecord } from "../session-record.ts";

/** Ends of whole scopes that are remembered one by one. */
const maxMarks = 10_000;
/** How far the wall clock may run ahead of the other before every session is looked at. */
const wallStepMs = 500;

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
  /** Which bucket of `ending` holds it while it is active. */
  endSecond: number;
  overlapEnds: FoundSession["overlapEnds"];
  lastUsedAtMs: number | null;
}

/** Every operation takes effect in one step. Only `cancelAll` of a tenant or an origin costs more the more sessions there are. */
export function createMemorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore {
  const { maxSessions = 100_000, maxEnded = 10_000 } = options;
  const now = options.now ?? Date.now;
  const monotonicNow = options.monotonicNow ?? (() => performance.now());

  const byId = new Map<string, Entry>();
  const byLookupKey = new Map<string, Entry>();
  /** Active entries of each owner, oldest first. */
  const activeByOwner = new Map<string, Entry[]>();
  const ending = new Map<number, Set<Entry>>();
  /** Oldest first: a set keeps the order of insertion. */
  const ended = new Set<Entry>();
  // One iterator for good: a new one would step over the places of all that have been forgotten.
  const oldestEnded = ended.values();
  /** Ended by time, and not yet taken. */
  let lapsed: LapsedSession[] = [];
  /** By scope, where in the order of this store it was last ended; oldest first. */
  const marks = new Map<string, number>();
  let forgottenMark = 0;
  let sequence = 0;
  let sweptSecond = Math.floor(monotonicNow() / 1000);
  let scannedOffsetMs = now() - monotonicNow();

  return {
    async begin(signal) {
      signal.throwIfAborted();
      return sequence;
    },
    async insert(record, terms, signal) {
      signal.throwIfAborted();
      sweep();
      if (byId.size - ended.size >= maxSessions) throw new ChatSessionError("overloaded");
      if (byId.has(record.id) || isOutrun(record, terms.begun)) throw new ChatSessionError("conflict");
      const { owner } = add(record);
      const replaced = letRunOut(owner, terms.replaces);
      const active = activeOf(owner);
      const excess = active.length - terms.maxActive;
      if (excess <= 0) return { evicted: [], replaced };
      const first = active.filter((it) => it.overlapEnds !== null);
      const evicted = [...first, ...active.filter((it) => it.overlapEnds === null)].slice(0, excess);
      return { evicted: evicted.map((it) => cancelEntry(it, now()).record), replaced };
    },
    async findByLookupKey(lookupKey, signal) {
      signal.throwIfAborted();
      const entry = byLookupKey.get(lookupKey);
      return entry === undefined ? null : found(entry);
    },
    async find(owner, id, signal) {
      signal.throwIfAborted();
      const entry = ownEntry(owner, id);
      return entry === null ? null : found(entry);
    },
    async cancel(owner, id, atMs, signal) {
      signal.throwIfAborted();
      const entry = ownEntry(owner, id);
      return entry === null ? null : cancelEntry(entry, atMs);
    },
    async cancelAll(scope, atMs, signal) {
      signal.throwIfAborted();
      mark(scopeKey(scope));
      return activeIn(scope).map((entry) => cancelEntry(entry, atMs).record);
    },
    async listActive(owner, page, signal) {
      signal.throwIfAborted();
      const after = page.after === undefined ? null : ownEntry(owner, page.after);
      if (page.after !== undefined && after === null) throw new ChatSessionError("not_found");
      const older = activeOf(ownerKey(owner)).filter((it) => after === null || it.sequence < after.sequence);
      const sessions = older.slice(-page.limit).reverse().map(found);
      return { sessions, hasMore: older.length > sessions.length };
    },
    noteUse(id, atMs) {
      const entry = byId.get(id);
      if (entry !== undefined) entry.lastUsedAtMs = atMs;
    },
    async takeLapsed(signal) {
      signal.throwIfAborted();
      sweep();
      const taken = lapsed;
      lapsed = [];
      return taken;
    },
  };

  function add(record: SessionRecord): Entry {
    const insertedAtMs = monotonicNow();
    const entry: Entry = {
      record: { ...record },
      owner: ownerKey(record),
      sequence: (sequence += 1),
      insertedAtMs,
      endSecond: Math.ceil((insertedAtMs + record.expiresAtMs - record.createdAtMs) / 1000),
      overlapEnds: null,
      lastUsedAtMs: null,
    };
    byId.set(record.id, entry);
    byLookupKey.set(record.lookupKey, entry);
    const siblings = activeByOwner.get(entry.owner);
    if (siblings === undefined) activeByOwner.set(entry.owner, [entry]);
    else siblings.push(entry);
    watch(entry);
    return entry;
  }

  /** Whether an end of everything came after this mint began. */
  function isOutrun(record: SessionRecord, begun: number): boolean {
    if (begun < forgottenMark) return true;
    if (marks.size === 0) return false;
    const { tenant, user, origin } = record;
    const scopes: SessionScope[] = [
      { kind: "user", tenant, user },
      { kind: "tenant", tenant },
    ];
    if (origin !== null) scopes.push({ kind: "origin", origin });
    return scopes.some((scope) => (marks.get(scopeKey(scope)) ?? 0) > begun);
  }

  function mark(scope: string): void {
    marks.delete(scope);
    marks.set(scope, (sequence += 1));
    if (marks.size <= maxMarks) return;
    const [oldest, at] = marks.entries().next().value!;
    marks.delete(oldest);
    // What began before it can no longer be told from what it ended: all of that is refused.
    forgottenMark = at;
  }

  function letRunOut(owner: string, replaces: InsertTerms["replaces"]): SessionRecord | null {
    const entry = replaces === undefined ? undefined : byId.get(replaces.id);
    if (replaces === undefined || entry?.owner !== owner || !isActive(entry)) return null;
    if (entry.overlapEnds === null) {
      const endsMs = monotonicNow() + replaces.overlapMs;
      entry.overlapEnds = { atMs: now() + replaces.overlapMs, ageMs: endsMs - entry.insertedAtMs };
      unwatch(entry);
      entry.endSecond = Math.min(entry.endSecond, Math.ceil(endsMs / 1000));
      watch(entry);
    }
    return entry.record;
  }

  function found({ record, insertedAtMs, overlapEnds, lastUsedAtMs }: Entry): FoundSession {
    return { record, ageMs: monotonicNow() - insertedAtMs, overlapEnds, lastUsedAtMs };
  }

  function isActive(entry: Entry): boolean {
    return stateOf(found(entry), now()) === "active";
  }

  function activeOf(owner: string): Entry[] {
    const entries = activeByOwner.get(owner) ?? [];
    for (const entry of entries.filter((it) => !isActive(it))) lapse(entry);
    return activeByOwner.get(owner) ?? [];
  }

  function activeIn(scope: SessionScope): Entry[] {
    if (scope.kind === "user") return [...activeOf(ownerKey(scope))];
    return [...activeByOwner.values()]
      .flat()
      .filter(({ record }) =>
        scope.kind === "tenant" ? record.tenant === scope.tenant : record.origin === scope.origin,
      )
      .filter(isActive);
  }

  function ownEntry(owner: SessionOwner, id: string): Entry | null {
    const entry = byId.get(id);
    return entry !== undefined && entry.owner === ownerKey(owner) ? entry : null;
  }

  function cancelEntry(entry: Entry, atMs: number): FoundSession {
    if (entry.record.cancelledAtMs === null) entry.record = { ...entry.record, cancelledAtMs: atMs };
    end(entry);
    return found(entry);
  }

  /** At most once a second; the buckets are as many as the longest lifetime has seconds. */
  function sweep(): void {
    const second = Math.floor(monotonicNow() / 1000);
    if (second <= sweptSecond) return;
    sweptSecond = second;
    for (const [endSecond, bucket] of ending) {
      if (endSecond <= second) for (const entry of bucket) lapse(entry);
    }
    const offsetMs = now() - monotonicNow();
    if (offsetMs - scannedOffsetMs >= wallStepMs) for (const owner of activeByOwner.keys()) activeOf(owner);
    if (offsetMs < scannedOffsetMs || offsetMs - scannedOffsetMs >= wallStepMs) scannedOffsetMs = offsetMs;
  }

  /** Its time is over. */
  function lapse(entry: Entry): void {
    if (ended.has(entry)) return;
    const replaced = stateOf(found(entry), now()) === "cancelled";
    if (replaced) cancelEntry(entry, now());
    else end(entry);
    lapsed.push({ record: entry.record, reason: replaced ? "replaced" : "expired" });
    if (lapsed.length > maxEnded) lapsed.shift();
  }

  function end(entry: Entry): void {
    if (ended.has(entry) || !byId.has(entry.record.id)) return;
    const siblings = (activeByOwner.get(entry.owner) ?? []).filter((it) => it !== entry);
    if (siblings.length === 0) activeByOwner.delete(entry.owner);
    else activeByOwner.set(entry.owner, siblings);
    unwatch(entry);
    ended.add(entry);
    if (ended.size > maxEnded) forget(oldestEnded.next().value!);
  }

  function watch(entry: Entry): void {
    const bucket = ending.get(entry.endSecond);
    if (bucket === undefined) ending.set(entry.endSecond, new Set([entry]));
    else bucket.add(entry);
  }

  function unwatch(entry: Entry): void {
    const bucket = ending.get(entry.endSecond);
    bucket?.delete(entry);
    if (bucket?.size === 0) ending.delete(entry.endSecond);
  }

  function forget(entry: Entry): void {
    ended.delete(entry);
    byId.delete(entry.record.id);
    byLookupKey.delete(entry.record.lookupKey);
  }
}

function scopeKey(scope: SessionScope): string {
  if (scope.kind === "user") return `user ${ownerKey(scope)}`;
  return scope.kind === "tenant" ? `tenant ${scope.tenant}` : `origin ${scope.origin}`;
}
