import { once } from "node:events";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { expect, test } from "vitest";

import { sendRunStream, type RunStreamOptions, type StreamEnding } from "../src/routes/run-stream.ts";

interface StreamServer extends AsyncDisposable {
  readonly ending: Promise<StreamEnding>;
  append(frame: string): void;
  end(): void;
  cut(): void;
  get(): Promise<IncomingMessage>;
}

async function serve(options: RunStreamOptions): Promise<StreamServer> {
  const log = createMemoryStreamLog();
  const writer = log.open("run_1");
  const reader = log.read("run_1");
  const cut = new AbortController();
  const ended = Promise.withResolvers<StreamEnding>();
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    ended.resolve(sendRunStream(response, reader!, options, { signal: cut.signal, frame: "data: cut\n\n" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    ending: ended.promise,
    append: (frame) => writer.append(frame),
    end: () => writer.end("completed"),
    cut: () => cut.abort(),
    async get() {
      const outgoing = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
      outgoing.end();
      const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
      return incoming;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const usual: RunStreamOptions = { heartbeatMs: 15_000, stallMs: 30_000 };

test("frames arrive in order and whole, and the body ends with the run", async () => {
  await using server = await serve(usual);
  const incoming = await server.get();
  for (let at = 0; at < 1000; at++) server.append(`data: ${at}\n\n`);
  server.end();
  let text = "";
  for await (const chunk of incoming) text += chunk;
  expect(text).toBe(Array.from({ length: 1000 }, (_, at) => `data: ${at}\n\n`).join(""));
  expect(await server.ending).toBe("finished");
});

test("the first frame is out before the run has ended", async () => {
  await using server = await serve(usual);
  const incoming = await server.get();
  server.append("data: 1\n\n");
  const [chunk] = await once(incoming, "data");
  expect(String(chunk)).toBe("data: 1\n\n");
});

test("R24: silence is filled with comments (L15)", async () => {
  await using server = await serve({ ...usual, heartbeatMs: 30 });
  const incoming = await server.get();
  const [chunk] = await once(incoming, "data");
  expect(String(chunk)).toBe(": keep-alive\n\n");
});

test("R6: a reader that takes nothing is cut after the stall (L16)", async () => {
  await using server = await serve({ ...usual, stallMs: 200 });
  const incoming = await server.get();
  incoming.pause();
  const frame = `data: ${"x".repeat(16_000)}\n\n`;
  for (let at = 0; at < 1000; at++) server.append(frame);
  expect(await server.ending).toBe("slow_consumer");
});

test("a client that leaves ends the reading", async () => {
  await using server = await serve(usual);
  const incoming = await server.get();
  incoming.on("error", () => {});
  incoming.destroy();
  expect(await server.ending).toBe("client");
});

test("a cut says why and ends the body", async () => {
  await using server = await serve(usual);
  const incoming = await server.get();
  server.append("data: 1\n\n");
  await once(incoming, "data");
  server.cut();
  let text = "";
  for await (const chunk of incoming) text += chunk;
  expect(text).toBe("data: cut\n\n");
  expect(await server.ending).toBe("session_ended");
});
