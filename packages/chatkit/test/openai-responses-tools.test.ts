import { setTimeout as sleep } from "node:timers/promises";

import {
  createOpenAiResponsesResponder,
  type FunctionTool,
} from "@sidekit/chatkit/responders/openai-responses";
import { expect, test } from "vitest";
import { z } from "zod";

import { turnError } from "../src/errors.ts";
import type { ResponderEvent } from "../src/ports.ts";
import type { ClientToolCallItem } from "../src/protocol/index.ts";
import { messageId, optionsFor, reasonOf, run } from "./responder-runs.ts";
import { callResponse, startStandIn, stream, textResponse } from "./responses-stand-in.ts";
import { createOutputTurn, createTurn, streamedText, userMessageItem } from "./turn-fixture.ts";

const weather: FunctionTool<z.ZodObject<{ city: z.ZodString; days: z.ZodOptional<z.ZodInt> }>> = {
  name: "weather",
  description: "Says what the weather will be.",
  parameters: z.object({ city: z.string(), days: z.int().optional() }),
  execute: ({ city }, { run: shown }) => {
    shown.push({ type: "progress_update", text: `Looking at ${city}` });
    return { city, sky: "clear" };
  },
};

const selection = {
  name: "get_selection",
  description: "Reads it.",
  parameters: z.object({ all: z.boolean() }),
};

const call = (name: string, args: unknown, call_id = "call_1") => ({
  name,
  call_id,
  arguments: JSON.stringify(args),
});

test("a function is described, called with what the model sends, and its answer goes back", async () => {
  await using upstream = await startStandIn();
  const thought = { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "x" };
  const lost = { id: "rs_2", type: "reasoning", summary: [] };
  const done = (item: object) => ({ type: "response.output_item.done", item });
  upstream.answer(
    stream([done(thought), done(lost), ...callResponse(call("weather", { city: "Brno" }))]),
    stream(textResponse(["Clear."])),
  );
  const { events } = await run(upstream, createTurn("Hi", { model: "gpt-6-luna" }), { tools: [weather] });

  expect(events[0]).toEqual({ type: "progress_update", text: "Looking at Brno" });
  expect(streamedText(events)).toBe("Clear.");
  const [first, second] = upstream.requests;
  expect(first?.body).toMatchObject({
    include: ["reasoning.encrypted_content"],
    tools: [
      {
        type: "function",
        name: "weather",
        description: "Says what the weather will be.",
        parameters: { type: "object", required: ["city"], properties: { city: { type: "string" } } },
      },
    ],
  });
  expect(second?.body.input).toEqual([
    expect.objectContaining({ role: "user" }),
    thought,
    expect.objectContaining({ type: "function_call", call_id: "call_1" }),
    { type: "function_call_output", call_id: "call_1", output: '{"city":"Brno","sky":"clear"}' },
  ]);
});

test("S124: what each response of a turn took is counted, and nothing for one that does not say", async () => {
  await using upstream = await startStandIn();
  const counted = (events: readonly object[], total_tokens: number) =>
    events.map((event) =>
      "type" in event && event.type === "response.completed"
        ? { ...event, response: { usage: { input_tokens: 1, total_tokens } } }
        : event,
    );
  upstream.answer(
    stream(counted(callResponse(call("weather", { city: "Brno" })), 120)),
    stream(counted(callResponse(call("weather", { city: "Graz" }, "call_2")), 300)),
    stream(textResponse(["Clear."])),
  );
  const turn = createTurn("Hi");
  await run(upstream, turn, { tools: [weather] });
  expect(turn.tokens).toEqual([120, 300, 0]);
});

test("calls of one response are carried out at once, and answered in their order", async () => {
  await using upstream = await startStandIn();
  let running = 0;
  let most = 0;
  const slow = {
    name: "slow",
    description: "Takes a while.",
    parameters: z.object({ n: z.int() }),
    async execute({ n }: { n: number }) {
      most = Math.max(most, ++running);
      await sleep(30 - n);
      running -= 1;
      return `answer ${n}`;
    },
  };
  upstream.answer(
    stream(callResponse(call("slow", { n: 1 }, "c1"), call("slow", { n: 20 }, "c2"))),
    stream(textResponse(["ok"])),
  );
  await run(upstream, createTurn("Hi"), { tools: [slow] });
  expect(most).toBe(2);
  expect(outputsOf(upstream.requests[1]?.body)).toEqual(["answer 1", "answer 20"]);
});

