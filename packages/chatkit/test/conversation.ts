// Drives a server as a client would: sends requests, follows streams.

import {
  type ChatKitCaller,
  ChatKitError,
  type ChatKitObservation,
  type ChatKitReply,
  type ChatKitServer,
  type ChatKitServerOptions,
  createChatKitServer,
  type HandleOptions,
  type Owner,
  type Responder,
  type StreamLogReader,
  type ThreadStore,
  type Turn,
} from "@sidekit/chatkit";
import type { AssistantMessageItem, StoredItem, StreamEvent } from "@sidekit/chatkit/protocol";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";

export const ada: Owner = { tenant: "north", user: "ada" };
export const bob: Owner = { tenant: "north", user: "bob" };

type StreamReply = Extract<ChatKitReply, { kind: "stream" }>;

export interface Conversation {
  readonly server: ChatKitServer;
  readonly store: ThreadStore;
  readonly observations: ChatKitObservation[];
  /** Starts a run without reading from it. */
  start(request: unknown, owner?: Owner): Promise<StreamReply>;
  /** Sends a request that streams, and reads the stream to its end. */
  stream(request: unknown, owner?: Owner): Promise<StreamEvent[]>;
  json(request: unknown, owner?: Owner): Promise<unknown>;
  refusal(request: unknown, owner?: Owner): Promise<ChatKitError>;
  stored(threadId: string, owner?: Owner): Promise<StoredItem[]>;
}

export function converse(
  responder: Responder | Responder["respond"],
  options: Partial<ChatKitServerOptions> & HandleOptions = {},
): Conversation {
  // Tests say the same words again and again, and mean it.
  const { repeat = "new" } = options;
  const store = options.store ?? createMemoryThreadStore();
  const observations: ChatKitObservation[] = [];
  const server = createChatKitServer({
    log: createMemoryStreamLog(),
    responders: { test: typeof responder === "function" ? { respond: responder } : responder },
    observe: (observation) => observations.push(observation),
    ...options,
    store,
  });
  const handle = (request: unknown, owner: Owner) =>
    server.handle(callerFor(owner), request, AbortSignal.timeout(30_000), { repeat });

  async function start(request: unknown, owner = ada): Promise<StreamReply> {
    const reply = await handle(request, owner);
    if (reply.kind !== "stream") throw new Error("the answer is no stream");
    return reply;
  }

  return {
    server,
    store,
    observations,
    start,
    async stream(request, owner) {
      const reply = await start(request, owner);
      const events = eventsOf(await readToEnd(reply.reader));
      reply.detach();
      return events;
    },
    async json(request, owner = ada) {
      const reply = await handle(request, owner);
      if (reply.kind !== "json") throw new Error("the answer is a stream");
      return JSON.parse(reply.body);
    },
    async refusal(request, owner = ada) {
      const thrown = await handle(request, owner).then(
        () => null,
        (error: unknown) => error,
      );
      if (!(thrown instanceof ChatKitError))
        throw new Error("the request was not refused", { cause: thrown });
      return thrown;
    },
    async stored(threadId, owner = ada) {
      const page = { limit: 100, order: "asc", visibleOnly: false } as const;
      return (await store.listItems(owner, threadId, page, AbortSignal.timeout(5_000))).rows;
    },
  };
}

export function callerFor(owner: Owner): ChatKitCaller {
  return {
    owner,
    sessionId: "cksess_1",
    profile: { name: "default", model: "m", instructions: "", offers: { models: [], tools: [] } },
    responder: "test",
  };
}

export function createRequest(text: string) {
  return { type: "threads.create", params: { input: inputOf(text) } };
}

export function addRequest(threadId: string, text: string) {
  return { type: "threads.add_user_message", params: { thread_id: threadId, input: inputOf(text) } };
}

export function inputOf(text: string) {
  return { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
}

export async function readToEnd(reader: StreamLogReader): Promise<string> {
  let text = "";
  for (;;) {
    text += reader.take(16_384);
    if (reader.finished) return text;
    await new Promise<void>((resolve) => reader.whenReady(resolve));
  }
}

/** Reads on until the text holds the words. */
export async function readUntil(reader: StreamLogReader, words: string): Promise<string> {
  let text = "";
  for (;;) {
    text += reader.take(16_384);
    if (text.includes(words)) return text;
    if (reader.finished) throw new Error(`the stream ended without ${words}: ${text}`);
    await new Promise<void>((resolve) => reader.whenReady(resolve));
  }
}

/** Fails on anything that is not `data: `, one line of JSON, two line feeds. */
export function eventsOf(text: string): StreamEvent[] {
  const frames = text.split("\n\n");
  if (frames.pop() !== "") throw new Error("the stream ends within a frame");
  return frames.map((frame) => {
    if (!frame.startsWith("data: ") || /[\r\n]/.test(frame)) throw new Error(`not a frame: ${frame}`);
    return JSON.parse(frame.slice("data: ".length));
  });
}

export function threadIdOf(events: readonly StreamEvent[]): string {
  const [first] = events;
  if (first?.type !== "thread.created") throw new Error("the stream does not begin with its thread");
  return first.thread.id;
}

export function messageItem(turn: Turn, text: string, id = turn.newId("message")): AssistantMessageItem {
  return {
    id,
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "assistant_message",
    content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
  };
}

export function delta(itemId: string, text: string, index = 0) {
  return {
    type: "thread.item.updated",
    item_id: itemId,
    update: { type: "assistant_message.content_part.text_delta", content_index: index, delta: text },
  } as const;
}

export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
