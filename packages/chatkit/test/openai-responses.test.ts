import { setTimeout as sleep } from "node:timers/promises";

import {
  createOpenAiResponsesResponder,
  type OpenAiResponsesOptions,
  type ResponderObservation,
} from "@sidekit/chatkit/responders/openai-responses";
import { Agent, fetch as undiciFetch } from "undici";
import { afterAll, expect, test, vi } from "vitest";

import { ChatKitError } from "../src/errors.ts";
import type { ResponderEvent } from "../src/ports.ts";
import {
  bytes,
  frames,
  hang,
  json,
  messageEvents,
  type Reply,
  reset,
  type StandIn,
  startStandIn,
  stream,
  textResponse,
} from "./responses-stand-in.ts";
import {
  assistantItem,
  collect,
  createTurn,
  streamedText,
  type TurnFixture,
  userMessageItem,
} from "./turn-fixture.ts";

const messageId = `msg_${"0".repeat(48)}`;
/** Stands in every error reply of the upstream, and must come out nowhere. */
const upstreamWords = "CANARY the key sk-canary-123 is wrong";

const agent = new Agent({ connections: 4 });
afterAll(() => agent.close());

test("a text answer, event by event", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["Hel", "lo"])));
  const turn = createTurn("Hi");
  const { events } = await run(upstream, turn);

  const item = { id: messageId, thread_id: "thr_1", type: "assistant_message" };
  expect(events).toEqual([
    { type: "thread.item.added", item: { ...item, created_at: "2026-01-01T00:00:01.000Z", content: [] } },
    update({ type: "assistant_message.content_part.added", content_index: 0, content: part("") }),
    update({ type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Hel" }),
    update({ type: "assistant_message.content_part.text_delta", content_index: 0, delta: "lo" }),
    update({ type: "assistant_message.content_part.done", content_index: 0, content: part("Hello") }),
    {
      type: "thread.item.done",
      item: { ...item, created_at: "2026-01-01T00:00:02.000Z", content: [part("Hello")] },
    },
  ]);
  expect(turn.thread.title).toBe("Hi");
});

test("the request: model, instructions apart from user's words, history, nothing stored, key and run id", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["ok"])));
  const earlier = [userMessageItem("One"), assistantItem("Two", "Three")];
  const turn = createTurn("Four", { earlier, instructions: "Be brief.", model: "gpt-4o-mini" });
  await run(upstream, turn);

  const [request] = upstream.requests;
  expect(request?.path).toBe("/v1/responses");
  expect(request?.body).toEqual({
    model: "gpt-4o-mini",
    instructions: "Be brief.",
    input: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "One" }] },
      {
        type: "message",
        role: "assistant",
        content: [
          { type: "output_text", text: "Two", annotations: [] },
          { type: "output_text", text: "Three", annotations: [] },
        ],
      },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Four" }] },
    ],
    store: false,
    stream: true,
  });
  expect(request?.headers).toMatchObject({
    authorization: "Bearer sk-first",
    "x-client-request-id": turn.runId,
  });
});

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

