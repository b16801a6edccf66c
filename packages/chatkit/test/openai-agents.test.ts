import { setTimeout as sleep } from "node:timers/promises";

import { Agent, type Model, tool } from "@openai/agents";
import { type AgentChat, agentResponder, clientTool } from "@sidekit/chatkit/responders/openai-agents";
import { expect, test, vi } from "vitest";
import { z } from "zod";

import type { ResponderEvent } from "../src/ports.ts";
import type { StoredItem, StructuredInputItem } from "../src/protocol/index.ts";
import { runAgent, runTurn, upstreamOf, whole } from "./agent-runs.ts";
import { reasonOf, upstreamWords } from "./responder-runs.ts";
import {
  callResponse,
  frames,
  hang,
  json,
  reset,
  startStandIn,
  stream,
  textResponse,
} from "./responses-stand-in.ts";
import { createOutputTurn, createTurn, streamedText, type TurnFixture } from "./turn-fixture.ts";

const message = z.object({ message: z.string() });

function textReply(...pieces: string[]) {
  return stream(whole(textResponse(pieces)));
}

function callReply(name: string, args: object, call_id = "call_1") {
  return stream(whole(callResponse({ name, arguments: JSON.stringify(args), call_id })));
}

test("text streams once, with the key of the moment, the profile's model and nothing traced", async () => {
  await using upstream = await startStandIn();
  upstream.answer(textReply("Hel", "lo"));
  const agent = new Agent<AgentChat>({ name: "Greeter", instructions: "Greet." });
  const turn = createTurn("Hi", { model: "gpt-x" });
  const { events, thrown } = await runAgent(upstream, turn, agent);
  expect(thrown).toBeNull();
  expect(streamedText(events)).toBe("Hello");
  expect(events.filter((it) => it.type === "thread.item.done")).toHaveLength(1);
  expect(turn.thread.title).toBe("Hi");
  const [request] = upstream.requests;
  expect(upstream.requests).toHaveLength(1);
  expect(request?.headers.authorization).toBe("Bearer sk-first");
  expect(request?.body).toMatchObject({
    model: "gpt-x",
    instructions: "Greet.",
    input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
  });
});

test("a message chooses among the models that the profile offers (S74)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(textReply("a"), textReply("b"));
  const agent = new Agent<AgentChat>({ name: "Greeter" });
  const options = { model: "usual", offers: { models: ["other"], tools: [] } };
  await runAgent(
    upstream,
    createTurn("Hi", { ...options, message: { inference_options: { model: "other" } } }),
    agent,
  );
  await runAgent(
    upstream,
    createTurn("Hi", { ...options, message: { inference_options: { model: "none" } } }),
    agent,
  );
  expect(upstream.requests.map((it) => it.body["model"])).toEqual(["other", "usual"]);
});

test("a tool reaches the run and the turn", async () => {
  await using upstream = await startStandIn();
  upstream.answer(callReply("look", { message: "x" }), textReply("Found"));
  const look = tool<typeof message, AgentChat>({
    name: "look",
    description: "Looks",
    parameters: message,
    execute(_, context) {
      context?.context.chat.push({ type: "progress_update", text: "Looking" });
      context?.context.chat.addTask({ type: "custom", title: "Step", status_indicator: "none" });
      return `owner ${context?.context.turn.owner.user}`;
    },
  });
  const { events, thrown } = await runAgent(
    upstream,
    createTurn("Hi"),
    new Agent<AgentChat>({ name: "A", tools: [look] }),
  );
  expect(thrown).toBeNull();
  expect(events).toContainEqual({ type: "progress_update", text: "Looking" });
  expect(events.some((it) => it.type === "thread.item.done" && it.item.type === "workflow")).toBe(true);
  expect(JSON.stringify(upstream.requests[1]?.body["input"])).toContain("owner u");
});

