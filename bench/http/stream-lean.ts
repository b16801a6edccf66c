// The least that answers and keeps a ChatKit turn: raw node:http, threads in a map, one JSON.stringify an event, one
// write a tick, the responder paused while the socket is full. No credential, no schema, no stop, no second reader.

import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";

import { z } from "zod";

import { serveUnderTest } from "../under-test.ts";
import { answer, orderIn } from "./burst.ts";

/** What is written at once, in UTF-16 code units. */
const maxWriteChars = 16_384;

const requestSchema = z.object({
  params: z.object({
    input: z.object({ content: z.array(z.object({ type: z.string(), text: z.string() })) }),
  }),
});
type Content = z.infer<typeof requestSchema>["params"]["input"]["content"];

const threads = new Map<string, { thread: object; items: Map<string, object> }>();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { params } = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  const write = mergingWriter(response);
  for await (const event of turn(params.input.content)) {
    const full = write(`data: ${JSON.stringify(event)}\n\n`);
    if (full !== undefined) await full;
  }
  process.nextTick(() => response.end());
});
serveUnderTest(server);

async function* turn(content: Content): AsyncGenerator<object> {
  const threadId = id("thr");
  const thread = { id: threadId, created_at: now(), status: { type: "active" }, metadata: {} };
  const items = new Map<string, object>();
  threads.set(threadId, { thread, items });
  yield { type: "thread.created", thread: { ...thread, items: { data: [], has_more: false } } };
  const user = { id: id("msg"), thread_id: threadId, created_at: now(), type: "user_message", content };
  items.set(user.id, user);
  yield { type: "thread.item.done", item: { ...user, attachments: [], inference_options: {} } };
  yield { type: "stream_options", stream_options: { allow_cancel: true } };
  const message = { id: id("msg"), thread_id: threadId, created_at: now() };
  for await (const event of answer(message, orderIn(content))) {
    if (event.type === "thread.item.done") items.set(event.item.id, event.item);
    yield event;
  }
}

/** Merges what comes in one tick. The promise, if there is one, resolves when the socket takes more, or has closed. */
function mergingWriter(response: ServerResponse): (frame: string) => Promise<void> | undefined {
  let pending = "";
  let goOn = () => {};
  response.on("drain", () => goOn());
  response.on("close", () => goOn());
  const flush = () => {
    const text = pending;
    pending = "";
    return text === "" || response.destroyed || response.write(text);
  };
  return (frame) => {
    if (pending === "") process.nextTick(flush);
    pending += frame;
    if (pending.length < maxWriteChars || flush()) return undefined;
    return new Promise((resolve) => (goOn = resolve));
  };
}

function id(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}

function now(): string {
  return new Date().toISOString();
}
