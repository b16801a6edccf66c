// The stand-in, as the vendor's own client library meets it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import OpenAI, { APIConnectionError, APIUserAbortError, RateLimitError } from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { describe, expect, test } from "vitest";

import {
  apiError,
  hang,
  htmlPage,
  jsonReply,
  ordinary,
  rawReply,
  resetConnection,
  startUpstream,
  textAnswer,
  type Upstream,
} from "./upstream.ts";

const model = "gpt-6-luna";

function clientOf(upstream: Upstream, options: { apiKey?: string; maxRetries?: number } = {}): OpenAI {
  return new OpenAI({
    apiKey: upstream.apiKey,
    baseURL: upstream.baseUrl,
    maxRetries: 0,
    timeout: 5000,
    ...options,
  });
}

describe("models", () => {
  test("list and retrieve", async () => {
    await using upstream = await startUpstream({ models: ["one", "two"] });
    const client = clientOf(upstream);
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["one", "two"]);
    expect(await client.models.retrieve("two")).toMatchObject({
      id: "two",
      object: "model",
      owned_by: expect.any(String),
    });
    await expect(client.models.retrieve("three")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  test("another key than the one configured is refused, with part of it quoted as the vendor does", async () => {
    await using upstream = await startUpstream({ apiKey: "sk-proj-the-only-one-4f1c9be2" });
    expect((await clientOf(upstream).models.list()).data).not.toHaveLength(0);
    const refused = clientOf(upstream, { apiKey: "sk-proj-another-one-7d08a653" }).models.list();
    await expect(refused).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
      message: expect.stringMatching(/sk-proj-\*+a653/),
    });
  });

  test("without a key there is nothing", async () => {
    await using upstream = await startUpstream();
    expect((await fetch(`${upstream.baseUrl}/models`)).status).toBe(401);
  });

  test("what the vendor has and the stand-in has not is a 404", async () => {
    await using upstream = await startUpstream();
    await expect(clientOf(upstream).files.list()).rejects.toMatchObject({ status: 404 });
    expect(upstream.requests.at(-1)).toMatchObject({ route: null, path: "/v1/files" });
  });
});