test("a tool that fails, is late, says too much or is asked wrongly tells the model, and no more", async () => {
  await using upstream = await startStandIn();
  const tool = (name: string, execute: () => unknown) => ({
    name,
    description: name,
    parameters: z.object({}),
    execute,
  });
  upstream.answer(
    stream(
      callResponse(
        ...["throws", "hangs", "talks", "nobody"].map((name) => call(name, {}, name)),
        call("weather", { city: 1 }, "wrong"),
        { name: "weather", call_id: "broken", arguments: "{" },
      ),
    ),
    stream(textResponse(["ok"])),
  );
  const { events, observations } = await run(upstream, createTurn("Hi"), {
    toolMs: 50,
    tools: [
      weather,
      tool("throws", () => {
        throw new Error("CANARY");
      }),
      tool("hangs", () => new Promise(() => undefined)),
      tool("talks", () => "x".repeat(300_000)),
    ],
  });
  expect(streamedText(events)).toBe("ok");
  expect(outputsOf(upstream.requests[1]?.body)).toEqual([
    "The tool failed.",
    "The tool did not answer in time.",
    "The tool's output is too large.",
    "There is no tool of this name.",
    expect.stringMatching(/^The arguments are not valid[^]*city/),
    expect.stringMatching(/^The arguments are not valid/),
  ]);
  expect(observations.map((it) => ("reason" in it ? it.reason : it.event)).toSorted()).toEqual([
    "arguments",
    "arguments",
    "late",
    "output",
    "threw",
  ]);
});

test("what a tool says with turnError ends the turn", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(callResponse(call("stops", {}))));
  const stops = {
    name: "stops",
    description: "Stops.",
    parameters: z.object({}),
    execute() {
      throw turnError({ message: "Enough." });
    },
  };
  const { thrown } = await run(upstream, createTurn("Hi"), { tools: [stops] });
  expect(thrown).toMatchObject({ event: { message: "Enough." } });
});

test("after so many rounds the model has to answer", async () => {
  await using upstream = await startStandIn();
  const again = () => stream(callResponse(call("weather", { city: "Brno" })));
  upstream.answer(again(), again(), stream(textResponse(["Well."])));
  const { events } = await run(upstream, createTurn("Hi"), { tools: [weather], maxToolRounds: 2 });
  expect(streamedText(events)).toBe("Well.");
  expect(upstream.requests.map((it) => it.body.tool_choice)).toEqual([undefined, undefined, "none"]);
});

test("a stop ends a tool's wait", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(callResponse(call("waits", {}))));
  const started = Promise.withResolvers<AbortSignal>();
  const waits = {
    name: "waits",
    description: "Waits.",
    parameters: z.object({}),
    execute(_: unknown, { signal }: { signal: AbortSignal }) {
      started.resolve(signal);
      return new Promise(() => undefined);
    },
  };
  const turn = createTurn("Hi");
  const running = run(upstream, turn, { tools: [waits] });
  const signal = await started.promise;
  turn.stop();
  expect(await running).toMatchObject({ thrown: null, observations: [] });
  expect(signal.aborted).toBe(true);
});

test("a client tool ends the turn with its call, and the next goes on with its output (O20)", async () => {
  await using upstream = await startStandIn();
  const id = `fc_${"a".repeat(48)}`;
  upstream.answer(
    stream(callResponse({ ...call("get_selection", { all: true }), id })),
    stream(textResponse(["Nice."])),
  );
  const { events } = await run(upstream, createTurn("Hi"), { clientTools: [selection] });
  expect(events).toMatchObject([
    {
      type: "thread.item.done",
      item: {
        id,
        type: "client_tool_call",
        status: "pending",
        call_id: "call_1",
        name: "get_selection",
        arguments: { all: true },
      },
    },
  ]);
  expect(upstream.requests[0]?.body.parallel_tool_calls).toBe(false);

  const [asked] = events;
  if (asked?.type !== "thread.item.done" || asked.item.type !== "client_tool_call")
    throw new Error("no call");
  const answered: ClientToolCallItem = { ...asked.item, status: "completed", output: { text: "abc" } };
  const next = await run(upstream, createOutputTurn([userMessageItem("Hi")], answered), {
    clientTools: [selection],
  });
  expect(streamedText(next.events)).toBe("Nice.");
  expect(upstream.requests[1]?.body.input).toMatchObject([
    { role: "user" },
    { type: "function_call", call_id: "call_1", name: "get_selection", arguments: '{"all":true}' },
    { type: "function_call_output", call_id: "call_1", output: '{"text":"abc"}' },
  ]);
});

test("a client tool that is not called alone, or wrongly, is asked for again", async () => {
  await using upstream = await startStandIn();
  upstream.answer(
    stream(callResponse(call("get_selection", { all: true }, "c1"), call("weather", { city: "Brno" }, "c2"))),
    stream(callResponse(call("get_selection", {}, "c3"))),
    stream(callResponse({ ...call("get_selection", { all: true }, "c4"), id: "fc_1" })),
  );
  const { events } = await run(upstream, createTurn("Hi"), { clientTools: [selection], tools: [weather] });
  expect(outputsOf(upstream.requests[2]?.body)).toEqual([
    expect.stringContaining("called alone"),
    expect.stringContaining("Brno"),
    expect.stringContaining("not valid"),
  ]);
  const last = events.at(-1);
  expect(last).toMatchObject({ item: { type: "client_tool_call", call_id: "c4" } });
  expect(last).not.toHaveProperty("item.id", "fc_1");
});

