// How many runs there may be, and how they live with deletion, renaming, draining and slow readers.

import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { type ChatKitServerOptions, type Responder, runIdSchema } from "@sidekit/chatkit";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { describe, expect, test } from "vitest";

import {
  ada,
  addRequest,
  bob,
  converse,
  createRequest,
  delta,
  eventsOf,
  messageItem,
  readToEnd,
  readUntil,
  threadIdOf,
  untilAborted,
} from "./conversation.ts";

describe("admission", () => {
  test("R67: one answer per thread at a time; the second message is not stored", async () => {
    const { conversation, threadId, reply } = await running();
    const refused = await conversation.refusal(addRequest(threadId, "me too"));
    expect(refused).toMatchObject({ code: "thread_busy", httpStatus: 409 });
    await conversation.server.stopRun(ada, reply.runId);
    expect((await conversation.stored(threadId)).filter((item) => item.type === "user_message")).toHaveLength(
      1,
    );
  });

  test("R2, S115: four per owner, a bound in all, and a place is given back when a run ends (L26)", async () => {
    const conversation = converse(waiting, { limits: { runs: 6 } });
    const runIds: string[] = [];
    for (let count = 0; count < 4; count++)
      runIds.push((await conversation.start(createRequest("Hi"))).runId);
    expect(await conversation.refusal(createRequest("Hi"))).toMatchObject({
      code: "rate_limited",
      httpStatus: 429,
    });
    for (let count = 0; count < 2; count++) await conversation.start(createRequest("Hi"), bob);
    expect(await conversation.refusal(createRequest("Hi"), bob)).toMatchObject({
      code: "overloaded",
      httpStatus: 503,
    });
    expect(conversation.server.activeRuns()).toBe(6);
    for (const runId of runIds) await conversation.server.stopRun(ada, runId);
    await conversation.start(createRequest("Hi"));
    expect(conversation.server.activeRuns()).toBe(3);
    await conversation.server.drain({ deadlineMs: 0 });
  });

  test("S102, S64: a foreign thread is missing, whether it is busy or not", async () => {
    const { conversation, threadId } = await running();
    expect((await conversation.refusal(addRequest(threadId, "hello"), bob)).code).toBe("not_found");
    expect((await conversation.refusal(addRequest("thr_none", "hello"), bob)).code).toBe("not_found");
    await conversation.server.drain({ deadlineMs: 0 });
  });

  test("a locked or closed thread takes no message and no title, and can be deleted (S71)", async () => {
    for (const type of ["locked", "closed"] as const) {
      const conversation = converse(async function* (turn) {
        turn.thread.status = { type };
        yield { type: "progress_update", text: "done" };
      });
      const threadId = threadIdOf(await conversation.stream(createRequest("Hi")));
      expect(await conversation.refusal(addRequest(threadId, "more"))).toMatchObject({
        code: "conflict",
        httpStatus: 409,
      });
      const rename = { type: "threads.update", params: { thread_id: threadId, title: "t" } };
      expect(await conversation.refusal(rename)).toMatchObject({ code: "conflict" });
      expect(await conversation.stored(threadId)).toHaveLength(1);
      expect(await conversation.json({ type: "threads.delete", params: { thread_id: threadId } })).toEqual(
        {},
      );
    }
  });

  test("a run has an id of the form that routes expect", async () => {
    const { conversation, reply } = await running();
    expect(runIdSchema.safeParse(reply.runId).success).toBe(true);
    await conversation.server.stopRun(ada, reply.runId);
  });
});