describe("ChatKit sessions", () => {
  const workflow = { id: "wf_1" };

  test("the least that can be asked for: every member is there, with the vendor's defaults", async () => {
    await using upstream = await startUpstream({ now: () => 1_800_000_000_999 });
    expect(await clientOf(upstream).beta.chatkit.sessions.create({ user: "u", workflow })).toEqual({
      id: expect.stringMatching(/^cksess_\w{48}$/),
      object: "chatkit.session",
      status: "active",
      expires_at: 1_800_000_600,
      client_secret: expect.stringMatching(/^ek_\w{64}$/),
      user: "u",
      workflow: { id: "wf_1", version: null, state_variables: null, tracing: { enabled: true } },
      rate_limits: { max_requests_per_1_minute: 10 },
      max_requests_per_1_minute: 10,
      chatkit_configuration: {
        automatic_thread_titling: { enabled: true },
        file_upload: { enabled: false, max_file_size: null, max_files: null },
        history: { enabled: true, recent_threads: null },
      },
    });
  });

  test("everything that can be asked for comes back", async () => {
    await using upstream = await startUpstream({ now: () => 1_800_000_000_000 });
    const asked = {
      id: "wf_1",
      version: "3",
      state_variables: { a: "b", c: 1, d: true },
      tracing: { enabled: false },
    };
    const configuration = {
      automatic_thread_titling: { enabled: false },
      file_upload: { enabled: true, max_file_size: 7, max_files: 2 },
      history: { enabled: false, recent_threads: 5 },
    };
    const session = await clientOf(upstream).beta.chatkit.sessions.create({
      user: "u",
      workflow: asked,
      expires_after: { anchor: "created_at", seconds: 60 },
      rate_limits: { max_requests_per_1_minute: 3 },
      chatkit_configuration: configuration,
    });
    expect(session).toMatchObject({
      workflow: asked,
      expires_at: 1_800_000_060,
      max_requests_per_1_minute: 3,
      chatkit_configuration: configuration,
    });
  });

  test("cancel, expiry, and what is not there", async () => {
    let nowMs = 1_800_000_000_000;
    await using upstream = await startUpstream({ now: () => nowMs });
    const { sessions } = clientOf(upstream).beta.chatkit;
    const { id } = await sessions.create({ user: "u", workflow });
    await sessions.create({ user: "u", workflow });
    expect(await sessions.cancel(id)).toMatchObject({ id, status: "cancelled", object: "chatkit.session" });
    nowMs += 600_000;
    expect(upstream.sessions().map(({ status }) => status)).toEqual(["cancelled", "expired"]);
    await expect(sessions.cancel("cksess_unknown")).rejects.toMatchObject({ status: 404 });
    await expect(sessions.create({ user: "u", workflow: { id: "agent_1" } })).rejects.toMatchObject({
      status: 404,
    });
  });

  test.each([
    ["no user", { workflow }, "user"],
    ["an empty user", { user: "", workflow }, "user"],
    ["no workflow", { user: "u" }, "workflow"],
    ["an unknown member", { user: "u", workflow, scope: {} }, "scope"],
    ["a lifetime beyond ten minutes", withLifetime(601), "expires_after.seconds"],
    ["no lifetime", withLifetime(0), "expires_after.seconds"],
    ["half a second", withLifetime(0.5), "expires_after.seconds"],
    [
      "no requests",
      { user: "u", workflow, rate_limits: { max_requests_per_1_minute: 0 } },
      "rate_limits.max_requests_per_1_minute",
    ],
    [
      "a list for a variable",
      { user: "u", workflow: { id: "wf_1", state_variables: { a: [] } } },
      "workflow.state_variables.a",
    ],
    ["no object", [], null],
  ])("refused: %s", async (_name, body, param) => {
    await using upstream = await startUpstream();
    await expect(
      clientOf(upstream).post("/chatkit/sessions", { body, headers: { "openai-beta": "chatkit_beta=v1" } }),
    ).rejects.toMatchObject({ status: 400, param, type: "invalid_request_error" });
  });

  test("refused: without the beta header, or what is not JSON", async () => {
    await using upstream = await startUpstream();
    const client = clientOf(upstream);
    const body = { user: "u", workflow };
    await expect(client.post("/chatkit/sessions", { body })).rejects.toMatchObject({
      status: 400,
      code: "invalid_beta",
    });
    await expect(client.post("/chatkit/sessions/cksess_1/cancel")).rejects.toMatchObject({
      code: "invalid_beta",
    });
    const broken = await fetch(`${upstream.baseUrl}/chatkit/sessions`, {
      method: "POST",
      headers: {
        authorization: "Bearer sk-1",
        "openai-beta": "chatkit_beta=v1",
        "content-type": "application/json",
      },
      body: '{"user":',
    });
    expect(broken.status).toBe(400);
  });

  function withLifetime(seconds: number) {
    return { user: "u", workflow, expires_after: { anchor: "created_at", seconds } };
  }
});

