// A thread of ten thousand items in a file: whatever is done with it leaves the process time for others (R47, R52).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { StoredItem } from "@sidekit/chatkit/protocol";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ada } from "./conversation.ts";

const created_at = "2026-01-02T03:04:05Z";
const signal = AbortSignal.timeout(60_000);

let folder: string;
let store: SqliteThreadStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-large-"));
  store = await openSqliteThreadStore({ path: join(folder, "threads.sqlite") });
  await store.createThread(
    ada,
    { id: "thr_1", created_at, status: { type: "active" }, metadata: {} },
    [],
    signal,
  );
  for (let at = 0; at < 10_000; at += 500) {
    await store.saveItems(
      ada,
      "thr_1",
      Array.from({ length: 500 }, (_, offset) => note(at + offset)),
      signal,
    );
  }
}, 30_000);

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

// Each step is flushed to the disk, which others may be using.
describe("ten thousand items", { timeout: 30_000 }, () => {
  test("R52: are deleted with their thread in many short steps", async () => {
    const { turns, longestMs } = await watched(() => store.deleteThread(ada, "thr_1", signal));
    expect(turns).toBeGreaterThanOrEqual(15);
    expect(longestMs).toBeLessThan(150);
    expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
  });

  test("are out of reach as soon as their deletion has begun", async () => {
    const deleted = store.deleteThread(ada, "thr_1", signal);
    expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
    expect(await store.loadItem(ada, "thr_1", "msg_0", signal)).toBeNull();
    await deleted;
  });

  test("are cut in many short steps, from the end", async () => {
    const { turns, longestMs } = await watched(() =>
      store.replaceItemsAfter(ada, "thr_1", "msg_9", [], signal),
    );
    expect(turns).toBeGreaterThanOrEqual(15);
    expect(longestMs).toBeLessThan(150);
    const page = await store.listItems(ada, "thr_1", { limit: 100, order: "asc", visibleOnly: true }, signal);
    expect(page.rows.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, at) => `msg_${at}`));
  });

  test("R52: are listed from anywhere within 50 ms", async () => {
    const times: number[] = [];
    for (let at = 99; at < 10_000; at += 450) {
      const begun = performance.now();
      const page = { limit: 100, order: "desc", visibleOnly: true, after: `msg_${at}` } as const;
      expect((await store.listItems(ada, "thr_1", page, signal)).rows).toHaveLength(Math.min(at, 100));
      times.push(performance.now() - begun);
    }
    const p95 = times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.95)];
    expect(p95).toBeLessThan(50);
  });
});

/** How often others had their turn meanwhile, and how long they had to wait for it at most. */
async function watched(operation: () => Promise<unknown>): Promise<{ turns: number; longestMs: number }> {
  let turns = 0;
  let longestMs = 0;
  let last = performance.now();
  let watching = true;
  const watch = () => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    turns++;
    if (watching) setImmediate(watch);
  };
  setImmediate(watch);
  await operation();
  watching = false;
  return { turns, longestMs: Math.max(longestMs, performance.now() - last) };
}

function note(at: number): StoredItem {
  return {
    id: `msg_${at}`,
    thread_id: "thr_1",
    created_at,
    type: "assistant_message",
    content: [{ type: "output_text", text: "word ".repeat(60), annotations: [] }],
  };
}
