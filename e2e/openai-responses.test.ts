import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { answerText, converse, message, mint, post, threadIdOf } from "./chat.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import {
  apiError,
  htmlPage,
  rawReply,
  resetConnection,
  startUpstream,
  textAnswer,
  type Answer,
  type ResponseScript,
  type Upstream,
} from "./upstream.ts";

let upstream: Upstream;
let sidecar: Sidecar;
let secret: string;

beforeAll(async () => {
  upstream = await startUpstream();
  sidecar = await startSidecar({
    env: {
      OPENAI_API_KEY: upstream.apiKey,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_LOG_LEVEL: "trace",
    },
  });
});
beforeEach(async () => {
  secret = await mint(sidecar);
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("three turns go through the model, each with the history before it", async () => {
  const first = await converse(sidecar, secret, message("My name is Ada"));
  expect(answerText(first)).toContain("1 input message");
  const threadId = threadIdOf(first);
  const second = await converse(sidecar, secret, message("What is my name?", threadId));
  expect(answerText(second)).toContain("3 input messages");
  const third = await converse(sidecar, secret, message("Thank you", threadId));
  expect(answerText(third)).toContain("5 input messages");
  const sent = upstream.requestsTo("responses.create").at(-1)!;
  expect(sent.body).toMatchObject({ model: "gpt-6-luna", stream: true, store: false });
  expect(JSON.stringify(sent.body)).toContain("My name is Ada");
});

test("reasoning becomes a workflow, citations become sources", async () => {
  upstream.answerNext(
    "responses.create",
    textAnswer("Water boils at 100 °C.", {
      reasoning: ["Looking at the phase diagram."],
      annotations: [{ url: "https://example.com/water", title: "Water" }],
    }),
  );
  const stream = await converse(sidecar, secret, message("When does water boil?"));
  const done = stream.flatMap((event) => (event.type === "thread.item.done" ? [event.item] : []));
  expect(done.map(({ type }) => type)).toEqual(["user_message", "workflow", "assistant_message"]);
  expect(done[1]).toMatchObject({
    workflow: { type: "reasoning", tasks: [{ content: "Looking at the phase diagram." }] },
  });
  expect(done[2]).toMatchObject({
    content: [
      {
        text: "Water boils at 100 °C.",
        annotations: [{ source: { type: "url", url: "https://example.com/water", title: "Water" } }],
      },
    ],
  });
});

test("a refusal is an answer", async () => {
  upstream.answerNext("responses.create", textAnswer("", { refusal: "I will not help with that." }));
  expect(answerText(await converse(sidecar, secret, message("Do harm")))).toBe("I will not help with that.");
});

test("R10, R55: a stop reaches the upstream within a second and keeps the text so far", async () => {
  upstream.answerNext("responses.create", textAnswer("word ".repeat(400), { chunks: 400, paceMs: 20 }));
  const before = upstream.requestsTo("responses.create").length;
  const response = await fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
    body: JSON.stringify(message("Go on and on")),
  });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("text_delta")) text += decoder.decode((await reader.read()).value, { stream: true });
  const stoppedAt = performance.now();
  await fetch(`${sidecar.url}/chatkit/runs/${response.headers.get("x-sidekit-run-id")}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${secret}` },
  });
  const sent = await upstream.received("responses.create", before + 1);
  const end = await sent.ended;
  expect(end.how).toBe("client-left");
  expect(end.atMs - stoppedAt).toBeLessThan(1000);
  await reader.cancel();
});

