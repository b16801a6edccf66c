// An empty thread store for a case, of the kind that is asked for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ThreadStore, UsageStore } from "@sidekit/chatkit";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

export const storeKinds = ["sqlite", "memory"] as const;
export type StoreKind = (typeof storeKinds)[number];

export type OpenStore<Store extends ThreadStore> = Store &
  AsyncDisposable & { check(signal: AbortSignal): Promise<void> };

export async function openStore(kind: StoreKind): Promise<OpenStore<ThreadStore & UsageStore>> {
  if (kind === "memory") {
    return { ...createMemoryThreadStore(), async check() {}, async [Symbol.asyncDispose]() {} };
  }
  const folder = mkdtempSync(join(tmpdir(), "sidekit-threads-"));
  const store = await openSqliteThreadStore({ path: join(folder, "threads.sqlite") });
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
