// What every thread store must do: count what is used on a day.

import { expect } from "vitest";

import { ada, strangers, type StoreTest } from "./suite-fixture.ts";

const one = { requests: 1, tokens: 10 };

export function usageSuite(storeTest: StoreTest): void {
  storeTest("S124: of many at once as many pass as the bound allows", async ({ store, signal }) => {
    const below = { requests: 7, tokens: 1_000 };
    const many = Array.from({ length: 100 }, () => store.addUsage(ada, 20_000, one, below, signal));
    expect((await Promise.all(many)).filter((added) => added)).toHaveLength(7);
  });

  storeTest("S124: either bound refuses, for this owner and this day alone", async ({ store, signal }) => {
    expect(await store.addUsage(ada, 20_000, one, { requests: 1, tokens: 10 }, signal)).toBe(true);
    expect(await store.addUsage(ada, 20_000, one, { requests: 9, tokens: 10 }, signal)).toBe(false);
    expect(await store.addUsage(ada, 20_000, one, { requests: 1, tokens: 99 }, signal)).toBe(false);
    expect(await store.addUsage(ada, 20_001, one, { requests: 1, tokens: 10 }, signal)).toBe(true);
    for (const stranger of strangers) {
      expect(await store.addUsage(stranger, 20_000, one, { requests: 1, tokens: 10 }, signal)).toBe(true);
    }
  });

  storeTest("what was taken back, or is forgotten, does not count", async ({ store, signal }) => {
    const below = { requests: 2, tokens: 1_000 };
    await store.addUsage(ada, 20_000, { requests: 2, tokens: 0 }, null, signal);
    expect(await store.addUsage(ada, 20_000, one, below, signal)).toBe(false);
    await store.addUsage(ada, 20_000, { requests: -1, tokens: 0 }, null, signal);
    expect(await store.addUsage(ada, 20_000, one, below, signal)).toBe(true);
    await store.forgetUsage(20_000, signal);
    expect(await store.addUsage(ada, 20_000, one, below, signal)).toBe(false);
    await store.forgetUsage(20_001, signal);
    expect(await store.addUsage(ada, 20_000, one, below, signal)).toBe(true);
  });
}