test("a handoff is visible, and the next agent answers", async () => {
  await using upstream = await startStandIn();
  upstream.answer(callReply("transfer_to_Billing", {}), textReply("Paid"));
  const billing = new Agent<AgentChat>({ name: "Billing", instructions: "Bills." });
  const triage = new Agent<AgentChat>({ name: "Triage", handoffs: [billing] });
  const { events, thrown } = await runAgent(upstream, createTurn("Hi"), triage);
  expect(thrown).toBeNull();
  expect(events).toContainEqual({ type: "progress_update", text: "Handing over to Billing" });
  expect(streamedText(events)).toBe("Paid");
  expect(upstream.requests[1]?.body["instructions"]).toBe("Bills.");
});

test("a client tool ends the turn with its call, and the next turn knows the output", async () => {
  await using upstream = await startStandIn();
  const [begun] = [textResponse(["Wait"]).slice(0, -1)];
  const call = callResponse({ name: "pick", arguments: '{"message":"which?"}', call_id: "call_7" });
  upstream.answer(stream(whole([...begun, ...call])), textReply("Blue it is"));
  const pick = clientTool({ name: "pick", description: "Picks", parameters: message });
  const agent = new Agent<AgentChat>({ name: "A", tools: [pick] });
  const first = createTurn("Hi");
  const { events, thrown } = await runAgent(upstream, first, agent);
  expect(thrown).toBeNull();
  expect(streamedText(events)).toBe("Wait");
  expect(upstream.requests).toHaveLength(1);
  const last = events.at(-1);
  if (last?.type !== "thread.item.done" || last.item.type !== "client_tool_call") throw new Error("no call");
  expect(last.item).toMatchObject({
    status: "pending",
    call_id: "call_7",
    name: "pick",
    arguments: { message: "which?" },
  });

  const turn = createOutputTurn(first.items, { ...last.item, status: "completed", output: "blue" });
  const next = await runAgent(upstream, turn, agent);
  expect(streamedText(next.events)).toBe("Blue it is");
  expect(upstream.requests[1]?.body["input"]).toMatchObject([
    { role: "user" },
    { type: "function_call", call_id: "call_7", name: "pick" },
    { type: "function_call_output", call_id: "call_7", output: '"blue"' },
  ]);
});

test("a slow reader of a client tool call misses nothing, and no model is asked meanwhile", async () => {
  await using upstream = await startStandIn();
  const begun = textResponse(["Wa", "it"]).slice(0, -1);
  upstream.answer(
    stream(whole([...begun, ...callResponse({ name: "pick", arguments: '{"message":"?"}', call_id: "c" })])),
  );
  const pick = clientTool({ name: "pick", description: "Picks", parameters: message });
  const agent = new Agent<AgentChat>({ name: "A", tools: [pick] });
  const events: ResponderEvent[] = [];
  for await (const event of agentResponder({ ...upstreamOf(upstream), agent }).respond(createTurn("Hi"))) {
    events.push(event);
    await sleep(20);
  }
  expect(streamedText(events)).toBe("Wait");
  expect(events.at(-1)).toMatchObject({ item: { type: "client_tool_call", call_id: "c" } });
  expect(upstream.requests).toHaveLength(1);
});

const deletions: string[] = [];
const guarded = () =>
  new Agent<AgentChat>({
    name: "Careful",
    tools: [
      tool({
        name: "erase",
        description: "Erases",
        parameters: message,
        needsApproval: true,
        execute(input) {
          deletions.push((input as z.output<typeof message>).message);
          return "erased";
        },
      }),
    ],
  });

/** The question that the turn ended with, and the thread as it then is. */
async function askForApproval(upstream: Parameters<typeof runAgent>[0]) {
  const turn = createTurn("Delete it");
  const { events, thrown } = await runAgent(upstream, turn, guarded());
  expect(thrown).toBeNull();
  const last = events.at(-1);
  if (last?.type !== "thread.item.done" || last.item.type !== "structured_input")
    throw new Error("no question");
  return { turn, question: last.item };
}

