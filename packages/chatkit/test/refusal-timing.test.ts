// How long it takes to say that a thread is not there tells nobody whether it is somebody else's (S64): Welch's t over
// interleaved samples, within the process, where no network hides a difference.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ThreadStore, Turn } from "@sidekit/chatkit";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ada, bob, converse, createRequest, messageItem, threadIdOf } from "./conversation.ts";

const samplesPerKind = 10_000;
const noticeable = 4.5;
/** Other work on the machine can fake a difference once, not three times in a row. */
const attempts = 3;
const kinds = 10;

let folder: string;
let store: SqliteThreadStore;
let foreign: string[];
let absent: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-timing-"));
  store = await openSqliteThreadStore({ path: join(folder, "threads.sqlite") });
  const conversation = converse(silent, { store });
  foreign = [];
  for (let at = 0; at < kinds; at++) {
    foreign.push(threadIdOf(await conversation.stream(createRequest("Hi"), ada)));
  }
  absent = foreign.map((id, at) => `thr_${String(at).repeat(id.length - 4)}`);
});

afterEach(async () => {
  await store[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("S64: a foreign thread takes as long as none", async () => {
  let t = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < attempts && Math.abs(t) >= noticeable; attempt++)
    t = await difference(store);
  expect(Math.abs(t)).toBeLessThan(noticeable);
}, 120_000);

test("a store that looks twice at a foreign one would be found out", async () => {
  const twice: ThreadStore = {
    ...store,
    async loadThread(owner, threadId, signal) {
      if (foreign.includes(threadId)) await store.loadThread(owner, threadId, signal);
      return store.loadThread(owner, threadId, signal);
    },
  };
  expect(Math.abs(await difference(twice))).toBeGreaterThan(noticeable);
}, 120_000);

/** How many standard errors lie between the mean times of the two. */
async function difference(threads: ThreadStore): Promise<number> {
  const conversation = converse(silent, { store: threads });
  const times = await measured(async (thread_id) => {
    await conversation.refusal({ type: "threads.get_by_id", params: { thread_id } }, bob);
  });
  return welch(...times);
}

/** Milliseconds of each, one kind and the other by turns and in an order that changes. */
async function measured(refuse: (id: string) => Promise<void>): Promise<[Float64Array, Float64Array]> {
  const times: [Float64Array, Float64Array] = [
    new Float64Array(samplesPerKind),
    new Float64Array(samplesPerKind),
  ];
  // The first ones compile the code.
  for (let sample = -1000; sample < samplesPerKind; sample++) {
    const first = Math.random() < 0.5 ? 0 : 1;
    for (const kind of [first, 1 - first] as const) {
      const id = (kind === 0 ? foreign : absent)[(sample + 1000) % kinds]!;
      const begun = performance.now();
      await refuse(id);
      if (sample >= 0) times[kind]![sample] = performance.now() - begun;
    }
  }
  return times;
}

/** Of the quickest 95 in 100 of both together: a collection of garbage says nothing about either. */
function welch(one: Float64Array, other: Float64Array): number {
  const both = Float64Array.of(...one, ...other).toSorted();
  const slowest = both[Math.floor(both.length * 0.95)]!;
  const [a, b] = [one, other].map((samples) => momentsOf(samples.filter((sample) => sample < slowest)));
  return (a!.mean - b!.mean) / Math.sqrt(a!.variance / a!.count + b!.variance / b!.count);
}

function momentsOf(samples: Float64Array): { mean: number; variance: number; count: number } {
  const count = samples.length;
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / count;
  return {
    mean,
    variance: samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / (count - 1),
    count,
  };
}

async function* silent(turn: Turn) {
  yield { type: "thread.item.done", item: messageItem(turn, "ok") } as const;
}
