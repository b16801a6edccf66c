import type { StreamingRequest } from "@sidekit/chatkit/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { AnswerStream, ProtocolClient } from "../client/protocol-client.ts";
import type { ShownEvent } from "../client/wire-events.ts";
import type { ShownItem, ThreadRecord } from "../client/wire-items.ts";
import { SidekitChatError } from "../errors.ts";
import { createChat } from "./chat.ts";

const thread: ThreadRecord = { id: "thr_1", created_at: "2026-11-23T12:00:00Z", status: { type: "active" } };
const question = { content: [{ type: "input_text" as const, text: "Hello" }] };
const lost = new SidekitChatError("connection_lost");

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T12:00:30Z") }));
afterEach(() => void vi.useRealTimers());

test("an answer that broke off is joined by the same request, and nothing of it happens twice", async () => {
  const { chat, sent, heard, streams } = chatWith();
  const beginning: ShownEvent[] = [
    { type: "thread.created", thread },
    { type: "thread.item.done", item: user("msg_1") },
    { type: "notice", level: "info", message: "Note" },
    { type: "client_effect", name: "refresh", data: {} },
    { type: "thread.item.added", item: answer("msg_2", "") },
    delta("msg_2", "Half "),
  ];
  streams.push(stream("run_1", beginning, lost));
  streams.push(new SidekitChatError("unreachable"));
  streams.push(
    stream("run_1", [
      ...beginning,
      { type: "client_effect", name: "celebrate", data: {} },
      delta("msg_2", "and whole"),
      { type: "thread.item.done", item: answer("msg_2", "Half and whole") },
    ]),
  );
  await chat.send(question);
  await vi.advanceTimersByTimeAsync(20);
  expect(chat.getState().conversation).toMatchObject({ awaits: "connection", failure: null });
  expect(chat.getState().conversation.run).not.toBeNull();
  await vi.advanceTimersByTimeAsync(3_000);

  expect(sent).toHaveLength(3);
  expect(new Set(sent.map((request) => JSON.stringify(request))).size).toBe(1);
  const { conversation } = chat.getState();
  expect(conversation).toMatchObject({ awaits: null, run: null, failure: null });
  const kinds = conversation.entries.map((entry) => (entry.kind === "item" ? entry.item.id : entry.kind));
  expect(kinds.toSorted()).toEqual(["msg_1", "msg_2", "notice"]);
  expect(conversation.entries).toContainEqual(
    expect.objectContaining({ phase: "done", item: answer("msg_2", "Half and whole") }),
  );
  expect(heard).toEqual([
    "response.start",
    "thread.change",
    "effect refresh",
    "log",
    "effect celebrate",
    "response.end",
  ]);
});

test("where no run is named, or it is too late to join it, the stored answer is read and takes the broken one's place", async () => {
  const { chat, sent, pages, streams, heard } = chatWith();
  streams.push(
    stream(
      null,
      [
        { type: "thread.created", thread },
        { type: "thread.item.done", item: user("msg_1") },
        { type: "thread.item.added", item: answer("msg_2", "") },
        delta("msg_2", "Half"),
      ],
      lost,
    ),
  );
  pages.push([], new SidekitChatError("unreachable"), [answer("msg_2", "Half and whole")]);
  await chat.send(question);
  await vi.advanceTimersByTimeAsync(20);
  expect(chat.getState().conversation).toMatchObject({
    awaits: "answer",
    run: null,
    failure: { code: "connection_lost" },
    entries: [{}, { phase: "cut", item: { content: [{ text: "Half" }] } }],
  });
  await vi.advanceTimersByTimeAsync(30_000);
  expect(sent).toHaveLength(1);
  expect(chat.getState().conversation).toMatchObject({
    awaits: null,
    failure: null,
    entries: [{}, { phase: "done", item: { content: [{ text: "Half and whole" }] } }],
  });
  expect(heard.filter((name) => name === "error connection_lost")).toHaveLength(1);
});

