// A hundred thousand items in one thread beside ten thousand threads: opening and listing take no longer for it (R52).

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";

import type { StoredItem, StoredThread } from "@sidekit/chatkit/protocol";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";

import { ada } from "./conversation.ts";

const threads = 10_000;
const items = 100_000;
const inOneWrite = 500;
const samples = 40;
const signal = AbortSignal.timeout(120_000);

let folder: string;
let store: SqliteThreadStore;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-large-store-"));
  store = await openSqliteThreadStore({ path: join(folder, "threads.sqlite") });
  for (let from = 0; from < threads; from += inOneWrite) {
    await Promise.all(
      numbersFrom(from).map((at) => store.createThread(ada, thread(at), [note(`thr_${at}`, 0)], signal)),
    );
  }
  for (let from = 1; from < items; from += inOneWrite) {
    const written = numbersFrom(from).map((at) => note("thr_0", at));
    await store.saveItems(ada, "thr_0", written, signal);
  }
}, 120_000);

afterAll(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("R52: threads are listed from anywhere, and the largest is opened, within 50 ms", async () => {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const listed = await timed(async (share) => {
    const page = {
      limit: 100,
      order: "desc",
      after: `thr_${Math.floor(share * (threads - 200)) + 150}`,
    } as const;
    expect((await store.listThreads(ada, page, signal)).rows).toHaveLength(100);
  });
  const opened = await timed(async (share) => {
    expect(await store.loadThread(ada, "thr_0", signal)).not.toBeNull();
    const after = `msg_${Math.floor(share * (items - 200)) + 150}`;
    const page = { limit: 100, order: "desc", visibleOnly: true, after } as const;
    expect((await store.listItems(ada, "thr_0", page, signal)).rows).toHaveLength(100);
  });
  delays.disable();
  expect(p95(listed)).toBeLessThan(50);
  expect(p95(opened)).toBeLessThan(50);
  expect(delays.percentile(95) / 1e6).toBeLessThan(50);
});

/** How long each of some operations took, spread over the whole from its beginning to its end. */
async function timed(operation: (share: number) => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const begun = performance.now();
    await operation(sample / samples);
    times.push(performance.now() - begun);
  }
  return times;
}

function p95(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.95)]!;
}

function numbersFrom(from: number): number[] {
  return Array.from({ length: inOneWrite }, (_, offset) => from + offset);
}

function thread(at: number): StoredThread {
  return { id: `thr_${at}`, created_at: timeOf(at), status: { type: "active" }, metadata: {} };
}

function note(threadId: string, at: number): StoredItem {
  return {
    id: `msg_${at}`,
    thread_id: threadId,
    created_at: timeOf(at),
    type: "assistant_message",
    content: [{ type: "output_text", text: "word ".repeat(20), annotations: [] }],
  };
}

function timeOf(at: number): string {
  return new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString();
}