describe("what goes wrong upstream becomes an event that a client understands, and the thread goes on", () => {
  test.each<[string, Answer | ResponseScript, object]>([
    ["401", apiError(401), { code: "custom", allow_retry: false }],
    ["403", apiError(403), { code: "custom", allow_retry: false }],
    ["404", apiError(404, { code: "model_not_found" }), { code: "custom", allow_retry: false }],
    [
      "429 with Retry-After",
      apiError(429, { headers: { "retry-after": "120" } }),
      { code: "custom", allow_retry: true },
    ],
    [
      "429 without quota",
      apiError(429, { code: "insufficient_quota", type: "insufficient_quota" }),
      { code: "custom", allow_retry: false },
    ],
    ["500", apiError(500), { code: "stream.error", allow_retry: true }],
    ["a reset", resetConnection, { code: "stream.error", allow_retry: true }],
    ["HTML", htmlPage(200), { code: "stream.error", allow_retry: true }],
    [
      "nothing",
      rawReply(200, "", { headers: { "content-type": "text/event-stream" } }),
      { code: "stream.error", allow_retry: true },
    ],
    [
      "a truncated stream",
      textAnswer("The beginning of", { cutAfterEvents: 6 }),
      { code: "stream.error", allow_retry: true },
    ],
    [
      "a reset in mid-stream",
      textAnswer("The beginning of", { cutAfterEvents: 6, end: "reset" }),
      { code: "stream.error", allow_retry: true },
    ],
    [
      "a failed response",
      textAnswer("Some", { failed: "server_error" }),
      { code: "stream.error", allow_retry: true },
    ],
  ])("%s", async (_name, answer, error) => {
    upstream.answerAlways("responses.create", answer as ResponseScript);
    const stream = await converse(sidecar, secret, message("Hello"));
    upstream.answerAlways("responses.create", { kind: "ordinary" });
    const [event] = stream.filter(({ type }) => type === "error");
    expect(event).toMatchObject({ type: "error", ...error });
    expect(JSON.stringify(stream)).not.toContain("Scripted failure");
    const next = await converse(sidecar, secret, message("Again", threadIdOf(stream)));
    expect(answerText(next)).toContain("The upstream received");
  });
});

test("S128, S160: the key is nowhere but in the upstream's own requests", async () => {
  // One canary for the key, one for what a user writes: the second may be stored, and neither may be logged.
  const words = "canary-words-5d41402a";
  await converse(sidecar, secret, message(words));
  upstream.answerNext("responses.create", apiError(401, { message: `Wrong key ${upstream.apiKey}` }));
  const failed = await converse(sidecar, secret, message("Hello"));
  const status = await fetch(`${sidecar.url}/trpc/apiKeys.status`, {
    headers: { authorization: `Bearer ${sidecar.launchToken}` },
  });
  const ready = await fetch(`${sidecar.url}/readyz`);
  const replies = [JSON.stringify(failed), await status.text(), await ready.text()].join("\n");
  expect(replies).toMatch(/key valid \([0-9a-f]{12}\)/);

  const output = sidecar.output();
  const files = filesUnder(sidecar.dataDir)
    .map((file) => readFileSync(file, "latin1"))
    .join("\n");
  for (const form of formsOf(upstream.apiKey)) {
    expect(replies).not.toContain(form);
    expect(output).not.toContain(form);
    expect(files).not.toContain(form);
  }
  for (const form of formsOf(secret)) {
    expect(output).not.toContain(form);
    expect(files).not.toContain(form);
  }
  expect(output).not.toContain(words);
  expect(output).toContain('"event":"run.start"');
});

describe("a key that is missing or wrong is named with its mend, and the chat says so", () => {
  test.each([
    ["blank", { OPENAI_API_KEY: " " }, "missing", "blank"],
    ["a placeholder", { OPENAI_API_KEY: "sk-your-api-key-here-000" }, "malformed", "placeholder"],
    [
      "an administration key",
      { OPENAI_API_KEY: `sk-admin-${"a1".repeat(20)}` },
      "malformed",
      "administration",
    ],
    ["refused upstream", { OPENAI_API_KEY: `sk-proj-${"b2".repeat(24)}` }, "invalid", "refuses"],
  ])("%s", async (_name, env, state, word) => {
    await using strict = await startUpstream({ apiKey: `sk-proj-${"c3".repeat(24)}` });
    await using other = await startSidecar({ env: { ...env, OPENAI_BASE_URL: strict.baseUrl } });
    const answer = await post(other, "/trpc/apiKeys.verify", other.launchToken, undefined as never);
    const [key] = JSON.parse(answer.text).result.data.keys;
    expect(key).toMatchObject({ state });
    expect(key.problem).toContain(word);
    expect(key.mend).not.toBe("");
    expect(answer.text + other.output()).not.toContain(env.OPENAI_API_KEY.trim() || "\u0000");
  });
});

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    bytes.toString("base64").slice(0, -4),
    bytes.toString("hex"),
    encodeURIComponent(value),
    [...value].reverse().join(""),
  ];
}
