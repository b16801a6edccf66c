// What every session store must do.

import { describe, expect, test } from "vitest";

import type { SessionOwner, SessionRecord, SessionStore } from "../ports.ts";

/** A store with the clocks it goes by. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: SessionStore;
  /** Moves one clock and leaves the other. */
  readonly moveWallClock: (ms: number) => void;
  readonly moveMonotonicClock: (ms: number) => void;
}

export const suiteEpochMs = 1_700_000_000_000;
const lifeMs = 600_000;
const ann = { tenant: "acme", user: "ann" };
const signal = AbortSignal.timeout(30_000);
let made = 0;

/** A record as the store gets it; what is sealed in it is not the store's business. */
export function recordFor(owner: SessionOwner, changes: Partial<SessionRecord> = {}): SessionRecord {
  made += 1;
  return {
    version: 1,
    deployment: "local",
    pepperId: "00",
    id: `cksess_${made}`,
    tenant: owner.tenant,
    user: owner.user,
    origin: null,
    profile: "default",
    issuer: "local",
    requestsPerMinute: 10,
    lookupKey: made.toString(16).padStart(64, "0"),
    upstreamId: null,
    createdAtMs: suiteEpochMs,
    expiresAtMs: suiteEpochMs + lifeMs,
    mac: "ab".repeat(32),
    cancelledAtMs: null,
    ...changes,
  };
}

/** A mint that nothing comes in between of. */
export async function insert(store: SessionStore, record: SessionRecord, maxActive: number) {
  return store.insert(record, { maxActive, begun: await store.begin(signal) }, signal);
}