test("a thread that is opened in the midst of an answer shows it when it is stored, and then asks no more", async () => {
  const { chat, pages, asked } = chatWith([user("msg_1")]);
  pages.push([], [], [answer("msg_2", "Here it is")]);
  await chat.openThread("thr_1");
  expect(chat.getState().conversation).toMatchObject({ awaits: "answer", run: null });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(chat.getState().conversation).toMatchObject({
    awaits: null,
    entries: [{}, { item: { content: [{ text: "Here it is" }] } }],
  });
  const looks = asked.length;
  expect(looks).toBeLessThan(8);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveLength(looks);
});

test("nobody asks for good when no answer comes, nor at all about an old question", async () => {
  const { chat, asked } = chatWith([user("msg_1")]);
  await chat.openThread("thr_1");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(chat.getState().conversation.awaits).toBeNull();
  expect(asked.length).toBeGreaterThan(5);
  expect(asked.length).toBeLessThan(20);

  const old = chatWith([{ ...user("msg_1"), created_at: "2026-11-20T12:00:00Z" }]);
  await old.chat.openThread("thr_1");
  await vi.advanceTimersByTimeAsync(600_000);
  expect(old.asked).toEqual([]);
});

test("a message that is sent, and a thread that is left, end the waiting", async () => {
  const { chat, asked, streams } = chatWith([user("msg_1")]);
  await chat.openThread("thr_1");
  streams.push(stream(null, [{ type: "thread.item.done", item: answer("msg_3", "Hi") }]));
  await chat.send(question);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
  expect(chat.getState().conversation.awaits).toBeNull();

  const other = chatWith([user("msg_1")]);
  await other.chat.openThread("thr_1");
  other.chat.leave();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(other.asked).toEqual([]);
});

function chatWith(items: readonly ShownItem[] = []) {
  const sent: StreamingRequest[] = [];
  const asked: string[] = [];
  const streams: (AnswerStream | SidekitChatError)[] = [];
  /** The newest stays. */
  const pages: (readonly ShownItem[] | SidekitChatError)[] = [];
  const heard: string[] = [];
  const never = () => Promise.reject(new Error("not part of this test"));
  const client: ProtocolClient = {
    readThread: async () => ({ thread, items: { data: [...items], has_more: false } }),
    listItems: async (_, { after }) => {
      asked.push(after ?? "");
      const page = pages.length > 1 ? pages.shift() : (pages[0] ?? []);
      if (page instanceof SidekitChatError) throw page;
      return { data: [...(page ?? [])], has_more: false };
    },
    listThreads: never,
    renameThread: never,
    deleteThread: never,
    actSync: never,
    sendFeedback: never,
    upload: never,
    transcribe: never,
    deleteAttachment: never,
    stream: async (request) => {
      sent.push(request);
      const next = streams.shift();
      if (next === undefined || next instanceof SidekitChatError) throw next;
      return next;
    },
  };
  const chat = createChat({
    client: () => client,
    emit: (name, ...[detail]) => {
      if (name.startsWith("chatkit.thread.load")) return;
      const error: unknown = Reflect.get(Object(detail), "error");
      const more = error instanceof SidekitChatError ? error.code : Reflect.get(Object(detail), "name");
      const word = name.replace("chatkit.", "");
      heard.push(word === "effect" || word === "error" ? `${word} ${String(more)}` : word);
    },
  });
  return { chat, sent, asked, heard, streams, pages };
}

function stream(
  runId: string | null,
  events: readonly ShownEvent[],
  end: SidekitChatError | null = null,
): AnswerStream {
  return { runId, leave: () => {}, batches: batchesOf(events, end) };
}

async function* batchesOf(
  events: readonly ShownEvent[],
  end: SidekitChatError | null,
): AsyncGenerator<ShownEvent[]> {
  for (const event of events) yield [event];
  if (end !== null) throw end;
}

function delta(item_id: string, words: string): ShownEvent {
  return {
    type: "thread.item.updated",
    item_id,
    update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: words },
  };
}

function user(id: string): ShownItem {
  return {
    type: "user_message",
    id,
    thread_id: "thr_1",
    created_at: "2026-11-23T12:00:10Z",
    content: question.content,
    attachments: [],
    inference_options: {},
  };
}

function answer(id: string, text: string): ShownItem {
  return {
    type: "assistant_message",
    id,
    thread_id: "thr_1",
    created_at: "2026-11-23T12:00:20Z",
    content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
  };
}
