import { expect, test } from "vitest";

import type { SessionRecord } from "../ports.ts";
import { createMemorySessionStore, type MemorySessionStoreOptions } from "./memory.ts";
import {
  insert,
  recordFor,
  sessionStoreSuite,
  suiteEpochMs,
  type OpenedStore,
} from "./session-store.suite.ts";

const signal = AbortSignal.timeout(30_000);

function openMemory(options: MemorySessionStoreOptions = {}): OpenedStore {
  let wall = suiteEpochMs;
  let monotonic = 5000;
  return {
    store: createMemorySessionStore({ now: () => wall, monotonicNow: () => monotonic, ...options }),
    moveWallClock: (ms) => void (wall += ms),
    moveMonotonicClock: (ms) => void (monotonic += ms),
    async [Symbol.asyncDispose]() {},
  };
}

function recordOf(number: number, lifeMs = 600_000): SessionRecord {
  const lookupKey = number.toString(16).padStart(64, "0");
  const expiresAtMs = suiteEpochMs + lifeMs;
  return recordFor(
    { tenant: "acme", user: `user-${number}` },
    { id: `cksess_${number}`, lookupKey, expiresAtMs },
  );
}

sessionStoreSuite("memory", async () => openMemory());

test("a full store refuses as overloaded, until sessions have expired", async () => {
  const { store, moveMonotonicClock } = openMemory({ maxSessions: 2 });
  await insert(store, recordOf(1, 60_000), 10);
  await insert(store, recordOf(2), 10);
  await expect(insert(store, recordOf(3), 10)).rejects.toMatchObject({ code: "overloaded" });
  moveMonotonicClock(61_000);
  await insert(store, recordOf(3), 10);
  expect((await store.findByLookupKey(recordOf(2).lookupKey, signal))?.record.id).toBe("cksess_2");
});

test("cancelled sessions take no room, and only the newest of them are remembered", async () => {
  const { store } = openMemory({ maxSessions: 2, maxEnded: 3 });
  for (let number = 1; number <= 50; number += 1) {
    const record = recordOf(number);
    await insert(store, record, 10);
    await store.cancel(record, record.id, suiteEpochMs, signal);
  }
  expect(await store.findByLookupKey(recordOf(47).lookupKey, signal)).toBeNull();
  expect((await store.findByLookupKey(recordOf(48).lookupKey, signal))?.record.cancelledAtMs).toBe(
    suiteEpochMs,
  );
});

test("an id is used once", async () => {
  const { store } = openMemory();
  await insert(store, recordOf(1), 10);
  await expect(insert(store, recordOf(1), 10)).rejects.toMatchObject({ code: "conflict" });
});
