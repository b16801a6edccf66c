import { setTimeout as sleep } from "node:timers/promises";

import { createOpenAiResponsesResponder } from "@sidekit/chatkit/responders/openai-responses";
import { Agent } from "undici";
import { expect, test, vi } from "vitest";

import type { ResponderEvent } from "../src/ports.ts";
import { fetchOver, messageId, optionsFor, reasonOf, run } from "./responder-runs.ts";
import {
  bytes,
  frames,
  hang,
  json,
  type Reply,
  reset,
  startStandIn,
  stream,
  textResponse,
} from "./responses-stand-in.ts";
import { createTurn, streamedText } from "./turn-fixture.ts";

test("a connection serves turn after turn, though the body ends after its last event", async () => {
  await using upstream = await startStandIn();
  const one = new Agent({ connections: 1 });
  upstream.answer(late, late, late);
  for (const text of ["1", "2", "3"]) await run(upstream, createTurn(text), { fetch: fetchOver(one) });
  expect(upstream.requests.map((it) => it.connection)).toEqual([1, 1, 1]);
  await one.close();
});

test("an upstream that does not end its body does not hold the turn up", async () => {
  await using upstream = await startStandIn();
  upstream.answer(hang(textResponse(["done"])));
  const startedMs = Date.now();
  const { events } = await run(upstream, createTurn("Hi"));
  expect(events.at(-1)?.type).toBe("thread.item.done");
  expect(Date.now() - startedMs).toBeLessThan(1_000);
});

test("a stream that ends before the response does is malformed, and nothing is called done (R25)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["Half"]).slice(0, 4)));
  const { events, thrown } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toBe("Half");
  expect(reasonOf(thrown)).toBe("upstream_malformed");
  expect(events.map((it) => it.type)).not.toContain("thread.item.done");
});

test("a connection that breaks in mid-stream is not tried again (R26)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(reset(textResponse(["Half"]).slice(0, 4)));
  const { events, thrown, observations } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toBe("Half");
  expect(reasonOf(thrown)).toBe("upstream_unavailable");
  expect(upstream.requests).toHaveLength(1);
  expect(observations).toMatchObject([{ phase: "stream", failure: { transport: expect.any(String) } }]);
});

test.each<[string, Reply]>([
  ["no headers", () => undefined],
  ["headers and no event", hang([])],
])("%s within the deadline is a timeout, and the request is broken off (R23)", async (_, reply) => {
  await using upstream = await startStandIn();
  upstream.answer(reply);
  const { thrown } = await run(upstream, createTurn("Hi"), { firstByteMs: 100 });
  expect(reasonOf(thrown)).toBe("upstream_timeout");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
});

test("silence in mid-stream is a timeout (R24)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(hang(textResponse(["Half"]).slice(0, 4)));
  const { events, thrown } = await run(upstream, createTurn("Hi"), { silenceMs: 100 });
  expect(streamedText(events)).toBe("Half");
  expect(reasonOf(thrown)).toBe("upstream_timeout");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
});

test("a reader that takes its time is not taken for a silent upstream", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["a", "b"])));
  const responder = createOpenAiResponsesResponder(optionsFor(upstream, { silenceMs: 50 }));
  const events: ResponderEvent[] = [];
  for await (const event of responder.respond(createTurn("Hi"))) {
    events.push(event);
    await sleep(30);
  }
  expect(events.at(-1)?.type).toBe("thread.item.done");
});

test.each<[string, Reply]>([
  ["before the upstream answers", () => undefined],
  ["in mid-stream", hang(textResponse(["Half"]).slice(0, 4))],
])("R55: a stop %s reaches the upstream within a second, and is no error", async (_, reply) => {
  await using upstream = await startStandIn();
  upstream.answer(reply);
  const turn = createTurn("Hi");
  const running = run(upstream, turn);
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(1));
  await sleep(50);
  const stoppedAtMs = Date.now();
  turn.stop();
  const { events, thrown, observations } = await running;
  expect(thrown).toBeNull();
  expect(observations).toEqual([]);
  expect(events.map((it) => it.type)).not.toContain("thread.item.done");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
  expect((upstream.cutAtMs[0] ?? 0) - stoppedAtMs).toBeLessThan(1_000);
});

test("a stop ends a wait between two attempts", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(429, {}, { "retry-after": "30" }));
  const turn = createTurn("Hi");
  const running = run(upstream, turn);
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(1));
  await sleep(50);
  turn.stop();
  expect(await running).toMatchObject({ thrown: null });
});

test("R10: a reader that leaves ends the upstream request", async () => {
  await using upstream = await startStandIn();
  upstream.answer(hang(textResponse(["Half"]).slice(0, 4)));
  const answer = createOpenAiResponsesResponder(optionsFor(upstream)).respond(createTurn("Hi"));
  for await (const event of answer) if (event.type === "thread.item.updated") break;
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
});

test("bytes may be cut anywhere, with comments, empty and unknown events, CR LF and a byte order mark (R28)", async () => {
  const whole = textResponse(["Žluťoučký ", "kůň 🐎"]);
  const text =
    `\uFEFF: hello\r\n\r\nretry: 10\r\n\r\nevent: nothing\r\n\r\ndata: ${JSON.stringify({ type: "response.novel" })}\r\n\r\n` +
    frames(whole).replaceAll("\n", "\r\n") +
    "data: [DONE]\r\n\r\n";
  await using upstream = await startStandIn();
  upstream.answer(bytes(text, 1), bytes(text, 7), bytes(text));
  for (let round = 0; round < 3; round += 1) {
    const { events } = await run(upstream, createTurn("Hi"));
    expect(streamedText(events)).toBe("Žluťoučký kůň 🐎");
    expect(events).toHaveLength(6);
  }
});

test("one event may hold a mebibyte, and not more (R28)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(...[1_000_000, 1_100_000].map((length) => stream(textResponse(["x".repeat(length)]))));
  const { events } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toHaveLength(1_000_000);
  const tooBig = await run(upstream, createTurn("Hi"));
  expect(reasonOf(tooBig.thrown)).toBe("upstream_malformed");
});

test.each<[string, Reply]>([
  [
    "a page of HTML",
    (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hi</h1>"),
  ],
  ["an empty reply", (response) => void response.writeHead(204).end()],
  ["an event that is not JSON", bytes("data: {nonsense\n\n")],
  ["an event that is not an object", bytes("data: 1\n\n")],
  ["text for a message that never began", stream(textResponse(["x"]).slice(3))],
  [
    "a content part out of all reason",
    stream([...textResponse([]).slice(0, 2), { ...delta(), content_index: 1e9 }]),
  ],
  ["a delta without text", stream([...textResponse([]).slice(0, 2), { ...delta(), delta: null }])],
])("%s is malformed", async (_, reply) => {
  await using upstream = await startStandIn();
  upstream.answer(reply);
  expect(reasonOf((await run(upstream, createTurn("Hi"))).thrown)).toBe("upstream_malformed");
});

/** The last event, then a while later the end of the body. */
const late: Reply = async (response) => {
  await hang(textResponse(["ok"]))(response);
  await sleep(20);
  response.end();
};

function delta() {
  return { type: "response.output_text.delta", item_id: messageId, content_index: 0, delta: "x" };
}