describe("responses", () => {
  test("text: the order of events, numbered, and deltas that add up", async () => {
    await using upstream = await startUpstream({ script: textAnswer("Two words") });
    const events = await eventsOf(upstream);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
    expect(deltasOf(events)).toBe("Two words");
    expect(events.at(-1)).toMatchObject({
      response: { status: "completed", model, usage: { output_tokens: 2 } },
    });
  });

  test.each(["", "  leading and trailing  ", "line\n\nbreaks\n", "\n", "Grüße, 世界 🎉"])(
    "text %j stays whole",
    async (text) => {
      await using upstream = await startUpstream({ script: textAnswer(text) });
      expect(deltasOf(await eventsOf(upstream))).toBe(text);
    },
  );

  test("reasoning summaries, citations", async () => {
    const script = textAnswer("See there.", {
      chunks: 5,
      reasoning: ["First thought", "Second"],
      annotations: [{ url: "https://example.test/a", title: "A" }],
    });
    await using upstream = await startUpstream({ script });
    const events = await eventsOf(upstream);
    expect(events.map(({ type }) => type).join(" ")).toBe(
      [
        "response.created response.in_progress response.output_item.added",
        "response.reasoning_summary_part.added response.reasoning_summary_text.delta response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done response.reasoning_summary_part.done",
        "response.reasoning_summary_part.added response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done response.reasoning_summary_part.done response.output_item.done",
        "response.output_item.added response.content_part.added",
        ...Array.from({ length: 5 }, () => "response.output_text.delta"),
        "response.output_text.annotation.added response.output_text.done response.content_part.done",
        "response.output_item.done response.completed",
      ].join(" "),
    );
    expect(events.find(({ type }) => type === "response.output_text.annotation.added")).toMatchObject({
      output_index: 1,
      annotation_index: 0,
      annotation: {
        type: "url_citation",
        url: "https://example.test/a",
        title: "A",
        start_index: 10,
        end_index: 10,
      },
    });
    expect(events.at(-1)).toMatchObject({
      response: {
        output: [
          { type: "reasoning", summary: [{ text: "First thought" }, { text: "Second" }] },
          {
            type: "message",
            status: "completed",
            content: [{ text: "See there.", annotations: [{ title: "A" }] }],
          },
        ],
      },
    });
  });

  test("refusal", async () => {
    await using upstream = await startUpstream({ script: textAnswer("", { refusal: "I cannot help." }) });
    const events = await eventsOf(upstream);
    expect(events.filter(({ type }) => type === "response.refusal.delta")).toHaveLength(3);
    expect(events.find(({ type }) => type === "response.refusal.done")).toMatchObject({
      refusal: "I cannot help.",
    });
    expect(events.at(-1)).toMatchObject({ response: { output: [{ content: [{ type: "refusal" }] }] } });
  });

  test("incomplete and failed end without any done", async () => {
    await using upstream = await startUpstream();
    upstream.answerNext(
      "responses.create",
      textAnswer("Half an", { incomplete: "max_output_tokens" }),
      textAnswer("Half an", { failed: "server_error" }),
    );
    const incomplete = await eventsOf(upstream);
    expect(incomplete.at(-1)).toMatchObject({
      type: "response.incomplete",
      response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
    });
    const failed = await eventsOf(upstream);
    expect(failed.at(-1)).toMatchObject({
      type: "response.failed",
      response: { status: "failed", error: { code: "server_error" } },
    });
    for (const { type } of [...incomplete, ...failed]) expect(type).not.toMatch(/\.done$/);
  });

  test("by default it tells how much history went along", async () => {
    await using upstream = await startUpstream();
    const input = [
      { role: "user" as const, content: "One" },
      { role: "assistant" as const, content: "Two" },
      { role: "user" as const, content: [{ type: "input_text" as const, text: "Three" }] },
    ];
    const response = await clientOf(upstream).responses.create({ model, input });
    expect(response.output_text).toBe("The upstream received 3 input messages. The last one says: Three");
  });

  test("the client library's own accumulation understands it", async () => {
    const script = textAnswer("Whole.", {
      annotations: [{ url: "https://example.test/", title: "T" }],
      reasoning: ["R"],
    });
    await using upstream = await startUpstream({ script });
    const final = await clientOf(upstream).responses.stream({ model, input: "x" }).finalResponse();
    expect(final.output_text).toBe("Whole.");
    expect(final.output.map(({ type }) => type)).toEqual(["reasoning", "message"]);
  });

  test.each([
    ["an unknown model", { model: "gpt-0", input: "x" }, "model"],
    ["no input", { model, input: [] }, "input"],
    [
      "a user who says output",
      { model, input: [{ role: "user", content: [{ type: "output_text", text: "x" }] }] },
      "input",
    ],
    [
      "an assistant who says input",
      { model, input: [{ role: "assistant", content: [{ type: "input_text", text: "x" }] }] },
      "input",
    ],
  ])("refused: %s", async (_name, body, param) => {
    await using upstream = await startUpstream();
    await expect(clientOf(upstream).post("/responses", { body })).rejects.toMatchObject({
      status: 400,
      param,
    });
  });
});

