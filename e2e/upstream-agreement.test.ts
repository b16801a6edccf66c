// A second stand-in, written by others, against which ours and the product are held: what ours gets wrong, tests that
// use ours alone would never show.

import { LLMock } from "@copilotkit/aimock";
import { createApiKey, createEnvironmentKeySource, Secret } from "@sidekit/secrets";
import OpenAI from "openai";
import type { ResponseStreamEvent } from "openai/resources/responses/responses";
import { expect, test } from "vitest";

import { startUpstream, textAnswer } from "./upstream.ts";

const text = "Streams agree on their order.";
const reasoning = "A summary.";
const repeatable = new Set(["response.output_text.delta", "response.reasoning_summary_text.delta"]);

test("both send the same kinds of events in the same order, with the members that theirs has", async () => {
  await using theirs = await startAimock();
  await using ours = await startUpstream({
    models: ["gpt-6-luna"],
    script: textAnswer(text, { reasoning: [reasoning] }),
  });
  const [their, our] = await Promise.all([eventsFrom(theirs.baseUrl), eventsFrom(ours.baseUrl)]);

  expect(kindsOf(our)).toEqual(kindsOf(their));
  for (const event of their) {
    const same = our.find(({ type }) => type === event.type);
    expect({ type: event.type, members: Object.keys(same ?? {}) }).toEqual({
      type: event.type,
      members: expect.arrayContaining(Object.keys(event)),
    });
  }
  expect(textIn(our)).toBe(textIn(their));
});

test("a key is checked live against the other one, too", async () => {
  await using theirs = await startAimock();
  const key = createApiKey({
    id: "openai",
    purpose: "model",
    source: createEnvironmentKeySource({
      setting: "OPENAI_API_KEY",
      value: new Secret("sk-proj-4f1c9be27d08a6535e71"),
    }),
    shape: { prefix: "sk-" },
    baseUrl: theirs.baseUrl,
    fetch,
  });
  expect(await key.check(AbortSignal.timeout(5000))).toMatchObject({ state: "valid", problem: null });
});

async function startAimock(): Promise<AsyncDisposable & { baseUrl: string }> {
  const mock = new LLMock({ port: 0 });
  mock.on({ endpoint: "chat" }, { content: text, reasoning });
  await mock.start();
  return { baseUrl: `${mock.url}/v1`, [Symbol.asyncDispose]: () => mock.stop() };
}

async function eventsFrom(baseURL: string): Promise<ResponseStreamEvent[]> {
  const client = new OpenAI({ apiKey: "sk-any-key", baseURL, maxRetries: 0, timeout: 5000 });
  const events: ResponseStreamEvent[] = [];
  const stream = await client.responses.create({ model: "gpt-6-luna", input: "Hello", stream: true });
  for await (const event of stream) events.push(event);
  return events;
}

/** Types in order; how a text is cut into deltas is up to the server. */
function kindsOf(events: readonly ResponseStreamEvent[]): string[] {
  return events
    .map(({ type }) => type)
    .filter((type, index, types) => !repeatable.has(type) || types[index - 1] !== type);
}

function textIn(events: readonly ResponseStreamEvent[]): string {
  return events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");
}
