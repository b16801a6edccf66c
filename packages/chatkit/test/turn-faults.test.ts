// Everything that can go wrong while an answer is on its way, and what is left of it.

import { setTimeout as sleep } from "node:timers/promises";

import { ChatKitError, type Responder, type ThreadStore } from "@sidekit/chatkit";
import { pageSchema, type StoredItem, threadSchema } from "@sidekit/chatkit/protocol";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import {
  ada,
  addRequest,
  bob,
  callerFor,
  type Conversation,
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

const retryable = { type: "error", code: "stream.error", allow_retry: true };
const unhandled: unknown[] = [];
const note = (thrown: unknown) => unhandled.push(thrown);

beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});

afterEach(async () => {
  await sleep(5);
  process.off("unhandledRejection", note);
  if (unhandled.length > 0) throw new AggregateError(unhandled, "a rejection went unhandled");
});

describe("the responder throws", () => {
  test("R23, R30: before it has yielded anything: the error comes last, the question stays, the thread is free", async () => {
    let attempts = 0;
    const conversation = converse(async function* (turn) {
      if (++attempts === 1) throw new Error("canary-in-message");
      yield { type: "thread.item.done", item: messageItem(turn, "now") };
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.at(-1)).toEqual(retryable);
    expect(await kinds(conversation, threadIdOf(events))).toEqual(["user_message"]);
    const again = await conversation.stream(addRequest(threadIdOf(events), "again"));
    expect(again.at(-1)?.type).toBe("thread.item.done");
    expect(JSON.stringify([events, conversation.observations])).not.toContain("canary-in-message");
    expect(conversation.observations).toContainEqual(
      expect.objectContaining({ event: "run.failed", code: "internal" }),
    );
  });

  test("at once, when it is called", async () => {
    const conversation = converse(() => {
      throw new Error("no generator");
    });
    expect((await conversation.stream(createRequest("Hi"))).at(-1)).toEqual(retryable);
  });

  test("after some output: finished items stay, what was said of the rest is kept with a note (R25)", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "thread.item.done", item: messageItem(turn, "whole") };
      const item = messageItem(turn, "");
      yield { type: "thread.item.added", item };
      yield delta(item.id, "half of a sen");
      throw new ChatKitError("upstream_malformed");
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.at(-1)).toEqual(retryable);
    const items = await conversation.stored(threadIdOf(events));
    expect(items.map((item) => item.type)).toEqual([
      "user_message",
      "assistant_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);
    expect(textOf(items[2])).toBe("half of a sen");
  });

  test("an error of the table: its sentence, and whether to retry", async () => {
    const conversation = converse(async function* () {
      yield { type: "progress_update", text: "asking" };
      throw new ChatKitError("upstream_quota", { cause: new Error("canary-in-cause") });
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.at(-1)).toEqual({
      type: "error",
      code: "custom",
      message: "The account behind this chat has used up its quota.",
      allow_retry: false,
    });
  });

  test("a change of the thread is stored and announced after the error", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "progress_update", text: "asking" };
      turn.thread.title = "Kept";
      throw new Error("broken");
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.slice(-2)).toMatchObject([
      retryable,
      { type: "thread.updated", thread: { title: "Kept" } },
    ]);
  });
});