function answered(
  turn: TurnFixture,
  question: StructuredInputItem,
  answers: Record<string, string>,
): TurnFixture {
  const item: StructuredInputItem = {
    ...question,
    status: "answered",
    inputs: question.inputs.map((input) => {
      const value = answers[input.id];
      return {
        ...input,
        answer: { values: value === undefined ? [] : [value], skipped: value === undefined },
      };
    }),
  };
  const items: StoredItem[] = [...turn.items, ...turn.kept, item];
  const base = createTurn("");
  return {
    ...base,
    cause: { kind: "structured_input", item },
    userMessage: null,
    items,
    history: (limit) => Promise.resolve(items.slice(-limit)),
    keep: async (kept) => {
      items.splice(
        items.findIndex(({ id }) => id === kept.id),
        1,
        kept,
      );
    },
  };
}

test("a tool that needs approval asks, keeps the run privately and goes on with the answer, once", async () => {
  await using upstream = await startStandIn();
  deletions.length = 0;
  upstream.answer(callReply("erase", { message: "file" }), textReply("Gone"), textReply("Again?"));
  const { turn, question } = await askForApproval(upstream);
  expect(question).toMatchObject({
    status: "pending",
    inputs: [
      {
        question: 'May erase be used with {"message":"file"}?',
        options: [{ value: "Approve" }, { value: "Reject" }],
      },
      { type: "freeform" },
    ],
  });
  expect(deletions).toEqual([]);
  expect(JSON.stringify(turn.kept)).not.toContain("owner");

  const next = answered(turn, question, { "approval.0": "Approve" });
  const { events, thrown } = await runAgent(upstream, next, guarded());
  expect(thrown).toBeNull();
  expect(deletions).toEqual(["file"]);
  expect(streamedText(events)).toBe("Gone");

  await runAgent(upstream, next, guarded());
  expect(deletions).toEqual(["file"]);
  expect(JSON.stringify(upstream.requests[2]?.body)).not.toContain("agent_run");
});

test.each([
  ["Reject", "because", "The user rejected this: because"],
  [undefined, undefined, "The user rejected this."],
  ["only the copy", undefined, "The user rejected this: only the copy"],
])("the answer %s rejects the call, and the model is told why", async (answer, reason, told) => {
  await using upstream = await startStandIn();
  deletions.length = 0;
  upstream.answer(callReply("erase", { message: "file" }), textReply("Kept"));
  const { turn, question } = await askForApproval(upstream);
  const given = {
    ...(answer === undefined ? {} : { "approval.0": answer }),
    ...(reason === undefined ? {} : { "approval.0.reason": reason }),
  };
  const { events } = await runAgent(upstream, answered(turn, question, given), guarded());
  expect(deletions).toEqual([]);
  expect(streamedText(events)).toBe("Kept");
  expect(JSON.stringify(upstream.requests[1]?.body["input"])).toContain(`"${told}"`);
});

test("an agent that has changed cannot go on with a run that waits, and says so", async () => {
  await using upstream = await startStandIn();
  upstream.answer(callReply("erase", { message: "file" }));
  const { turn, question } = await askForApproval(upstream);
  const other = new Agent<AgentChat>({ name: "Another" });
  const { thrown } = await runAgent(upstream, answered(turn, question, { "approval.0": "Approve" }), other);
  expect(thrown).toMatchObject({ message: "This cannot be continued any more. Please ask again." });
});

const trips = { tripwireTriggered: true, outputInfo: "CANARY" };
test.each([
  ["input", { inputGuardrails: [{ name: "in", execute: async () => trips }] }],
  ["output", { outputGuardrails: [{ name: "out", execute: async () => trips }] }],
])("an %s guardrail takes back what has been shown", async (_, guardrails) => {
  await using upstream = await startStandIn();
  upstream.answer(textReply("Forbidden"));
  const agent = new Agent<AgentChat>({ name: "A", ...guardrails });
  const { events, thrown } = await runAgent(upstream, createTurn("Hi"), agent);
  const added = events.flatMap((it) => (it.type === "thread.item.added" ? [it.item.id] : []));
  const removed = events.flatMap((it) => (it.type === "thread.item.removed" ? [it.item_id] : []));
  expect(removed).toEqual(added);
  expect(thrown).toMatchObject({ reason: "application", message: "This cannot be answered here." });
});