test("hosted tools are passed on, and images come with their progress (O09, O11)", async () => {
  await using upstream = await startStandIn();
  const image = (result: string | null) => ({ id: "ig_1", type: "image_generation_call", result });
  const large = "A".repeat(2_000_000);
  upstream.answer(
    stream([
      { type: "response.output_item.added", item: image(null) },
      {
        type: "response.image_generation_call.partial_image",
        item_id: "ig_1",
        partial_image_index: 1,
        partial_image_b64: "Qg==",
      },
      { type: "response.output_item.done", item: image(large) },
      { type: "response.completed", response: {} },
    ]),
  );
  const hostedTools = [
    { type: "web_search" as const },
    { type: "image_generation" as const, partial_images: 2 },
  ];
  const { events } = await run(upstream, createTurn("Draw"), {
    hostedTools,
    imageUrl: async ({ callId, base64, partialIndex }) =>
      `https://img.example.com/${callId}/${partialIndex ?? "final"}/${base64.length}`,
  });
  expect(upstream.requests[0]?.body.tools).toEqual(hostedTools);
  expect(events).toMatchObject([
    { type: "thread.item.added", item: { type: "generated_image" } },
    { update: { image: { id: "ig_1", url: "https://img.example.com/ig_1/1/4" }, progress: 0.5 } },
    { type: "thread.item.done", item: { image: { url: "https://img.example.com/ig_1/final/2000000" } } },
  ]);
});

test("a message may choose a model and a tool that are offered, and no others (S74)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(...Array.from({ length: 3 }, () => stream(textResponse(["ok"]))));
  const offers = { models: ["gpt-4o"], tools: ["weather", "web_search", "gone"] };
  const options = { tools: [weather], hostedTools: [{ type: "web_search" as const }] };
  for (const [model, id] of [
    ["gpt-4o", "weather"],
    ["o9-dear", "web_search"],
    ["gpt-4o", "gone"],
  ] as const) {
    const message = { inference_options: { model, tool_choice: { id } } };
    await run(upstream, createTurn("Hi", { offers, message }), options);
  }
  expect(upstream.requests.map(({ body }) => [body.model, body.tool_choice])).toEqual([
    ["gpt-4o", { type: "function", name: "weather" }],
    ["gpt-4o-mini", { type: "web_search" }],
    ["gpt-4o", undefined],
  ]);
});

test.each([
  ["input", { input: () => sleep(20, true) }],
  ["output", { output: ({ text }: { text: string }) => text.includes("secret") }],
])("an %s guardrail takes back what has been shown (O22)", async (_, guardrails) => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["a secret"])));
  const { events, thrown } = await run(upstream, createTurn("Hi"), { guardrails });
  expect(events[0]).toMatchObject({ type: "thread.item.added", item: { id: messageId } });
  expect(events.at(-1)).toEqual({ type: "thread.item.removed", item_id: messageId });
  expect(thrown).toMatchObject({ event: { code: "custom", allow_retry: false } });
});

test("no function works for a message that may not be answered", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(callResponse(call("works", {}))));
  let worked = false;
  const works = {
    name: "works",
    description: "Works.",
    parameters: z.object({}),
    execute: () => (worked = true),
  };
  const guardrails = { input: () => sleep(50, true) };
  const { thrown } = await run(upstream, createTurn("Hi"), { tools: [works], guardrails });
  expect(reasonOf(thrown)).toBe("application");
  expect(worked).toBe(false);
});

test("guardrails that have nothing against it change nothing", async () => {
  await using upstream = await startStandIn();
  upstream.answer(stream(textResponse(["Fine"])));
  const seen: string[] = [];
  const check = ({ text }: { text: string }) => seen.push(text) > 2;
  const { events, thrown } = await run(upstream, createTurn("Hi"), {
    guardrails: { input: check, output: check },
  });
  expect([streamedText(events), seen, thrown]).toEqual(["Fine", ["Hi", "Fine"], null]);
});

test("an input guardrail that fails fails the turn", async () => {
  await using upstream = await startStandIn();
  upstream.answer(() => undefined);
  const guardrails = { input: () => Promise.reject(turnError({ code: "rate_limit.error" })) };
  const { thrown } = await run(upstream, createTurn("Hi"), { guardrails });
  expect(reasonOf(thrown)).toBe("application");
});

test("two tools of one name are refused at once", async () => {
  await using upstream = await startStandIn();
  const clientTools = [{ ...selection, name: "weather" }];
  const options = optionsFor(upstream, { tools: [weather], clientTools });
  expect(() => createOpenAiResponsesResponder(options)).toThrow(TypeError);
});

test("an action goes to the application's own function", async () => {
  await using upstream = await startStandIn();
  const act = async function* (): AsyncGenerator<ResponderEvent> {};
  expect(createOpenAiResponsesResponder(optionsFor(upstream, { act })).act).toBe(act);
  expect(createOpenAiResponsesResponder(optionsFor(upstream))).not.toHaveProperty("act");
});

function outputsOf(body: Record<string, unknown> | undefined): unknown[] {
  const input = z.array(z.looseObject({ type: z.string() })).parse(body?.input);
  return input.filter((item) => item.type === "function_call_output").map((item) => item.output);
}
