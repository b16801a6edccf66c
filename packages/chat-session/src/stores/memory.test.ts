import { expect, test } from "vitest";

import type { SessionRecord } from "../ports.ts";
import { createMemorySessionStore, type MemorySessionStoreOptions } from "./memory.ts";
import { sessionStoreSuite, suiteEpochMs, type OpenedStore } from "./session-store.suite.ts";

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
  return {
    id: `cksess_${number}`,
    tenant: "acme",
    user: `user-${number}`,
    profile: "default",
    issuer: "local",
    lookupKey: number.toString(16).padStart(64, "0"),
    upstreamId: null,
    createdAtMs: suiteEpochMs,
    expiresAtMs: suiteEpochMs + lifeMs,
    cancelledAtMs: null,
    mac: "",
  };
}

sessionStoreSuite("memory", async () => openMemory());

test("a full store refuses as overloaded, until sessions have expired", async () => {
  const { store, moveMonotonicClock } = openMemory({ maxSessions: 2 });
  await store.insert(recordOf(1, 60_000), 10, signal);
  await store.insert(recordOf(2), 10, signal);
  await expect(store.insert(recordOf(3), 10, signal)).rejects.toMatchObject({ code: "overloaded" });
  moveMonotonicClock(61_000);
  await store.insert(recordOf(3), 10, signal);
  expect((await store.findByLookupKey(recordOf(2).lookupKey!, signal))?.record.id).toBe("cksess_2");
});

test("cancelled sessions take no room, and only the newest of them are remembered", async () => {
  const { store } = openMemory({ maxSessions: 2, maxEnded: 3 });
  for (let number = 1; number <= 50; number += 1) {
    const record = recordOf(number);
    await store.insert(record, 10, signal);
    await store.cancel(record, record.id, suiteEpochMs, signal);
  }
  expect(await store.findByLookupKey(recordOf(47).lookupKey!, signal)).toBeNull();
  expect((await store.findByLookupKey(recordOf(48).lookupKey!, signal))?.record.cancelledAtMs).toBe(
    suiteEpochMs,
  );
});

test("an id is used once", async () => {
  const { store } = openMemory();
  await store.insert(recordOf(1), 10, signal);
  await expect(store.insert(recordOf(1), 10, signal)).rejects.toMatchObject({ code: "conflict" });
});