test.each(["inputGuardrails", "outputGuardrails"] as const)(
  "a tool's tripwire among its %s ends the turn",
  async (kind) => {
    await using upstream = await startStandIn();
    upstream.answer(callReply("look", { message: "x" }));
    const look = tool({
      name: "look",
      description: "Looks",
      parameters: message,
      execute: () => "seen",
      [kind]: [{ type: kind, name: "g", run: async () => ({ behavior: { type: "throwException" } }) }],
    });
    const agent = new Agent<AgentChat>({ name: "A", tools: [look] });
    const { thrown } = await runAgent(upstream, createTurn("Hi"), agent, { guardrailMessage: "Not that." });
    expect(thrown).toMatchObject({ reason: "application", message: "Not that." });
  },
);

test("too many steps end in words of ours", async () => {
  await using upstream = await startStandIn();
  upstream.answer(callReply("look", { message: "x" }), callReply("look", { message: "x" }));
  const look = tool({ name: "look", description: "Looks", parameters: message, execute: () => "seen" });
  const agent = new Agent<AgentChat>({ name: "A", tools: [look] });
  const { thrown } = await runAgent(upstream, createTurn("Hi"), agent, { maxTurns: 1 });
  expect(thrown).toMatchObject({ reason: "application", message: expect.stringContaining("too") });
});

test.each([
  [401, "upstream_auth"],
  [429, "upstream_rate_limited"],
  [400, "upstream_rejected"],
  [500, "upstream_unavailable"],
])("status %d is %s", async (status, reason) => {
  await using upstream = await startStandIn();
  upstream.answer(json(status, { error: { message: upstreamWords } }));
  const { thrown } = await runAgent(upstream, createTurn("Hi"), new Agent<AgentChat>({ name: "A" }), {
    maxRetries: 0,
  });
  expect(reasonOf(thrown)).toBe(reason);
});

test("a key that has been replaced meanwhile is used at once", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(401, { error: { message: upstreamWords } }), textReply("Hello"));
  const keys = ["sk-old", "sk-new"];
  const apiKey = () => Promise.resolve({ reveal: () => keys.shift() ?? "sk-none" });
  const responder = agentResponder({
    ...upstreamOf(upstream),
    apiKey,
    agent: new Agent<AgentChat>({ name: "A" }),
  });
  const { events } = await runTurn(responder, createTurn("Hi"));
  expect(streamedText(events)).toBe("Hello");
});

test("a response that fails, breaks or ends too soon in mid-stream is an upstream failure", async () => {
  await using upstream = await startStandIn();
  const half = textResponse(["Half"]).slice(0, 4);
  const failed = {
    type: "response.failed",
    response: { error: { code: "server_error", message: upstreamWords } },
  };
  upstream.answer(stream([...half, failed]), reset(half), stream(half), hang(half));
  const agent = new Agent<AgentChat>({ name: "A" });
  const reasons: string[] = [];
  for (let run = 0; run < 4; run += 1) {
    const { thrown } = await runAgent(upstream, createTurn("Hi"), agent, { silenceMs: 200 });
    reasons.push(reasonOf(thrown));
  }
  expect(reasons).toEqual([
    "upstream_unavailable",
    "upstream_unavailable",
    "upstream_malformed",
    "upstream_timeout",
  ]);
});

test("an answer that ends early stays, with a notice", async () => {
  await using upstream = await startStandIn();
  const early = {
    id: "resp_1",
    status: "incomplete",
    incomplete_details: { reason: "max_output_tokens" },
    output: [],
  };
  upstream.answer(
    stream([...textResponse(["Half"]).slice(0, 4), { type: "response.incomplete", response: early }]),
  );
  const { events, thrown } = await runAgent(upstream, createTurn("Hi"), new Agent<AgentChat>({ name: "A" }));
  expect(thrown).toBeNull();
  expect(streamedText(events)).toBe("Half");
  expect(events).toContainEqual(expect.objectContaining({ type: "notice", level: "warning" }));
  expect(events.some((it) => it.type === "thread.item.done")).toBe(true);
});