describe("scripted trouble", () => {
  test("an error, then ordinary work, in the order given", async () => {
    await using upstream = await startUpstream();
    upstream.answerNext(
      "models.list",
      apiError(429, { code: "insufficient_quota", headers: { "retry-after": "7" } }),
      ordinary,
      apiError(503),
    );
    const client = clientOf(upstream);
    const error = await client.models.list().then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ code: "insufficient_quota", requestID: expect.stringMatching(/^req_/) });
    expect((error as RateLimitError).headers.get("retry-after")).toBe("7");
    expect((await client.models.list()).data).not.toHaveLength(0);
    await expect(client.models.list()).rejects.toMatchObject({ status: 503 });
    expect((await client.models.list()).data).not.toHaveLength(0);
  });

  test("an answer that stays until it is taken back", async () => {
    await using upstream = await startUpstream();
    upstream.answerAlways("responses.create", apiError(500));
    await expect(
      clientOf(upstream, { maxRetries: 2 }).responses.create({ model, input: "x" }),
    ).rejects.toMatchObject({ status: 500 });
    expect(upstream.requestsTo("responses.create")).toHaveLength(3);
    upstream.answerAlways("responses.create", ordinary);
    expect((await clientOf(upstream).responses.create({ model, input: "x" })).status).toBe("completed");
  });

  test("HTML, other JSON, nothing, a redirect, late", async () => {
    await using upstream = await startUpstream();
    upstream.answerNext(
      "models.list",
      htmlPage(502),
      jsonReply(200, ["not", "what", "you", "want"]),
      rawReply(204, ""),
      rawReply(307, "", { headers: { location: "http://127.0.0.1:1/" } }),
      rawReply(200, "{", { afterMs: 60, headers: { "content-type": "application/json" } }),
    );
    const get = () =>
      fetch(`${upstream.baseUrl}/models`, { headers: { authorization: "Bearer sk-1" }, redirect: "manual" });
    expect((await get()).headers.get("content-type")).toContain("text/html");
    expect(await (await get()).json()).toEqual(["not", "what", "you", "want"]);
    expect((await get()).status).toBe(204);
    expect((await get()).headers.get("location")).toBe("http://127.0.0.1:1/");
    const start = performance.now();
    expect(await (await get()).text()).toBe("{");
    expect(performance.now() - start).toBeGreaterThan(55);
  });

  test("a reset connection", async () => {
    await using upstream = await startUpstream();
    upstream.answerNext("responses.create", resetConnection);
    await expect(clientOf(upstream).responses.create({ model, input: "x" })).rejects.toBeInstanceOf(
      APIConnectionError,
    );
    expect(await (await upstream.received("responses.create")).ended).toMatchObject({ how: "dropped" });
  });

  test("a body without end is sent while somebody takes it", async () => {
    await using upstream = await startUpstream();
    let pieces = 0;
    const endless = (function* () {
      for (; pieces < 100_000; pieces += 1) yield Buffer.alloc(65_536);
    })();
    upstream.answerNext("models.list", rawReply(200, endless));
    const reply = await fetch(`${upstream.baseUrl}/models`, { headers: { authorization: "Bearer sk-1" } });
    await reply.body?.cancel();
    expect(await (await upstream.received("models.list")).ended).toMatchObject({ how: "client-left" });
    expect(pieces).toBeLessThan(10_000);
  });

  test("a stream that is cut ends without a last event", async () => {
    await using upstream = await startUpstream({
      script: textAnswer("Not the whole text", { cutAfterEvents: 6 }),
    });
    const events = await eventsOf(upstream);
    expect(events).toHaveLength(6);
    expect(deltasOf(events)).toBe("Not the");
  });

  test("a stream that is reset", async () => {
    await using upstream = await startUpstream({
      script: textAnswer("Not the whole text", { cutAfterEvents: 6, end: "reset" }),
    });
    await expect(eventsOf(upstream)).rejects.toThrow(/terminated|socket|reset/i);
  });

  test("events at a pace, the first one late", async () => {
    await using upstream = await startUpstream({
      script: textAnswer("a b c d", { paceMs: 20, firstEventAfterMs: 100 }),
    });
    const start = performance.now();
    const arrivals: number[] = [];
    for await (const _ of await streamFrom(upstream)) arrivals.push(performance.now() - start);
    expect(arrivals[0]).toBeGreaterThan(95);
    expect(arrivals.at(-1)! - arrivals[0]!).toBeGreaterThan((arrivals.length - 1) * 18);
  });

  test("bytes one by one, comments and CRLF in between, are the same events", async () => {
    const text = "Grüße 🎉";
    await using upstream = await startUpstream({
      script: (request) => {
        const plan = textAnswer(text, { pieceBytes: 1 })(request);
        return {
          ...plan,
          events: [": hello\n\n", ...plan.events.flatMap((event) => [event, ": still here\r\n\r\n"])],
        };
      },
    });
    const events = await eventsOf(upstream);
    expect(deltasOf(events)).toBe(text);
    expect(events.at(-1)?.type).toBe("response.completed");
  });
});

