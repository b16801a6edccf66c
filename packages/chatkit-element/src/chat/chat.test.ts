import { expect, test } from "vitest";

import type { AnswerStream, ProtocolClient } from "../client/protocol-client.ts";
import type { ShownEvent } from "../client/wire-events.ts";
import type { ThreadRecord } from "../client/wire-items.ts";
import { SidekitChatError } from "../errors.ts";
import { createChat } from "./chat.ts";

const hello = { content: [{ type: "input_text" as const, text: "Hello" }] };

test("of two threads asked for in a row only the later one is shown and announced", async () => {
  const { chat, heard, client } = chatWith();
  const slow = Promise.withResolvers<void>();
  client.readThread = async (threadId) => {
    if (threadId === "thr_slow") await slow.promise;
    return { thread: record(threadId), items: { data: [], has_more: false } };
  };
  const first = chat.openThread("thr_slow");
  await chat.openThread("thr_quick");
  slow.resolve();
  await first;
  expect(chat.getState()).toMatchObject({
    conversation: { thread: { id: "thr_quick" } },
    loadingThreadId: null,
  });
  expect(heard.filter(([name]) => name === "chatkit.thread.change")).toEqual([
    ["chatkit.thread.change", { threadId: "thr_quick" }],
  ]);
});

test("a retry reads the thread that could not be read, unless a message was sent since", async () => {
  const { chat, client } = chatWith();
  const read: string[] = [];
  client.readThread = (threadId) => {
    read.push(threadId);
    return Promise.reject(new SidekitChatError("unreachable"));
  };
  await expect(chat.openThread("thr_1")).rejects.toMatchObject({ code: "unreachable" });
  await expect(chat.retry()).rejects.toMatchObject({ code: "unreachable" });
  expect(read).toEqual(["thr_1", "thr_1"]);

  const sent: string[] = [];
  client.stream = (request) => {
    sent.push(request.type);
    return Promise.reject(new SidekitChatError("unreachable"));
  };
  await expect(chat.send(hello)).rejects.toMatchObject({ code: "unreachable" });
  await expect(chat.retry()).rejects.toMatchObject({ code: "unreachable" });
  expect(sent).toEqual(["threads.create", "threads.create"]);
  expect(read).toHaveLength(2);
});

test("a stop takes effect at once, even if the page's fetch pays no heed to the signal", async () => {
  const { chat, client, heard } = chatWith();
  const stalled = Promise.withResolvers<AnswerStream>();
  let signal: AbortSignal | null = null;
  client.stream = (_request, given) => {
    signal = given;
    return stalled.promise;
  };
  const sending = chat.send(hello);
  chat.stop();
  expect(signal).toMatchObject({ aborted: true });
  expect(chat.getState().conversation).toMatchObject({ run: null, entries: [{ phase: "unsent" }] });
  let hasLeft = false;
  stalled.resolve({
    runId: null,
    batches: noEvents(),
    leave: () => {
      hasLeft = true;
    },
  });
  await sending;
  expect(hasLeft).toBe(true);
  expect(heard).toEqual([]);
});

test("nothing is sent while a response runs, and nothing that is blank", async () => {
  const { chat, client } = chatWith();
  await expect(chat.send({ content: [{ type: "input_text", text: " \n" }] })).rejects.toMatchObject({
    code: "message_empty",
  });
  client.stream = () => new Promise(() => {});
  chat.send(hello).catch(() => {});
  await expect(chat.send(hello)).rejects.toMatchObject({ code: "response_running" });
  await expect(chat.refresh()).rejects.toMatchObject({ code: "response_running" });
  expect(chat.getState().conversation.entries).toHaveLength(1);
});

function chatWith() {
  const never = () => Promise.reject(new Error("not part of this test"));
  const client: ProtocolClient = {
    readThread: never,
    listItems: never,
    listThreads: never,
    renameThread: never,
    deleteThread: never,
    actSync: never,
    sendFeedback: never,
    upload: never,
    transcribe: never,
    deleteAttachment: never,
    stream: never,
  };
  const heard: [string, unknown][] = [];
  const chat = createChat({
    client: () => client,
    emit: (name, ...[detail]) => {
      if (name !== "chatkit.error") heard.push([name, detail]);
    },
  });
  return { chat, client, heard };
}

function record(id: string): ThreadRecord {
  return { id, created_at: "2026-11-01T00:00:00Z", status: { type: "active" } };
}

async function* noEvents(): AsyncGenerator<ShownEvent[]> {}
