// A retry: the former answer stays until there is something in its place, whatever becomes of the new one (R71).

import { setImmediate as nextTick } from "node:timers/promises";

import { ChatKitError, type Responder, type ThreadStore } from "@sidekit/chatkit";
import type { StoredItem } from "@sidekit/chatkit/protocol";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { expect, test } from "vitest";

import {
  ada,
  addRequest,
  type Conversation,
  converse,
  createRequest,
  delta,
  messageItem,
  readUntil,
  threadIdOf,
  untilAborted,
} from "./conversation.ts";

const before = ["one", "answer 1", "two", "answer 2"];

test("R71: a retry that fails at once leaves everything as it was", async () => {
  const { conversation, retry, texts } = await talk(() => {
    throw new Error("no answer");
  });
  expect((await conversation.stream(retry)).at(-1)).toMatchObject({ type: "error" });
  expect(await texts()).toEqual(before);
});

test("R71: so does one that is stopped before anything of it is stored, and no note is left", async () => {
  const { conversation, retry, texts } = await talk(async function* (turn) {
    yield { type: "progress_update", text: "thinking" };
    await untilAborted(turn.signal);
  });
  const { runId, reader } = await conversation.start(retry);
  await readUntil(reader, "thinking");
  await conversation.server.stopRun(ada, runId);
  expect(await texts()).toEqual(before);
});

test("R71: what was said of an answer that broke off takes the place of the former one", async () => {
  const { conversation, retry, texts } = await talk(async function* (turn) {
    const item = messageItem(turn, "");
    yield { type: "thread.item.added", item };
    yield delta(item.id, "half of");
    throw new Error("broken");
  });
  await conversation.stream(retry);
  expect(await texts()).toEqual(["one", "half of", expect.stringContaining("cut this answer short")]);
});

test("R71: an answer that stores nothing leaves the message alone", async () => {
  const { conversation, retry, texts } = await talk(async function* () {
    yield { type: "progress_update", text: "nothing to say" };
  });
  await conversation.stream(retry);
  expect(await texts()).toEqual(["one"]);
});

test("R71: neither the run nor a reader sees what is to be replaced, and the store still has it", async () => {
  const seen: unknown[] = [];
  const { conversation, retry, texts, threadId } = await talk(async function* (turn) {
    const history = await turn.history(100);
    const read = { type: "threads.get_by_id", params: { thread_id: turn.thread.id } };
    const list = { type: "items.list", params: { thread_id: turn.thread.id, order: "desc" } };
    seen.push(textsOf(history), shown(await conversation.json(read)), shown(await conversation.json(list)));
    seen.push(textsOf(await conversation.stored(turn.thread.id)));
    yield { type: "thread.item.done", item: messageItem(turn, "new") };
    seen.push(textsOf(await turn.history(100)));
  });
  await conversation.stream(retry);
  expect(seen).toEqual([["one"], ["one"], ["one"], before, ["one", "new"]]);
  expect(await texts()).toEqual(["one", "new"]);
  expect(shown(await conversation.json({ type: "items.list", params: { thread_id: threadId } }))).toContain(
    "new",
  );
});

test("R71: several first writes at the same time remove once, and lose nothing", async () => {
  const { conversation, retry, texts } = await talk(async function* (turn) {
    await Promise.all(["a", "b", "c"].map((text) => turn.keep(messageItem(turn, text))));
    yield { type: "thread.item.done", item: messageItem(turn, "d") };
  });
  await conversation.stream(retry);
  expect((await texts()).toSorted()).toEqual(["a", "b", "c", "d", "one"]);
});

test("R71: a first item that the store refuses leaves the former answer", async () => {
  const store = failing(createMemoryThreadStore());
  const { conversation, retry, texts } = await talk(async function* (turn) {
    yield { type: "thread.item.done", item: messageItem(turn, "new") };
  }, store);
  store.fail = true;
  expect((await conversation.stream(retry)).at(-1)).toMatchObject({ type: "error" });
  expect(await texts()).toEqual(before);
  store.fail = false;
  await conversation.stream(retry);
  expect(await texts()).toEqual(["one", "new"]);
});

test("R71: the removal of an item that is to go anyway is told, and the rest goes with it", async () => {
  const { conversation, retry, texts, threadId } = await talk(async function* (turn) {
    yield { type: "thread.item.removed", item_id: "msg_none" };
    yield { type: "thread.item.done", item: messageItem(turn, "new") };
  });
  await conversation.stream(retry);
  expect(await texts()).toEqual(["one", "new"]);
  await conversation.stream(addRequest(threadId, "three"));
  expect((await texts()).slice(0, 3)).toEqual(["one", "new", "three"]);
});

test("R71: a thread that is deleted during its retry is gone", async () => {
  const { conversation, retry, threadId } = await talk(async function* (turn) {
    yield { type: "progress_update", text: "thinking" };
    await untilAborted(turn.signal);
    yield { type: "thread.item.done", item: messageItem(turn, "late") };
  });
  const { reader } = await conversation.start(retry);
  await readUntil(reader, "thinking");
  await conversation.json({ type: "threads.delete", params: { thread_id: threadId } });
  await nextTick();
  expect(await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(1_000))).toBeNull();
});

/** A thread of two questions and their answers, and a retry of the first that is answered so. */
async function talk(answer: Responder["respond"], store?: ThreadStore) {
  let count = 0;
  const conversation: Conversation = converse(
    async function* (turn) {
      if (turn.cause.kind === "user_message" && turn.cause.retry) yield* answer(turn);
      else yield { type: "thread.item.done", item: messageItem(turn, `answer ${++count}`) };
    },
    store === undefined ? {} : { store },
  );
  const threadId = threadIdOf(await conversation.stream(createRequest("one")));
  await conversation.stream(addRequest(threadId, "two"));
  const [first] = await conversation.stored(threadId);
  return {
    conversation,
    threadId,
    retry: { type: "threads.retry_after_item", params: { thread_id: threadId, item_id: first?.id } },
    texts: async () => textsOf(await conversation.stored(threadId)),
  };
}

function failing(inner: ThreadStore): ThreadStore & { fail: boolean } {
  return {
    ...inner,
    fail: false,
    replaceItemsAfter(...args) {
      if (this.fail) throw new ChatKitError("store_unavailable", { cause: new Error("for this test") });
      return inner.replaceItemsAfter(...args);
    },
  };
}

function textsOf(items: readonly StoredItem[]): string[] {
  return items.map((item) => {
    if (item.type === "sdk_hidden_context") return item.content;
    const spoken = item.type === "user_message" || item.type === "assistant_message";
    return spoken ? item.content.map(({ text }) => text).join("") : item.type;
  });
}

/** The first text of each item of a page, wherever the answer has it. */
function shown(answer: unknown): string[] {
  return [...JSON.stringify(answer).matchAll(/"text":"([^"]*)"/g)].map(([, text = ""]) => text);
}