test("thoughts: the first streams, later ones appear whole, the message closes the workflow (O14, O15)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(
    stream([
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { id: "rs_1", type: "reasoning", summary: [] },
      },
      summaryDelta(0, "Think"),
      summaryDelta(0, "ing 1"),
      { type: "response.reasoning_summary_text.done", item_id: "rs_1", summary_index: 0, text: "Thinking 1" },
      summaryDelta(1, "Think"),
      summaryDelta(1, "ing 2"),
      { type: "response.reasoning_summary_text.done", item_id: "rs_1", summary_index: 1, text: "Thinking 2" },
      {
        type: "response.output_item.done",
        output_index: 0,
        item: { id: "rs_1", type: "reasoning", summary: [] },
      },
      ...textResponse(["Hello"]),
    ]),
  );
  let clockMs = 0;
  const { events } = await run(upstream, createTurn("Hi"), { nowMs: () => (clockMs += 700) });

  const [added, ...rest] = events;
  if (added?.type !== "thread.item.added") throw new Error("the workflow does not come first");
  expect(added.item).toMatchObject({
    type: "workflow",
    workflow: { type: "reasoning", tasks: [], expanded: false },
  });
  const thought = (index: number, type: string, content: string, status: string) => ({
    type: "thread.item.updated",
    item_id: added.item.id,
    update: { type, task_index: index, task: { type: "thought", content, status_indicator: status } },
  });
  expect(rest.slice(0, 4)).toEqual([
    thought(0, "workflow.task.added", "Think", "loading"),
    thought(0, "workflow.task.updated", "Thinking 1", "loading"),
    thought(0, "workflow.task.updated", "Thinking 1", "complete"),
    thought(1, "workflow.task.added", "Thinking 2", "complete"),
  ]);
  expect(rest[4]).toMatchObject({
    type: "thread.item.done",
    item: {
      id: added.item.id,
      workflow: {
        tasks: [{ content: "Thinking 1" }, { content: "Thinking 2" }],
        summary: { duration: 1 },
        expanded: false,
      },
    },
  });
  expect(rest[5]).toMatchObject({ type: "thread.item.added", item: { type: "assistant_message" } });
});

test("citations: counted without those left out, kept when the part is done, links to the web only (O04, O05, S110)", async () => {
  await using upstream = await startStandIn();
  const annotations = [
    { type: "file_citation", file_id: "f", filename: "", index: 1 },
    {
      type: "container_file_citation",
      file_id: "f",
      container_id: "c",
      filename: "a.txt",
      start_index: 0,
      end_index: 3,
    },
    { type: "url_citation", url: "javascript:alert(1)", title: "Bad", start_index: 0, end_index: 4 },
    { type: "url_citation", url: "ftp://example.com/x", title: "Bad", start_index: 0, end_index: 4 },
    { type: "url_citation", url: "https://example.com/x", title: "Good", start_index: 0, end_index: 5 },
    { type: "file_path", file_id: "f", index: 5 },
  ];
  const all = textResponse(["Hello"]);
  const textDone = all.findIndex((event) => "type" in event && event.type === "response.output_text.done");
  upstream.answer(
    stream([
      ...all.slice(0, textDone),
      ...annotations.map((annotation, annotation_index) => ({
        type: "response.output_text.annotation.added",
        item_id: messageId,
        output_index: 0,
        content_index: 0,
        annotation_index,
        annotation,
      })),
      all[textDone] ?? {},
      {
        type: "response.output_item.done",
        item: {
          id: messageId,
          type: "message",
          content: [{ type: "output_text", text: "Hello", annotations }],
        },
      },
      { type: "response.completed", response: {} },
    ]),
  );
  const { events, observations } = await run(upstream, createTurn("Hi"));

  const file = { type: "annotation", source: { type: "file", title: "a.txt", filename: "a.txt" }, index: 3 };
  const url = {
    type: "annotation",
    source: { type: "url", title: "Good", url: "https://example.com/x" },
    index: 5,
  };
  const added = "assistant_message.content_part.annotation_added";
  expect(events.slice(3)).toMatchObject([
    { update: { type: added, content_index: 0, annotation_index: 0, annotation: file } },
    { update: { type: added, content_index: 0, annotation_index: 1, annotation: url } },
    {
      update: {
        type: "assistant_message.content_part.done",
        content: { text: "Hello", annotations: [file, url] },
      },
    },
    { type: "thread.item.done", item: { content: [{ text: "Hello", annotations: [file, url] }] } },
  ]);
  expect(observations).toMatchObject([{ event: "citations.dropped", count: 4 }]);
});