test("a stop ends the upstream request within a second, and the turn without an error", async () => {
  await using upstream = await startStandIn();
  upstream.answer(hang(textResponse(["Half"]).slice(0, 4)));
  const turn = createTurn("Hi");
  const running = runAgent(upstream, turn, new Agent<AgentChat>({ name: "A" }));
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(1));
  const stoppedMs = Date.now();
  turn.stop();
  expect((await running).thrown).toBeNull();
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
  expect(Date.now() - stoppedMs).toBeLessThan(1_000);
});

test("S124: a model that gives only the SDK's own events is shown all the same, and what it took is counted", async () => {
  const model: Model = {
    getResponse: () => Promise.reject(new Error("not streamed")),
    async *getStreamedResponse() {
      yield { type: "response_started" };
      yield { type: "output_text_delta", delta: "Hel" };
      yield { type: "output_text_delta", delta: "lo" };
      const content = [{ type: "output_text" as const, text: "Hello" }];
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
      const output = [
        { type: "message" as const, role: "assistant" as const, status: "completed" as const, content },
      ];
      yield { type: "response_done", response: { id: "r", usage, output } };
    },
  };
  const modelProvider = { getModel: () => model };
  const responder = agentResponder({ modelProvider, agent: new Agent<AgentChat>({ name: "A" }) });
  const turn = createTurn("Hi");
  const { events, thrown } = await runTurn(responder, turn);
  expect(thrown).toBeNull();
  expect(turn.tokens).toEqual([2]);
  expect(streamedText(events)).toBe("Hello");
  expect(events.at(-1)).toMatchObject({ type: "thread.item.done", item: { content: [{ text: "Hello" }] } });
});

test("the chat completions API streams once, too", async () => {
  await using upstream = await startStandIn();
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const events = [chunk({ role: "assistant", content: "Hel" }), chunk({ content: "lo" }), chunk({}, "stop")];
  upstream.answer((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`${frames(events)}data: [DONE]\n\n`);
  });
  const ran = await runAgent(upstream, createTurn("Hi"), new Agent<AgentChat>({ name: "A" }), {
    api: "chat_completions",
  });
  expect(ran.thrown).toBeNull();
  expect(streamedText(ran.events)).toBe("Hello");
  expect(upstream.requests[0]?.path).toBe("/v1/chat/completions");
});

test("thoughts and images of hosted tools are shown as of any model", async () => {
  await using upstream = await startStandIn();
  const thought = { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }] };
  const image = { type: "image_generation_call", id: "ig_1", status: "completed", result: "aGk=" };
  const part = { item_id: "rs_1", output_index: 0, summary_index: 0 };
  upstream.answer(
    stream(
      whole([
        { type: "response.output_item.added", output_index: 0, item: { ...thought, summary: [] } },
        { type: "response.reasoning_summary_text.delta", ...part, delta: "Hm" },
        { type: "response.reasoning_summary_text.done", ...part, text: "Hm" },
        { type: "response.output_item.done", output_index: 0, item: thought },
        { type: "response.output_item.added", output_index: 1, item: { ...image, result: null } },
        { type: "response.output_item.done", output_index: 1, item: image },
        ...textResponse(["There"]),
      ]),
    ),
  );
  const { events, thrown } = await runAgent(
    upstream,
    createTurn("Draw"),
    new Agent<AgentChat>({ name: "A" }),
  );
  expect(thrown).toBeNull();
  const done = events.flatMap((it) => (it.type === "thread.item.done" ? [it.item] : []));
  expect(done.map((it) => it.type)).toEqual(["generated_image", "workflow", "assistant_message"]);
  expect(done[0]).toMatchObject({ image: { url: "data:image/png;base64,aGk=" } });
  expect(JSON.stringify(done[1])).toContain('"content":"Hm"');
});