export function sessionStoreSuite(name: string, open: () => Promise<OpenedStore>): void {
  describe(`session store: ${name}`, () => {
    test("finds what was inserted by digest and by id, unchanged", async () => {
      await using opened = await open();
      const record = recordFor(ann);
      expect(await insert(opened.store, record, 10)).toEqual({ evicted: [], replaced: null });
      expect((await opened.store.findByLookupKey(record.lookupKey, signal))?.record).toEqual(record);
      expect((await opened.store.find(ann, record.id, signal))?.record).toEqual(record);
    });

    test("what is not there is null", async () => {
      await using opened = await open();
      expect(await opened.store.findByLookupKey("f".repeat(64), signal)).toBeNull();
      expect(await opened.store.find(ann, "cksess_none", signal)).toBeNull();
      expect(await opened.store.cancel(ann, "cksess_none", suiteEpochMs, signal)).toBeNull();
    });

    test("a session of somebody else is missing, also when names run together", async () => {
      await using opened = await open();
      const record = recordFor({ tenant: "ab", user: "c" });
      await insert(opened.store, record, 10);
      for (const other of [
        { tenant: "a", user: "bc" },
        { tenant: "ab", user: "C" },
        { tenant: "", user: "abc" },
      ]) {
        expect(await opened.store.find(other, record.id, signal)).toBeNull();
        expect(await opened.store.cancel(other, record.id, suiteEpochMs, signal)).toBeNull();
        expect((await opened.store.listActive(other, { limit: 20 }, signal)).sessions).toEqual([]);
        await expect(
          opened.store.listActive(other, { limit: 20, after: record.id }, signal),
        ).rejects.toMatchObject({
          code: "not_found",
        });
      }
      expect((await opened.store.find(record, record.id, signal))?.record.cancelledAtMs).toBeNull();
    });

    test("the first cancel stays, and a cancelled session is still found", async () => {
      await using opened = await open();
      const record = recordFor(ann);
      await insert(opened.store, record, 10);
      const first = await opened.store.cancel(ann, record.id, suiteEpochMs + 1000, signal);
      expect(first?.record).toEqual({ ...record, cancelledAtMs: suiteEpochMs + 1000 });
      expect(await opened.store.cancel(ann, record.id, suiteEpochMs + 2000, signal)).toEqual(first);
      expect((await opened.store.findByLookupKey(record.lookupKey, signal))?.record).toEqual(first!.record);
      expect((await opened.store.listActive(ann, { limit: 20 }, signal)).sessions).toEqual([]);
    });

    test("an insert beyond the limit cancels the owner's oldest and returns them", async () => {
      await using opened = await open();
      const records = [recordFor(ann), recordFor(ann), recordFor(ann)];
      const bobs = recordFor({ tenant: "acme", user: "bob" });
      await insert(opened.store, bobs, 2);
      expect((await insert(opened.store, records[0]!, 2)).evicted).toEqual([]);
      expect((await insert(opened.store, records[1]!, 2)).evicted).toEqual([]);
      const { evicted } = await insert(opened.store, records[2]!, 2);
      expect(evicted.map((it) => it.id)).toEqual([records[0]!.id]);
      expect(evicted[0]!.cancelledAtMs).not.toBeNull();
      expect((await opened.store.find(ann, records[0]!.id, signal))?.record.cancelledAtMs).not.toBeNull();
      expect((await opened.store.find(bobs, bobs.id, signal))?.record.cancelledAtMs).toBeNull();
    });

    test("the limit holds under concurrent inserts (S37)", async () => {
      await using opened = await open();
      const records = Array.from({ length: 25 }, () => recordFor(ann));
      const evicted = await Promise.all(records.map((record) => insert(opened.store, record, 10)));
      expect(evicted.flatMap((it) => it.evicted)).toHaveLength(15);
      expect((await opened.store.listActive(ann, { limit: 100 }, signal)).sessions).toHaveLength(10);
    });

    test("lists active sessions newest first, page by page", async () => {
      await using opened = await open();
      const ids: string[] = [];
      for (let count = 0; count < 5; count += 1) {
        const record = recordFor(ann);
        ids.unshift(record.id);
        await insert(opened.store, record, 10);
      }
      const first = await opened.store.listActive(ann, { limit: 2 }, signal);
      expect(first.sessions.map((it) => it.record.id)).toEqual(ids.slice(0, 2));
      expect(first.hasMore).toBe(true);
      // The cursor outlives the session it names.
      await opened.store.cancel(ann, ids[1]!, suiteEpochMs, signal);
      const second = await opened.store.listActive(ann, { limit: 2, after: ids[1]! }, signal);
      expect(second.sessions.map((it) => it.record.id)).toEqual(ids.slice(2, 4));
      const third = await opened.store.listActive(ann, { limit: 2, after: ids[3]! }, signal);
      expect(third.sessions.map((it) => it.record.id)).toEqual(ids.slice(4));
      expect(third.hasMore).toBe(false);
    });

    test("the wall clock alone ends a session (S62)", async () => {
      await using opened = await open();
      const record = recordFor(ann);
      await insert(opened.store, record, 10);
      opened.moveWallClock(lifeMs - 1);
      expect((await opened.store.listActive(ann, { limit: 20 }, signal)).sessions).toHaveLength(1);
      opened.moveWallClock(1);
      expect((await opened.store.listActive(ann, { limit: 20 }, signal)).sessions).toEqual([]);
    });

    test("the store's own clock alone ends a session (S62)", async () => {
      await using opened = await open();
      const record = recordFor(ann);
      await insert(opened.store, record, 10);
      opened.moveWallClock(-3_600_000);
      opened.moveMonotonicClock(lifeMs - 1);
      expect((await opened.store.findByLookupKey(record.lookupKey, signal))?.ageMs).toBe(lifeMs - 1);
      expect((await opened.store.listActive(ann, { limit: 20 }, signal)).sessions).toHaveLength(1);
      opened.moveMonotonicClock(1);
      expect((await opened.store.listActive(ann, { limit: 20 }, signal)).sessions).toEqual([]);
    });

    test("expired sessions do not count against the limit", async () => {
      await using opened = await open();
      await insert(opened.store, recordFor(ann), 1);
      opened.moveWallClock(lifeMs);
      opened.moveMonotonicClock(lifeMs);
      const later = { createdAtMs: suiteEpochMs + lifeMs, expiresAtMs: suiteEpochMs + 2 * lifeMs };
      expect((await insert(opened.store, recordFor(ann, later), 1)).evicted).toEqual([]);
    });

    test("a caller's object is not the store's", async () => {
      await using opened = await open();
      const record = { ...recordFor(ann) };
      await insert(opened.store, record, 10);
      record.user = "mallory";
      expect((await opened.store.findByLookupKey(record.lookupKey, signal))?.record.user).toBe("ann");
    });

    test("an aborted call changes nothing", async () => {
      await using opened = await open();
      const record = recordFor(ann);
      const left = AbortSignal.abort(new Error("left"));
      const terms = { maxActive: 10, begun: await opened.store.begin(signal) };
      await expect(opened.store.insert(record, terms, left)).rejects.toThrow("left");
      expect(await opened.store.find(ann, record.id, signal)).toBeNull();
    });
  });
}