test("a refusal streams as text (O24)", async () => {
  await using upstream = await startStandIn();
  const refused = { type: "refusal", refusal: "I cannot." };
  upstream.answer(
    stream([
      { type: "response.output_item.added", item: { id: messageId, type: "message", content: [] } },
      {
        type: "response.content_part.added",
        item_id: messageId,
        content_index: 0,
        part: { type: "refusal", refusal: "" },
      },
      { type: "response.refusal.delta", item_id: messageId, content_index: 0, delta: "I can" },
      { type: "response.refusal.delta", item_id: messageId, content_index: 0, delta: "not." },
      { type: "response.refusal.done", item_id: messageId, content_index: 0, refusal: "I cannot." },
      { type: "response.output_item.done", item: { id: messageId, type: "message", content: [refused] } },
      { type: "response.completed", response: {} },
    ]),
  );
  const { events } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toBe("I cannot.");
  expect(events.at(-1)).toMatchObject({ type: "thread.item.done", item: { content: [part("I cannot.")] } });
});

test.each([
  [
    "max_output_tokens",
    { type: "notice", level: "warning", message: expect.stringContaining("length limit") },
  ],
  [
    "content_filter",
    { type: "error", code: "custom", message: expect.stringContaining("filter"), allow_retry: false },
  ],
  ["something_new", { type: "notice", level: "warning", message: "This answer stops early." }],
])("an answer cut short by %s is kept, with the reason (R27)", async (reason, said) => {
  await using upstream = await startStandIn();
  upstream.answer(
    stream([
      ...textResponse(["Half"]).slice(0, 4),
      { type: "response.incomplete", response: { status: "incomplete", incomplete_details: { reason } } },
    ]),
  );
  const { events } = await run(upstream, createTurn("Hi"));
  expect(events.slice(-2)).toEqual([
    expect.objectContaining({
      type: "thread.item.done",
      item: expect.objectContaining({ content: [part("Half")] }),
    }),
    said,
  ]);
});

test.each([
  ["server_error", "upstream_unavailable"],
  ["rate_limit_exceeded", "upstream_rate_limited"],
  ["insufficient_quota", "upstream_quota"],
  ["invalid_prompt", "upstream_rejected"],
])("a response that failed with %s is %s, and what was open stays open", async (code, expected) => {
  for (const event of [
    { type: "response.failed", response: { status: "failed", error: { code, message: upstreamWords } } },
    { type: "error", code, message: upstreamWords, param: null },
    { type: "error", error: { code, message: upstreamWords } },
  ]) {
    await using upstream = await startStandIn();
    upstream.answer(stream([...textResponse(["Half"]).slice(0, 4), event]));
    const { events, thrown, observations } = await run(upstream, createTurn("Hi"));
    expect(reasonOf(thrown)).toBe(expected);
    expect(events.map((it) => it.type)).not.toContain("thread.item.done");
    expect(observations).toMatchObject([{ phase: "stream", failure: { upstreamCode: code } }]);
  }
});

test.each<[string, number, object, string, number]>([
  ["a refused key", 401, { code: "invalid_api_key" }, "upstream_auth", 1],
  ["a missing permission", 403, {}, "upstream_auth", 1],
  ["an unknown model", 404, { code: "model_not_found" }, "upstream_rejected", 1],
  ["a bad request", 400, { param: "model" }, "upstream_rejected", 1],
  ["an invalid request", 422, {}, "upstream_rejected", 1],
  ["an empty account", 429, { code: "insufficient_quota" }, "upstream_quota", 1],
  ["an unpaid account", 402, {}, "upstream_quota", 1],
  ["too many requests", 429, { code: "rate_limit_exceeded" }, "upstream_rate_limited", 3],
  ["a failing upstream", 500, { code: "server_error" }, "upstream_unavailable", 3],
  ["a conflict", 409, {}, "upstream_unavailable", 3],
  ["a redirect", 302, {}, "upstream_malformed", 1],
])("%s (%i) ends the turn with its code", async (_, status, facts, expected, attempts) => {
  await using upstream = await startStandIn();
  const location = { location: `${upstream.baseURL}/elsewhere` };
  upstream.answer(
    ...Array.from({ length: 4 }, () =>
      json(status, { error: { message: upstreamWords, ...facts } }, location),
    ),
  );
  const { events, thrown, observations } = await run(upstream, createTurn("Hi"));
  expect(events).toEqual([]);
  expect(reasonOf(thrown)).toBe(expected);
  expect(upstream.requests).toHaveLength(attempts);
  expect(observations).toMatchObject([
    { event: "upstream.failed", phase: "request", attempts, failure: { status, requestId: "req_1" } },
  ]);
});