describe("the record", () => {
  test("method, path, headers, body, and that it was answered", async () => {
    await using upstream = await startUpstream();
    await clientOf(upstream).beta.chatkit.sessions.create({ user: "u", workflow: { id: "wf_1" } });
    const request = await upstream.received("sessions.create");
    expect(request).toMatchObject({
      route: "sessions.create",
      method: "POST",
      path: "/v1/chatkit/sessions",
      headers: { authorization: `Bearer ${upstream.apiKey}`, "openai-beta": "chatkit_beta=v1" },
      body: { user: "u", workflow: { id: "wf_1" } },
    });
    expect(await request.ended).toMatchObject({ how: "answered" });
  });

  test("when the client left a request without an answer", async () => {
    await using upstream = await startUpstream();
    upstream.answerNext("responses.create", hang);
    const leaver = new AbortController();
    const asked = clientOf(upstream).responses.create({ model, input: "x" }, { signal: leaver.signal });
    const request = await upstream.received("responses.create");
    expect(request.end).toBeNull();
    leaver.abort();
    await expect(asked).rejects.toBeInstanceOf(APIUserAbortError);
    expect(await request.ended).toMatchObject({ how: "client-left" });
  });

  test.each([
    ["at a pace", textAnswer("a b c d e f", { paceMs: 1000 })],
    ["that hangs behind its last event", textAnswer("a b", { cutAfterEvents: 5, end: "hang" })],
  ])("when the client left a stream %s", async (_name, script) => {
    await using upstream = await startUpstream({ script });
    const leaver = new AbortController();
    const stream = await streamFrom(upstream, leaver.signal);
    for await (const _ of stream) break;
    const leftAtMs = performance.now();
    leaver.abort();
    const end = await (await upstream.received("responses.create")).ended;
    expect(end.how).toBe("client-left");
    expect(end.atMs - leftAtMs).toBeLessThan(1000);
  });

  test("waits for a request that is still to come", async () => {
    await using upstream = await startUpstream();
    const second = upstream.received("models.list", 2);
    const client = clientOf(upstream);
    await client.models.list();
    await client.models.list();
    expect(await second).toBe(upstream.requestsTo("models.list")[1]);
  });
});

test("closing cuts what is open, and may be done twice", async () => {
  const upstream = await startUpstream();
  upstream.answerAlways("models.list", hang);
  const failure = clientOf(upstream)
    .models.list()
    .then(() => null)
    .catch((cause: unknown) => cause);
  const request = await upstream.received("models.list");
  await upstream[Symbol.asyncDispose]();
  expect(await failure).toBeInstanceOf(APIConnectionError);
  expect(await request.ended).toMatchObject({ how: "dropped" });
  await upstream[Symbol.asyncDispose]();
});

test("as a program: prints its base URL, serves, ends on SIGTERM", async () => {
  const program = spawn(
    process.execPath,
    [fileURLToPath(new URL("upstream-main.ts", import.meta.url)), "--port", "0"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  try {
    const [line] = await once(program.stdout.setEncoding("utf8"), "data", {
      signal: AbortSignal.timeout(10_000),
    });
    const client = new OpenAI({ apiKey: "sk-any-key", baseURL: String(line).trim(), maxRetries: 0 });
    expect((await client.responses.create({ model, input: "Hello" })).output_text).toContain("Hello");
  } finally {
    program.kill("SIGTERM");
  }
  const [code] = await once(program, "exit");
  expect(code).toBe(0);
}, 20_000);

function streamFrom(upstream: Upstream, signal?: AbortSignal) {
  return clientOf(upstream).responses.create({ model, input: "x", stream: true }, { signal });
}

async function eventsOf(upstream: Upstream): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of await streamFrom(upstream)) events.push(event);
  return events;
}

function deltasOf(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
}
