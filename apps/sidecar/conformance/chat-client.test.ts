import { createServer } from "node:http";
import { once } from "node:events";

import { expect, test } from "vitest";

import { createChatClient, type Reply } from "./chat-client.ts";
import { until } from "./deadline.ts";

const good = 'data: {"type":"a","text":"š"}\n\ndata: {"type":"b"}\n\n';

/** What becomes of a stream of these pieces. */
async function received(
  pieces: readonly (string | Uint8Array)[],
  onEvent: () => Promise<void> = async () => {},
): Promise<Reply> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    for (const piece of pieces) response.write(piece);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await using client = createChatClient({ onEvent });
    const request = { method: "POST", headers: {}, body: "{}" };
    const reply = await client.send(`http://127.0.0.1:${port}/chatkit`, "secret", request);
    await until(() => reply.over, "the end");
    return reply;
  } finally {
    server.close();
  }
}

test("events come out of frames, however these are cut", async () => {
  const bytes = new TextEncoder().encode(good);
  const reply = await received([bytes.slice(0, 27), bytes.slice(27, 40), bytes.slice(40)]);
  expect(reply).toMatchObject({ status: 200, mediaType: "text/event-stream", text: good, fault: null });
  expect(reply.events).toEqual([{ type: "a", text: "š" }, { type: "b" }]);
});

test.each<[string, (string | Uint8Array)[], string]>([
  ["a field beside data", ["id: 1\ndata: {}\n\n"], "not one line of data"],
  ["a comment", [": ping\n\n", good], "not one line of data"],
  ["two lines of data", ["data: {\ndata: }\n\n"], "not one line of data"],
  ["a carriage return", ["data: {}\r\n\n"], "not one line of data"],
  ["no space", ["data:{}\n\n"], "not one line of data"],
  ["an empty frame", ["data: {}\n\n\n\n"], "not one line of data"],
  ["what is no JSON", ["data: {\n\n"], "JSON"],
  ["an end in mid-frame", [`${good}data: {}\n`], "in the middle of a frame"],
  ["bytes that are no text", [new Uint8Array([100, 255, 10, 10])], "encoded data was not valid"],
])("%s is a fault of the stream", async (_title, pieces, fault) => {
  expect((await received(pieces)).fault).toContain(fault);
});

test("an event that is refused ends the stream there", async () => {
  const reply = await received([good], () => Promise.reject(new Error("announced too early")));
  expect(reply).toMatchObject({ events: [], fault: "announced too early" });
});