test("an upstream that recovers is answered by", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(503, {}), (response) => void response.destroy(), stream(textResponse(["ok"])));
  const { events } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toBe("ok");
});

test("x-should-retry: false is obeyed", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(503, {}, { "x-should-retry": "false" }));
  const { thrown } = await run(upstream, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_unavailable");
  expect(upstream.requests).toHaveLength(1);
});

test("Retry-After is waited for once when it fits, and told when it does not (R15)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(429, {}, { "retry-after-ms": "120" }), stream(textResponse(["ok"])));
  const startedMs = Date.now();
  await run(upstream, createTurn("Hi"));
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(119);

  upstream.answer(json(429, {}, { "retry-after": "120" }));
  const { thrown } = await run(upstream, createTurn("Hi"), { firstByteMs: 60_000 });
  expect(thrown).toMatchObject({ reason: "upstream_rate_limited", retryAfterMs: 120_000 });
  expect(upstream.requests).toHaveLength(3);
});

test("a key that was replaced is read again, once (S142)", async () => {
  await using upstream = await startStandIn();
  const refused = json(401, { error: { message: upstreamWords } });
  upstream.answer(refused, stream(textResponse(["ok"])));
  const keys = ["sk-old", "sk-new"];
  const apiKey = () => Promise.resolve({ reveal: () => keys.shift() ?? "sk-new" });
  let revealed = 0;
  const { events } = await run(upstream, createTurn("Hi"), {
    apiKey: async () => {
      const key = (await apiKey()).reveal();
      return { reveal: () => (revealed++, key) };
    },
  });
  expect(streamedText(events)).toBe("ok");
  expect(upstream.requests.map((it) => it.headers.authorization)).toEqual(["Bearer sk-old", "Bearer sk-new"]);
  expect(revealed).toBeGreaterThan(0);
});

test("a key that cannot be had is upstream_auth, and nothing is sent", async () => {
  await using upstream = await startStandIn();
  const { thrown } = await run(upstream, createTurn("Hi"), {
    apiKey: () => Promise.reject(new Error("no key")),
  });
  expect(reasonOf(thrown)).toBe("upstream_auth");
  expect(upstream.requests).toEqual([]);
});

test("a key that no header can carry is quoted nowhere", async () => {
  await using upstream = await startStandIn();
  const { thrown } = await run(upstream, createTurn("Hi"), {
    apiKey: () => Promise.resolve({ reveal: () => "sk-canary\nhost: evil" }),
  });
  expect(reasonOf(thrown)).toBe("internal");
  expect(upstream.requests).toEqual([]);
});