describe("beside a run", () => {
  test("R71: deleting its thread stops it first; nothing is written afterwards", async () => {
    let aborted = false;
    const conversation = converse(async function* (turn) {
      const item = messageItem(turn, "");
      yield { type: "thread.item.added", item };
      yield delta(item.id, "some words");
      await untilAborted(turn.signal);
      aborted = true;
    });
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "some words")));
    await conversation.json({ type: "threads.delete", params: { thread_id: threadId } });
    expect(aborted).toBe(true);
    expect(await readToEnd(reply.reader)).toBe("");
    expect(await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(1_000))).toBeNull();
    expect(conversation.observations.filter((observation) => observation.event === "run.not_kept")).toEqual(
      [],
    );
    expect(conversation.observations.at(-1)).toMatchObject({ event: "run.done", stop: "deleted" });
    expect((await conversation.refusal(addRequest(threadId, "still there?"))).code).toBe("not_found");
  });

  test("deleting a thread twice at once is deleting it", async () => {
    const { conversation, threadId } = await running();
    const request = { type: "threads.delete", params: { thread_id: threadId } };
    expect(await Promise.all([1, 2, 3].map(() => conversation.json(request)))).toEqual([{}, {}, {}]);
    expect((await conversation.refusal(addRequest(threadId, "there?"))).code).toBe("not_found");
  });

  test("a new title and the responder's changes do not undo each other", async () => {
    const goOn = Promise.withResolvers<void>();
    const conversation = converse(async function* (turn) {
      turn.thread.metadata = { step: 1 };
      yield { type: "progress_update", text: "first" };
      await goOn.promise;
      turn.thread.metadata = { step: 2 };
      yield { type: "progress_update", text: "second" };
    });
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "thread.updated")));
    const renamed = await conversation.json({
      type: "threads.update",
      params: { thread_id: threadId, title: "Mine" },
    });
    expect(renamed).toMatchObject({ title: "Mine", metadata: {} });
    goOn.resolve();
    await readToEnd(reply.reader);
    expect(await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(1_000))).toMatchObject({
      title: "Mine",
      metadata: { step: 2 },
    });
  });
});

test("a new title undoes nothing that a run stores at the same time", async () => {
  const lock = Promise.withResolvers<void>();
  const conversation = converse(async function* (turn) {
    yield { type: "progress_update", text: "first" };
    await lock.promise;
    turn.thread.status = { type: "locked" };
    turn.thread.metadata = { step: 2 };
    yield { type: "progress_update", text: "second" };
  });
  const reply = await conversation.start(createRequest("Hi"));
  const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "first")));
  const rename = (title: string) =>
    conversation.json({ type: "threads.update", params: { thread_id: threadId, title } }).catch(() => {});
  const renames = Array.from({ length: 20 }, (_, at) => rename(`title ${at}`));
  lock.resolve();
  renames.push(...Array.from({ length: 20 }, (_, at) => rename(`later title ${at}`)));
  await Promise.all([...renames, readToEnd(reply.reader)]);
  expect(await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(1_000))).toMatchObject({
    status: { type: "locked" },
    metadata: { step: 2 },
  });
});

test("a thread of a later version keeps what we do not know when a responder changes it", async () => {
  const conversation = converse(async function* (turn) {
    turn.thread.title = "New";
    yield { type: "progress_update", text: "done" };
  });
  const created_at = "2026-01-02T03:04:05Z";
  const later = { id: "thr_1", created_at, status: { type: "active" }, metadata: {}, pinned: true } as const;
  const signal = AbortSignal.timeout(1_000);
  await conversation.store.createThread(ada, later, [], signal);
  const events = await conversation.stream(addRequest("thr_1", "Hi"));
  expect(JSON.stringify(events)).not.toContain("pinned");
  expect(await conversation.store.loadThread(ada, "thr_1", signal)).toEqual({ ...later, title: "New" });
});