describe("the responder yields what it must not", () => {
  const garbage: Record<string, string> = {
    "an unknown event": '{"type":"thread.exploded"}',
    "an event of the server's": '{"type":"thread.created","thread":{}}',
    null: "null",
    "a string": '"text"',
    "an item without id": '{"type":"thread.item.done","item":{"type":"assistant_message","content":[]}}',
    "an item of an unknown kind": '{"type":"thread.item.done","item":{"type":"hologram","id":"h"}}',
    "a delta that is no text": withUpdate(
      '{"type":"assistant_message.content_part.text_delta","content_index":0,"delta":5}',
    ),
    "a part number out of bounds": withUpdate(
      '{"type":"assistant_message.content_part.text_delta","content_index":2000000000,"delta":"x"}',
    ),
    "an unknown update": withUpdate('{"type":"widget.exploded"}'),
  };
  for (const [name, event] of Object.entries(garbage)) {
    test(`R30: ${name}`, async () => {
      const conversation = converse(async function* (turn) {
        yield { type: "thread.item.added", item: messageItem(turn, "", "msg_1") };
        yield JSON.parse(event);
        yield { type: "thread.item.done", item: messageItem(turn, "too late") };
      });
      const events = await conversation.stream(createRequest("Hi"));
      expect(events.map((seen) => seen.type)).toEqual([
        "thread.created",
        "thread.item.done",
        "stream_options",
        "thread.item.added",
        "error",
      ]);
      expect(await kinds(conversation, threadIdOf(events))).toEqual(["user_message"]);
    });
  }

  test("an item that JSON cannot hold", async () => {
    const conversation = converse(async function* (turn) {
      const { id, thread_id, created_at } = messageItem(turn, "");
      yield {
        type: "thread.item.done",
        item: { id, thread_id, created_at, type: "widget", widget: { type: "Card", count: 1n } },
      };
    });
    expect((await conversation.stream(createRequest("Hi"))).at(-1)).toEqual(retryable);
  });

  const deep = JSON.parse(`${'{"children":['.repeat(40)}{}${"]}".repeat(40)}`);
  const oversized: [string, object][] = [
    ["of too many parts", { children: Array.from({ length: 2_001 }, () => ({ type: "Divider" })) }],
    ["that is too deep", deep],
    ["that is too large", { children: [{ type: "Text", value: "x".repeat(262_144) }] }],
  ];
  for (const [name, tree] of oversized) {
    test(`a widget ${name} (S113)`, async () => {
      const widget = { ...tree, type: "Card" } as const;
      const whole = converse(async function* (turn) {
        const { id, thread_id, created_at } = messageItem(turn, "");
        yield { type: "thread.item.done", item: { id, thread_id, created_at, type: "widget", widget } };
      });
      const updated = converse(async function* () {
        const update = { type: "widget.root.updated", widget } as const;
        yield { type: "thread.item.updated", item_id: "w_1", update };
      });
      for (const conversation of [whole, updated]) {
        const events = await conversation.stream(createRequest("Hi"));
        expect(events.at(-1)).toEqual(retryable);
        expect(events).toHaveLength(4);
      }
    });
  }

  test("what it hides after showing it is seen to go, and what was never shown is not", async () => {
    const conversation = converse(async function* (turn) {
      const place = { thread_id: turn.thread.id, created_at: turn.now() };
      const hide = (id: string) => ({ ...place, id, type: "hidden_context_item" as const, content: "note" });
      yield { type: "thread.item.done", item: messageItem(turn, "seen", "msg_1") };
      yield { type: "thread.item.added", item: hide("msg_1") };
      yield { type: "thread.item.removed", item_id: "msg_1" };
      yield { type: "thread.item.done", item: hide("shcx_1") };
      yield { type: "thread.item.removed", item_id: "shcx_1" };
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.slice(3)).toEqual([
      expect.objectContaining({ type: "thread.item.done" }),
      { type: "thread.item.removed", item_id: "msg_1" },
    ]);
    expect(await kinds(conversation, threadIdOf(events))).toEqual(["user_message"]);
  });

  test("a message with what is private of its attachments: stored, and never sent (S69)", async () => {
    const conversation = converse(async function* (turn) {
      const message = turn.userMessage;
      if (message === null) return;
      const file = { type: "file", id: "atc_1", name: "a", mime_type: "text/plain" } as const;
      const secret = { ...file, metadata: { bucket: "canary" }, size: 77_077 };
      yield { type: "thread.item.replaced", item: { ...message, attachments: [secret] } };
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.at(-1)).toMatchObject({ item: { attachments: [{ id: "atc_1" }] } });
    expect(JSON.stringify(events)).not.toMatch(/canary|77077/);
    expect(JSON.stringify(await conversation.stored(threadIdOf(events)))).toContain("canary");
  });

  test("S65, R30: an item of another thread", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "thread.item.done", item: { ...messageItem(turn, "astray"), thread_id: "thr_other" } };
    });
    expect((await conversation.stream(createRequest("Hi"))).at(-1)).toEqual(retryable);
  });

  test("what it changes on an item after yielding it changes nothing here", async () => {
    const conversation = converse(async function* (turn) {
      const item = messageItem(turn, "as yielded", "msg_1");
      yield { type: "thread.item.done", item };
      if (item.content[0] !== undefined) item.content[0].text = "changed later";
    });
    const events = await conversation.stream(createRequest("Hi"));
    expect(textOf((await conversation.stored(threadIdOf(events)))[1])).toBe("as yielded");
  });
});