test("a reasoning summary is asked of models that reason, and no more when one refuses it", async () => {
  await using upstream = await startStandIn();
  const refused = json(400, {
    error: { code: "unsupported_value", param: "reasoning.summary", message: upstreamWords },
  });
  upstream.answer(
    refused,
    stream(textResponse(["1"])),
    stream(textResponse(["2"])),
    stream(textResponse(["3"])),
  );
  const observations: ResponderObservation[] = [];
  const responder = createOpenAiResponsesResponder(
    optionsFor(upstream, { observe: (it) => observations.push(it) }),
  );
  for (const model of ["gpt-6-luna", "gpt-6-luna", "gpt-4o"])
    await collect(responder(createTurn("Hi", { model })));
  expect(upstream.requests.map((it) => it.body.reasoning)).toEqual([
    { summary: "auto" },
    undefined,
    undefined,
    undefined,
  ]);
  expect(observations).toMatchObject([{ event: "upstream.reasoning_refused", model: "gpt-6-luna" }]);
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

test("an upstream that is not there is unavailable", async () => {
  const gone = await startStandIn();
  await gone[Symbol.asyncDispose]();
  const { thrown, observations } = await run(gone, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_unavailable");
  expect(observations).toMatchObject([{ attempts: 3, failure: { transport: "ECONNREFUSED" } }]);
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
  for await (const event of responder(createTurn("Hi"))) {
    events.push(event);
    await sleep(30);
  }
  expect(events.at(-1)?.type).toBe("thread.item.done");
});

test.each<[string, Reply]>([
  ["before the upstream answers", () => undefined],
  ["in mid-stream", hang(textResponse(["Half"]).slice(0, 4))],
])("a stop %s reaches the upstream within a second, and is no error", async (_, reply) => {
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

test("a reader that leaves ends the upstream request", async () => {
  await using upstream = await startStandIn();
  upstream.answer(hang(textResponse(["Half"]).slice(0, 4)));
  const answer = createOpenAiResponsesResponder(optionsFor(upstream))(createTurn("Hi"));
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

test("an error reply of any size is read to 64 KiB only", async () => {
  await using upstream = await startStandIn();
  upstream.answer((response) => {
    response.writeHead(400, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    };
    response.on("drain", more);
    more();
  });
  const { thrown } = await run(upstream, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_rejected");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
});

test("ids that other answers may have chosen too are not taken over", async () => {
  await using upstream = await startStandIn();
  const part = { type: "output_text", text: "x" };
  upstream.answer(
    stream([
      ...messageEvents(["x"], "msg_0", part),
      ...messageEvents(["x"], messageId, part),
      ...messageEvents(["x"], messageId, part),
      { type: "response.completed", response: {} },
    ]),
  );
  const { events } = await run(upstream, createTurn("Hi"));
  const ids = events.flatMap((event) => (event.type === "thread.item.done" ? [event.item.id] : []));
  expect(new Set(ids).size).toBe(3);
  expect(ids).toContain(messageId);
  expect(ids).not.toContain("msg_0");
});

/** Runs one turn to its end. In all that comes of it there is no word of the upstream's, and no key. */
async function run(upstream: StandIn, turn: TurnFixture, options: Partial<OpenAiResponsesOptions> = {}) {
  const observations: ResponderObservation[] = [];
  const responder = createOpenAiResponsesResponder(
    optionsFor(upstream, { observe: (it) => observations.push(it), ...options }),
  );
  const events: ResponderEvent[] = [];
  let thrown: unknown = null;
  try {
    for await (const event of responder(turn)) events.push(event);
  } catch (error) {
    thrown = error;
  }
  const all = [...events, ...observations].map((it) => JSON.stringify(it)).join() + everythingIn(thrown);
  expect(all).not.toMatch(/CANARY|sk-/);
  return { events, thrown, observations };
}

function optionsFor(
  upstream: StandIn,
  options: Partial<OpenAiResponsesOptions> = {},
): OpenAiResponsesOptions {
  return {
    apiKey: () => Promise.resolve({ reveal: () => "sk-first" }),
    baseURL: upstream.baseURL,
    fetch: fetchOver(agent),
    retryBaseMs: 5,
    ...options,
  };
}

/** The last event, then a while later the end of the body. */
const late: Reply = async (response) => {
  await hang(textResponse(["ok"]))(response);
  await sleep(20);
  response.end();
};

/** As the composition of a process does it: the pool decides which connection is used. */
function fetchOver(dispatcher: Agent): OpenAiResponsesOptions["fetch"] {
  return (address, init) => undiciFetch(address, { ...init, dispatcher });
}

function everythingIn(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return `${thrown.stack} ${JSON.stringify(thrown)} ${everythingIn(thrown.cause)}`;
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof ChatKitError)) throw new Error("no ChatKitError", { cause: thrown });
  return thrown.reason;
}

function update(content: object) {
  return { type: "thread.item.updated", item_id: messageId, update: content };
}

function part(text: string) {
  return { type: "output_text", text, annotations: [] };
}

function delta() {
  return { type: "response.output_text.delta", item_id: messageId, content_index: 0, delta: "x" };
}

function summaryDelta(index: number, text: string) {
  return {
    type: "response.reasoning_summary_text.delta",
    item_id: "rs_1",
    summary_index: index,
    delta: text,
  };
}