describe("draining", () => {
  test("R53: runs that end in time are left alone, and new ones are refused", async () => {
    const goOn = Promise.withResolvers<void>();
    const conversation = converse(async function* (turn) {
      await goOn.promise;
      yield { type: "thread.item.done", item: messageItem(turn, "whole") };
    });
    const reply = await conversation.start(createRequest("Hi"));
    const drained = conversation.server.drain({ deadlineMs: 5_000 });
    expect(await conversation.refusal(createRequest("Hi"))).toMatchObject({
      code: "draining",
      httpStatus: 503,
    });
    expect(await conversation.json({ type: "threads.list", params: {} })).toMatchObject({ has_more: false });
    goOn.resolve();
    expect(await drained).toEqual({ stopped: 0 });
    expect(eventsOf(await readToEnd(reply.reader)).at(-1)?.type).toBe("thread.item.done");
  });

  test("the rest is stopped: partial text is stored, then the stream says so and ends (R53)", async () => {
    const { conversation, threadId, reply } = await running();
    expect(await conversation.server.drain({ deadlineMs: 10 })).toEqual({ stopped: 1 });
    expect((await conversation.stored(threadId)).map((item) => item.type)).toEqual([
      "user_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);
    expect(eventsOf(await readToEnd(reply.reader))).toEqual([
      { type: "error", code: "stream.error", allow_retry: true },
    ]);
    expect(conversation.server.activeRuns()).toBe(0);
  });

  test("R53: of two hundred at once, those that can end do, and every stream has its last event", async () => {
    const goOn = Promise.withResolvers<void>();
    const conversation = converse(
      async function* (turn) {
        const item = messageItem(turn, "");
        yield { type: "thread.item.added", item };
        yield delta(item.id, "some words");
        if (turn.userMessage?.content[0]?.text === "endless") await untilAborted(turn.signal);
        await goOn.promise;
        yield { type: "thread.item.done", item: messageItem(turn, "whole", item.id) };
      },
      { limits: { runs: 200 } },
    );
    const runs = await Promise.all(
      Array.from({ length: 200 }, async (_, at) => {
        const owner = { tenant: "north", user: `user ${at}` };
        const words = at % 2 === 0 ? "endless" : "brief";
        const reply = await conversation.start(createRequest(words), owner);
        const begun = await readUntil(reply.reader, "some words");
        return { owner, words, reply, threadId: threadIdOf(eventsOf(begun)) };
      }),
    );
    const drained = conversation.server.drain({ deadlineMs: 500 });
    goOn.resolve();
    expect(await drained).toEqual({ stopped: 100 });

    // What the next process finds.
    const next = converse(waiting, { store: conversation.store });
    for (const { owner, words, reply, threadId } of runs) {
      const last = eventsOf(await readToEnd(reply.reader)).at(-1);
      expect(last?.type).toBe(words === "brief" ? "thread.item.done" : "error");
      const stored = await next.stored(threadId, owner);
      expect(stored[0]).toMatchObject({ type: "user_message", content: [{ text: words }] });
      const said = words === "brief" ? "whole" : "some words";
      expect(stored[1]).toMatchObject({ type: "assistant_message", content: [{ text: said }] });
    }
  });

  test("with nothing running it is over at once", async () => {
    expect(await converse(waiting).server.drain({ deadlineMs: 60_000 })).toEqual({ stopped: 0 });
  });
});

describe("a reader that takes nothing", () => {
  test("R29: pauses the responder: 50,000 deltas wait outside, and arrive in order once it reads", async () => {
    const count = 50_000;
    let yielded = 0;
    const conversation = converse(async function* (turn) {
      const item = messageItem(turn, "");
      yield { type: "thread.item.added", item };
      for (let at = 0; at < count; at++) {
        yielded++;
        yield delta(item.id, `${at} `);
      }
    });
    const before = heapInUse();
    const reply = await conversation.start(createRequest("Hi"));
    await sleep(200);
    const atPause = yielded;
    // One mebibyte of frames of at least 150 characters each.
    expect(atPause).toBeLessThan(7_000);
    expect(heapInUse() - before).toBeLessThan(8_000_000);
    await sleep(50);
    expect(yielded).toBe(atPause);

    let next = 0;
    let peak = 0;
    for (;;) {
      for (const event of eventsOf(reply.reader.take(16_384))) {
        if (event.type !== "thread.item.updated" || !("delta" in event.update)) continue;
        expect(event.update.delta).toBe(`${next++} `);
        peak = Math.max(peak, yielded - next);
      }
      if (reply.reader.finished) break;
      await new Promise<void>((resolve) => reply.reader.whenReady(resolve));
    }
    expect(next).toBe(count);
    expect(peak).toBeLessThan(7_500);
  });

  test("R6: a hundred of them hold a mebibyte and a quarter each at most, and nothing once they have left", async () => {
    const readers = 100;
    let yielded = 0;
    const conversation = converse(
      async function* (turn) {
        const item = messageItem(turn, "");
        yield { type: "thread.item.added", item };
        for (; !turn.signal.aborted; yielded++) yield delta(item.id, "x");
      },
      { limits: { runs: readers }, detachGraceMs: 0, log: createMemoryStreamLog({ retentionMs: 50 }) },
    );
    const before = heapInUse();
    const replies = await Promise.all(
      Array.from({ length: readers }, (_, at) =>
        conversation.start(createRequest("Hi"), { tenant: "north", user: `user ${at}` }),
      ),
    );
    // Until all of them are paused.
    for (let seen = -1; yielded !== seen; await sleep(300)) seen = yielded;
    const held = heapInUse() - before;
    expect(held).toBeGreaterThan(readers * 900_000);
    expect(held).toBeLessThan(readers * (1_048_576 + 262_144));

    // Nor does the test hold on to any of them.
    for (const reply of replies.splice(0)) {
      reply.detach();
      reply.reader.close();
    }
    await expect.poll(() => conversation.server.activeRuns(), { timeout: 10_000 }).toBe(0);
    await expect.poll(() => heapInUse(), { timeout: 10_000, interval: 200 }).toBeLessThan(before * 1.1);
  }, 30_000);

  test("and leaves: the responder goes on without it", async () => {
    let done = false;
    const conversation = converse(
      async function* (turn) {
        for (let at = 0; at < 200; at++)
          yield { type: "progress_update", text: `${turn.runId} ${"x".repeat(1_000)}` };
        done = true;
      },
      { limits: { unsentChars: 10_000 } },
    );
    const reply = await conversation.start(createRequest("Hi"));
    await sleep(20);
    expect(done).toBe(false);
    reply.detach();
    for (let wait = 0; wait < 200 && conversation.server.activeRuns() > 0; wait++) await sleep(5);
    expect(done).toBe(true);
  });

  test("R6: and is not alone: it is lost once it is four times the bound behind, and the other reads on", async () => {
    const conversation = converse(
      async function* () {
        for (let at = 0; at < 200; at++) yield { type: "progress_update", text: "x".repeat(1_000) };
      },
      { limits: { unsentChars: 10_000 }, repeat: "join" },
    );
    const first = await conversation.start(createRequest("Hi"));
    const second = await conversation.start(createRequest("Hi"));
    expect(second.runId).toBe(first.runId);
    const told = Promise.withResolvers<void>();
    await new Promise<void>((resolve) => second.reader.whenReady(resolve));
    second.reader.whenReady(told.resolve);
    const text = await readToEnd(first.reader);
    expect(eventsOf(text).filter(({ type }) => type === "progress_update")).toHaveLength(200);
    expect(first.reader.lost).toBe(false);
    await told.promise;
    expect(second.reader).toMatchObject({ lost: true, finished: false });
    expect(second.reader.take(1_000_000)).toBe("");
  });

  test("can be stopped while it is paused", async () => {
    const conversation = converse(
      async function* () {
        for (;;) yield { type: "progress_update", text: "x".repeat(1_000) };
      },
      { limits: { unsentChars: 10_000 } },
    );
    const reply = await conversation.start(createRequest("Hi"));
    await sleep(20);
    await conversation.server.stopRun(ada, reply.runId);
    expect(conversation.server.activeRuns()).toBe(0);
  });
});

test("a responder that never waits leaves the process its turns", async () => {
  const conversation = converse(async function* (turn) {
    while (!turn.signal.aborted) yield { type: "progress_update", text: "." };
  });
  const reply = await conversation.start(createRequest("Hi"));
  reply.detach();
  await sleep(20);
  await conversation.server.stopRun(ada, reply.runId);
  expect(conversation.server.activeRuns()).toBe(0);
});

const waiting: Responder["respond"] = async function* (turn) {
  const item = messageItem(turn, "");
  yield { type: "thread.item.added", item };
  yield delta(item.id, "some words");
  await untilAborted(turn.signal);
};

async function running(options: Partial<ChatKitServerOptions> = {}) {
  const conversation = converse(waiting, options);
  const reply = await conversation.start(createRequest("Hi"));
  const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "some words")));
  return { conversation, reply, threadId };
}

/** Collects first: what counts is what cannot be let go. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