describe("the store fails", () => {
  test("S102, R48: at the user message: refused before any frame, and no thread is left behind", async () => {
    const { store, failNext } = failingStore();
    const conversation = converse(silent, { store });
    failNext("saveMessage");
    expect((await conversation.refusal(createRequest("Hi"))).code).toBe("store_unavailable");
    expect(await conversation.json({ type: "threads.list", params: {} })).toEqual({
      data: [],
      has_more: false,
    });
    await conversation.stream(createRequest("Hi"));
  });

  test("in mid-turn: the item is not announced, the error is, the responder is told to stop", async () => {
    const { store, failNext } = failingStore();
    let cleanedUp = false;
    const conversation = converse(
      async function* (turn) {
        try {
          failNext("saveItems");
          yield { type: "thread.item.done", item: messageItem(turn, "lost") };
          yield { type: "thread.item.done", item: messageItem(turn, "never reached") };
        } finally {
          cleanedUp = turn.signal.aborted;
        }
      },
      { store },
    );
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.at(-1)).toEqual(retryable);
    expect(await kinds(conversation, threadIdOf(events))).toEqual(["user_message"]);
    expect(cleanedUp).toBe(true);
  });

  test("at a change of the thread: the change is stored with the next chance", async () => {
    const { store, failNext } = failingStore();
    const conversation = converse(
      async function* (turn) {
        failNext("updateThread");
        turn.thread.title = "Second try";
        yield { type: "progress_update", text: "on" };
      },
      { store },
    );
    const events = await conversation.stream(createRequest("Hi"));
    expect(events.slice(-2)).toMatchObject([
      retryable,
      { type: "thread.updated", thread: { title: "Second try" } },
    ]);
  });

  test("while a partial answer is kept: the run ends all the same, and it is reported", async () => {
    const { store, failNext } = failingStore();
    const conversation = converse(slowly("some words"), { store });
    const reply = await conversation.start(createRequest("Hi"));
    await readUntil(reply.reader, "some words");
    failNext("saveItems");
    await conversation.server.stopRun(ada, reply.runId);
    expect(conversation.server.activeRuns()).toBe(0);
    expect(conversation.observations).toContainEqual(
      expect.objectContaining({ event: "run.not_kept", code: "store_unavailable" }),
    );
  });
});

