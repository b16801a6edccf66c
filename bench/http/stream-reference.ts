// The least that answers a ChatKit turn: raw node:http, an async generator, one JSON.stringify an event, one write a
// tick. No credential, no store, no schema, no stop.

import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { z } from "zod";

import { burst } from "./burst.ts";

const requestSchema = z.object({ params: z.object({ input: z.object({ content: z.array(z.unknown()) }) }) });

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { params } = requestSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  const write = mergingWriter(response);
  for await (const event of turn(params.input.content)) write(`data: ${JSON.stringify(event)}\n\n`);
  process.nextTick(() => response.end());
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`ready at http://127.0.0.1:${port}\n`);
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

async function* turn(content: readonly unknown[]): AsyncGenerator<object> {
  const threadId = id("thr");
  const thread = { id: threadId, created_at: now(), status: { type: "active" }, metadata: {} };
  yield { type: "thread.created", thread: { ...thread, items: { data: [], has_more: false } } };
  const user = { id: id("msg"), thread_id: threadId, created_at: now(), type: "user_message", content };
  yield { type: "thread.item.done", item: { ...user, attachments: [], inference_options: {} } };
  yield { type: "stream_options", stream_options: { allow_cancel: true } };

  const item = { id: id("msg"), thread_id: threadId, created_at: now(), type: "assistant_message" };
  const update = (body: object) => ({ type: "thread.item.updated", item_id: item.id, update: body });
  yield { type: "thread.item.added", item: { ...item, content: [] } };
  yield update({ type: "assistant_message.content_part.added", content_index: 0, content: part("") });
  for (let index = 0; index < burst.deltas; index += 1) {
    yield update({ type: "assistant_message.content_part.text_delta", content_index: 0, delta: burst.delta });
  }
  yield update({ type: "assistant_message.content_part.done", content_index: 0, content: part(burst.text) });
  yield { type: "thread.item.done", item: { ...item, content: [part(burst.text)] } };
}

function mergingWriter(response: ServerResponse): (frame: string) => void {
  let pending = "";
  return (frame) => {
    if (pending === "") {
      process.nextTick(() => {
        response.write(pending);
        pending = "";
      });
    }
    pending += frame;
  };
}

function part(text: string) {
  return { type: "output_text", text, annotations: [] };
}

function id(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}

function now(): string {
  return new Date().toISOString();
}
