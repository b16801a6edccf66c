// A message that comes again: answered once (L37).

import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import type { ChatKitReply, Responder, Turn } from "@sidekit/chatkit";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";

import {
  ada,
  addRequest,
  bob,
  callerFor,
  converse,
  createRequest,
  delta,
  eventsOf,
  messageItem,
  readToEnd,
  readUntil,
  threadIdOf,
} from "./conversation.ts";

const joining = { repeat: "join" } as const;

test("R73: while it is being answered: the same run, from its first frame", async () => {
  const answers = counted();
  const conversation = converse(answers.respond, joining);
  const first = await conversation.start(createRequest("Hi"));
  await readUntil(first.reader, "one ");
  const second = await conversation.start(createRequest("Hi"));
  expect(second.runId).toBe(first.runId);
  answers.goOn();
  const events = eventsOf(await readToEnd(second.reader));
  expect(events[0]?.type).toBe("thread.created");
  expect(events.at(-1)).toMatchObject({ type: "thread.item.done" });
  expect(answers.turns).toBe(1);
  expect((await conversation.stored(threadIdOf(events))).length).toBe(2);
});

test("R73: while it is being stored, and five at a time: one run", async () => {
  const answers = counted();
  answers.goOn();
  const conversation = converse(answers.respond, joining);
  const replies = await Promise.all(Array.from({ length: 5 }, () => conversation.start(createRequest("Hi"))));
  expect(new Set(replies.map(({ runId }) => runId)).size).toBe(1);
  const bodies = await Promise.all(replies.map(({ reader }) => readToEnd(reader)));
  expect(new Set(bodies).size).toBe(1);
  expect(answers.turns).toBe(1);
});

test("R73: after it was answered: the same frames once more", async () => {
  const answers = counted();
  answers.goOn();
  const conversation = converse(answers.respond, joining);
  const events = await conversation.stream(createRequest("Hi"));
  expect(await conversation.stream(createRequest("Hi"))).toEqual(events);
  const threadId = threadIdOf(events);
  const more = await conversation.stream(addRequest(threadId, "more"));
  expect(await conversation.stream(addRequest(threadId, "more"))).toEqual(more);
  expect(answers.turns).toBe(2);
});

test("R73: after the log has forgotten the run: what it stored", async () => {
  const answers = counted();
  answers.goOn();
  const conversation = converse(answers.respond, {
    ...joining,
    log: createMemoryStreamLog({ retentionMs: 0 }),
  });
  const events = await conversation.stream(createRequest("Hi"));
  await sleep(20);
  const replayed = await conversation.stream(createRequest("Hi"));
  expect(replayed.map(({ type }) => type)).toEqual([
    "thread.created",
    "thread.item.done",
    "stream_options",
    "thread.item.done",
  ]);
  expect(replayed.at(-1)).toEqual(events.at(-1));
  expect(answers.turns).toBe(1);
});

test("while it is being answered, and the log has lost its beginning: what is stored, as soon as it is over", async () => {
  const { first, beginning, second, goOn } = await joinedTooLate(async function* (turn) {
    yield { type: "thread.item.done", item: messageItem(turn, "the answer") };
  });
  expect(second.runId).toBe(first.runId);
  expect(second.reader.take(1_000)).toBe("");
  expect(second.reader.finished).toBe(false);
  goOn();
  const [rest, replayed] = await Promise.all([readToEnd(first.reader), readToEnd(second.reader)]);
  expect(eventsOf(replayed).at(0)).toEqual(eventsOf(beginning).at(0));
  expect(eventsOf(replayed).at(-1)).toEqual(eventsOf(rest).at(-1));
});

test("while it is being answered out of reach of the log, and the answer fails: an error that may be retried", async () => {
  // oxlint-disable-next-line require-yield -- it fails before its first event
  const { second, goOn } = await joinedTooLate(async function* () {
    throw new Error("broken");
  });
  goOn();
  expect(eventsOf(await readToEnd(second.reader))).toEqual([
    { type: "error", code: "stream.error", allow_retry: true },
  ]);
});

test("another session, another user, other words, or the wish for a new one: another run", async () => {
  const answers = counted();
  answers.goOn();
  const conversation = converse(answers.respond, joining);
  await conversation.stream(createRequest("Hi"));
  await conversation.stream(createRequest("Hi"), bob);
  await conversation.stream(createRequest("Hi!"));
  const other = { ...callerFor(ada), sessionId: "cksess_2" };
  await readReply(await conversation.server.handle(other, createRequest("Hi"), AbortSignal.timeout(5_000)));
  const asked = { repeat: "new" } as const;
  await readReply(
    await conversation.server.handle(callerFor(ada), createRequest("Hi"), AbortSignal.timeout(5_000), asked),
  );
  expect(answers.turns).toBe(5);
});

test("what the conversation has left behind: another message", async () => {
  const answers = counted();
  answers.goOn();
  const conversation = converse(answers.respond, joining);
  const threadId = threadIdOf(await conversation.stream(createRequest("Hi")));
  await conversation.stream(addRequest(threadId, "yes"));
  await conversation.stream(addRequest(threadId, "no"));
  await conversation.stream(addRequest(threadId, "yes"));
  expect(answers.turns).toBe(4);
  await conversation.stream({ ...addRequest(threadId, "yes"), metadata: { page: 2 } });
  expect(answers.turns).toBe(5);
});

test("what failed or was stopped is answered anew, and so is what was deleted", async () => {
  let turns = 0;
  const conversation = converse(async function* (turn) {
    if (++turns === 1) throw new Error("broken");
    yield { type: "thread.item.done", item: messageItem(turn, `answer ${turns}`) };
  }, joining);
  await conversation.stream(createRequest("Hi"));
  const events = await conversation.stream(createRequest("Hi"));
  expect(turns).toBe(2);
  await conversation.json({ type: "threads.delete", params: { thread_id: threadIdOf(events) } });
  const anew = await conversation.stream(createRequest("Hi"));
  expect(threadIdOf(anew)).not.toBe(threadIdOf(events));
  expect(turns).toBe(3);
});

/** Somebody asks again when the first frames of the answer are gone; then it ends like this. */
async function joinedTooLate(ending: Responder["respond"]) {
  const forgotten = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const conversation = converse(
    async function* (turn) {
      yield { type: "progress_update", text: "first words" };
      await forgotten.promise;
      yield { type: "progress_update", text: "more words" };
      await released.promise;
      yield* ending(turn);
    },
    { ...joining, log: createMemoryStreamLog({ keptCharsPerRun: 1 }) },
  );
  const first = await conversation.start(createRequest("Hi"));
  const beginning = await readUntil(first.reader, "first words");
  forgotten.resolve();
  await readUntil(first.reader, "more words");
  const second = await conversation.start(createRequest("Hi"));
  return { first, beginning, second, goOn: released.resolve };
}

async function readReply(reply: ChatKitReply): Promise<void> {
  if (reply.kind === "stream") await readToEnd(reply.reader);
}

function counted() {
  const released = Promise.withResolvers<void>();
  const answers = {
    turns: 0,
    goOn: released.resolve,
    respond: async function* (turn: Turn) {
      answers.turns++;
      const item = messageItem(turn, "");
      yield { type: "thread.item.added", item };
      yield delta(item.id, "one ");
      await released.promise;
      yield { type: "thread.item.done", item: messageItem(turn, "one two", item.id) };
    } satisfies Responder["respond"],
  };
  return answers;
}