describe("a run is stopped", () => {
  test("R55: explicitly: text so far and one note are stored before the answer, and nothing more is shown", async () => {
    const conversation = converse(slowly("some words"));
    const reply = await conversation.start(createRequest("Hi"));
    const text = await readUntil(reply.reader, "some words");
    const threadId = threadIdOf(eventsOf(text));
    await conversation.server.stopRun(ada, reply.runId);
    const items = await conversation.stored(threadId);
    expect(items.map((item) => item.type)).toEqual([
      "user_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);
    expect(textOf(items[1])).toBe("some words");
    expect(await readToEnd(reply.reader)).toBe("");
    await conversation.stream(addRequest(threadId, "again"));
  });

  test("twice at once: one note", async () => {
    const conversation = converse(slowly("some words"));
    const reply = await conversation.start(createRequest("Hi"));
    const text = await readUntil(reply.reader, "some words");
    await Promise.all([
      conversation.server.stopRun(ada, reply.runId),
      conversation.server.stopRun(ada, reply.runId),
    ]);
    expect(await kinds(conversation, threadIdOf(eventsOf(text)))).toEqual([
      "user_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);
  });

  test("before anything was said: the note alone", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "thread.item.added", item: messageItem(turn, "  ") };
      await untilAborted(turn.signal);
    });
    const reply = await conversation.start(createRequest("Hi"));
    const text = await readUntil(reply.reader, "thread.item.added");
    await conversation.server.stopRun(ada, reply.runId);
    expect(await kinds(conversation, threadIdOf(eventsOf(text)))).toEqual([
      "user_message",
      "sdk_hidden_context",
    ]);
  });

  test("a change of the thread since the last event is stored", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "progress_update", text: "thinking" };
      turn.thread.title = "Set just before";
      await untilAborted(turn.signal);
    });
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "thinking")));
    await sleep(5);
    await conversation.server.stopRun(ada, reply.runId);
    expect(await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(5_000))).toMatchObject({
      title: "Set just before",
    });
  });

  test("by somebody else, or when there is none: not found, and it goes on", async () => {
    const conversation = converse(slowly("some words"));
    const reply = await conversation.start(createRequest("Hi"));
    await readUntil(reply.reader, "some words");
    await expect(conversation.server.stopRun(bob, reply.runId)).rejects.toMatchObject({ code: "not_found" });
    await expect(conversation.server.stopRun(ada, "run_0")).rejects.toMatchObject({ code: "not_found" });
    expect(conversation.server.activeRuns()).toBe(1);
    await conversation.server.stopRun(ada, reply.runId);
  });

  test("while an item is being stored: it is stored whole, and not again as a partial", async () => {
    const { store, delayNext } = failingStore();
    const conversation = converse(
      async function* (turn) {
        const item = messageItem(turn, "", "msg_1");
        yield { type: "thread.item.added", item };
        yield delta("msg_1", "half");
        delayNext("saveItems", 30);
        yield { type: "thread.item.done", item: messageItem(turn, "half and half", "msg_1") };
        await untilAborted(turn.signal);
      },
      { store },
    );
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, '"half"')));
    await conversation.server.stopRun(ada, reply.runId);
    const items = await conversation.stored(threadId);
    expect(items.map((item) => item.type)).toEqual([
      "user_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);
    expect(textOf(items[1])).toBe("half and half");
  });

  test("a responder that ignores it is abandoned, and what it does later goes unseen (R30)", async () => {
    const release = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    const conversation = converse(
      async function* (turn) {
        yield { type: "progress_update", text: "deaf" };
        await release.promise;
        try {
          yield { type: "thread.item.done", item: messageItem(turn, "much too late") };
        } finally {
          finished.resolve();
        }
        throw new Error("late");
      },
      { limits: { farewellMs: 10 } },
    );
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "deaf")));
    await conversation.server.stopRun(ada, reply.runId);
    await sleep(30);
    expect(conversation.observations).toContainEqual({ event: "run.abandoned", runId: reply.runId });
    release.resolve();
    await finished.promise;
    expect(await kinds(conversation, threadId)).toEqual(["user_message", "sdk_hidden_context"]);
  });

  test("R30: a responder that throws when it is stopped, or later, does no harm", async () => {
    const conversation = converse(async function* (turn) {
      yield { type: "progress_update", text: "fragile" };
      await untilAborted(turn.signal);
      throw new Error("aborted");
    });
    const reply = await conversation.start(createRequest("Hi"));
    const text = await readUntil(reply.reader, "fragile");
    await conversation.server.stopRun(ada, reply.runId);
    expect(await readToEnd(reply.reader)).toBe("");
    expect(await kinds(conversation, threadIdOf(eventsOf(text)))).toEqual([
      "user_message",
      "sdk_hidden_context",
    ]);
  });

  test("silence and a run without end are cut short with an error that may be retried (L17)", async () => {
    const silence = converse(slowly("some words"), { limits: { silenceMs: 30 } });
    const quiet = await silence.stream(createRequest("Hi"));
    expect(quiet.at(-1)).toEqual(retryable);
    expect(await kinds(silence, threadIdOf(quiet))).toEqual([
      "user_message",
      "assistant_message",
      "sdk_hidden_context",
    ]);

    const endless = converse(
      async function* (turn) {
        while (!turn.signal.aborted) {
          yield { type: "progress_update", text: "still here" };
          await sleep(5);
        }
      },
      { limits: { silenceMs: 1_000, runMs: 60 } },
    );
    expect((await endless.stream(createRequest("Hi"))).at(-1)).toEqual(retryable);
    expect(endless.observations.at(-1)).toMatchObject({
      event: "run.done",
      outcome: "failed",
      stop: "timeout",
    });
  });
});

describe("the client leaves", () => {
  test("R55: the run goes on and is stored", async () => {
    const goOn = Promise.withResolvers<void>();
    const conversation = converse(async function* (turn) {
      yield { type: "progress_update", text: "begun" };
      await goOn.promise;
      yield { type: "thread.item.done", item: messageItem(turn, "finished alone") };
    });
    const reply = await conversation.start(createRequest("Hi"));
    const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "begun")));
    reply.detach();
    reply.detach();
    goOn.resolve();
    await idle(conversation);
    expect(await kinds(conversation, threadId)).toEqual(["user_message", "assistant_message"]);
    expect(conversation.observations).toContainEqual({ event: "stream.detached", runId: reply.runId });
  });

  for (const detachGraceMs of [0, 30]) {
    test(`after ${detachGraceMs} ms alone the run is stopped`, async () => {
      const conversation = converse(slowly("some words"), { detachGraceMs });
      const reply = await conversation.start(createRequest("Hi"));
      const threadId = threadIdOf(eventsOf(await readUntil(reply.reader, "some words")));
      reply.detach();
      await idle(conversation);
      expect(await kinds(conversation, threadId)).toEqual([
        "user_message",
        "assistant_message",
        "sdk_hidden_context",
      ]);
      expect(conversation.observations.at(-1)).toMatchObject({
        event: "run.done",
        outcome: "stopped",
        stop: "detached",
      });
    });
  }

  test("while its message is being stored: refused, and nothing is left behind", async () => {
    const { store, delayNext } = failingStore();
    const conversation = converse(silent, { store });
    const connection = new AbortController();
    delayNext("saveMessage", 20);
    const answer = conversation.server.handle(callerFor(ada), createRequest("Hi"), connection.signal);
    await sleep(5);
    connection.abort();
    await expect(answer).rejects.toThrow("aborted");
    expect(await conversation.json({ type: "threads.list", params: {} })).toEqual({
      data: [],
      has_more: false,
    });
    expect(conversation.server.activeRuns()).toBe(0);
  });

  test("just after its message was stored: the run is alone from its start", async () => {
    const connection = new AbortController();
    const inner = createMemoryThreadStore();
    const store: ThreadStore = {
      ...inner,
      async saveMessage(...operation) {
        await inner.saveMessage(...operation);
        connection.abort();
      },
    };
    const conversation = converse(slowly("unheard"), { store, detachGraceMs: 0 });
    await conversation.server.handle(callerFor(ada), createRequest("Hi"), connection.signal);
    await idle(conversation);
    expect(conversation.observations.at(-1)).toMatchObject({
      event: "run.done",
      outcome: "stopped",
      stop: "detached",
    });
  });

  test("at every possible point: the thread is whole and free afterwards (R10)", async () => {
    const conversation = converse(
      async function* (turn) {
        const item = messageItem(turn, "");
        yield { type: "thread.item.added", item };
        for (const word of ["one ", "two ", "three"]) {
          await sleep(1);
          yield delta(item.id, word);
        }
        yield {
          type: "thread.item.done",
          item: { ...item, content: [{ type: "output_text", text: "one two three", annotations: [] }] },
        };
      },
      { detachGraceMs: 0 },
    );
    for (let frames = 0; frames <= 8; frames++) {
      const reply = await conversation.start(createRequest("Hi"));
      for (let count = 0; count < frames && !reply.reader.finished; count++) {
        await new Promise<void>((resolve) => reply.reader.whenReady(resolve));
        reply.reader.take(1);
      }
      reply.detach();
      await idle(conversation);
      const { data } = pageSchema(threadSchema).parse(
        await conversation.json({ type: "threads.list", params: {} }),
      );
      const items = await conversation.stored(data[0]?.id ?? "");
      expect(items[0]).toMatchObject({ type: "user_message" });
      const answers = items.filter((item) => item.type === "assistant_message");
      expect(answers.length).toBeLessThanOrEqual(1);
      for (const answer of answers) expect("one two three".startsWith(textOf(answer))).toBe(true);
      expect(items.filter((item) => item.type === "sdk_hidden_context").length).toBe(
        textOf(answers[0]) === "one two three" && items.length === 2 ? 0 : 1,
      );
    }
  });
});

/** Says the words, then waits to be stopped. */
function slowly(words: string): Responder["respond"] {
  let turns = 0;
  return async function* (turn) {
    if (++turns > 1) return;
    const item = messageItem(turn, "");
    yield { type: "thread.item.added", item };
    yield delta(item.id, words);
    await untilAborted(turn.signal);
    yield delta(item.id, " that nobody sees");
  };
}

const silent: Responder["respond"] = async function* () {};

function withUpdate(update: string): string {
  return `{"type":"thread.item.updated","item_id":"msg_1","update":${update}}`;
}

type FailingOperation = "saveMessage" | "updateThread" | "saveItems";

function failingStore() {
  const inner = createMemoryThreadStore();
  const faults = new Map<string, number | "fail">();
  const guarded = async (operation: FailingOperation) => {
    const fault = faults.get(operation);
    faults.delete(operation);
    if (fault === "fail") throw new ChatKitError("store_unavailable");
    if (fault !== undefined) await sleep(fault);
  };
  const store: ThreadStore = {
    ...inner,
    async saveMessage(owner, sent, signal) {
      await guarded("saveMessage");
      await inner.saveMessage(owner, sent, signal);
    },
    async updateThread(owner, threadId, change, signal) {
      await guarded("updateThread");
      return inner.updateThread(owner, threadId, change, signal);
    },
    async saveItems(owner, threadId, items, signal) {
      await guarded("saveItems");
      await inner.saveItems(owner, threadId, items, signal);
    },
  };
  return {
    store,
    failNext: (operation: FailingOperation) => faults.set(operation, "fail"),
    delayNext: (operation: FailingOperation, ms: number) => faults.set(operation, ms),
  };
}

async function kinds(conversation: Conversation, threadId: string): Promise<string[]> {
  return (await conversation.stored(threadId)).map((item) => item.type);
}

function textOf(item: StoredItem | undefined): string {
  return item?.type === "assistant_message" ? item.content.map((part) => part.text).join("") : "";
}

async function idle(conversation: Conversation): Promise<void> {
  for (let wait = 0; wait < 1000; wait++) {
    if (
      conversation.server.activeRuns() === 0 &&
      conversation.observations.some(({ event }) => event === "run.done")
    )
      return;
    await sleep(5);
  }
  throw new Error("the run does not end");
}
