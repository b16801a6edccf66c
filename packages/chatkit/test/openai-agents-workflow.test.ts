import { addTraceProcessor, setTracingDisabled } from "@openai/agents";
import { expect, test, vi } from "vitest";

import { createResponder as createDesk } from "./agent-builder-export/desk.ts";
import { createResponder } from "./agent-builder-export/support.ts";
import { runTurn, upstreamOf, whole } from "./agent-runs.ts";
import { reasonOf, upstreamWords } from "./responder-runs.ts";
import {
  callResponse,
  hang,
  json,
  type StandIn,
  startStandIn,
  stream,
  textResponse,
} from "./responses-stand-in.ts";
import { assistantItem, createTurn, streamedText, userMessageItem } from "./turn-fixture.ts";

const classified = (kind: string) => stream(whole(textResponse([JSON.stringify({ classification: kind })])));

function responderOf(upstream: StandIn) {
  return createResponder({ ...upstreamOf(upstream), maxRetries: 0 });
}

test("an exported workflow runs as it is: branches, tools, streamed text, one message", async () => {
  await using upstream = await startStandIn();
  upstream.answer(
    classified("order"),
    stream(whole(callResponse({ name: "orderStatus", arguments: '{"order":"7"}', call_id: "call_1" }))),
    stream(whole(textResponse(["It is ", "on its way."]))),
  );
  const { events, thrown } = await runTurn(responderOf(upstream), createTurn("Where is order 7?"));
  expect(thrown).toBeNull();
  expect(streamedText(events)).toBe("It is on its way.");
  expect(events.filter((it) => it.type === "thread.item.done")).toHaveLength(1);
  expect(upstream.requests).toHaveLength(3);
  expect(upstream.requests.map((it) => it.headers.authorization)).toEqual(Array(3).fill("Bearer sk-first"));
  expect(JSON.stringify(upstream.requests[2]?.body["input"])).toContain("Order 7 left the warehouse.");
});

test("text shows while the model is still writing", async () => {
  await using upstream = await startStandIn();
  upstream.answer(classified("returns"), hang(textResponse(["Send it "]).slice(0, 4)));
  const turn = createTurn("How do I return it?");
  let seen = "";
  const stoppedMs = Date.now();
  for await (const event of responderOf(upstream).respond(turn)) {
    seen += streamedText([event]);
    if (seen === "Send it ") turn.stop();
  }
  expect(seen).toBe("Send it ");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
  expect(Date.now() - stoppedMs).toBeLessThan(3_000);
});

test("what a guardrail of the export returns is the answer, and no model is asked", async () => {
  await using upstream = await startStandIn();
  const { events } = await runTurn(responderOf(upstream), createTurn("My password is swordfish"));
  expect(upstream.requests).toHaveLength(0);
  expect(events.at(-1)).toMatchObject({
    type: "thread.item.done",
    item: { content: [{ text: '{"pii":{"failed":true}}' }] },
  });
});

test("two turns at once do not see each other", async () => {
  await using first = await startStandIn();
  await using second = await startStandIn();
  first.answer(classified("returns"), stream(whole(textResponse(["one"]))));
  second.answer(classified("returns"), stream(whole(textResponse(["two"]))));
  const ran = await Promise.all([
    runTurn(responderOf(first), createTurn("a")),
    runTurn(responderOf(second), createTurn("b")),
  ]);
  expect(ran.map(({ events }) => streamedText(events))).toEqual(["one", "two"]);
});

test("a failure of the upstream is told as one", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(429, { error: { message: upstreamWords } }));
  const { thrown } = await runTurn(responderOf(upstream), createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_rate_limited");
});

test("the agents of an export know the conversation, and ask before they act", async () => {
  await using upstream = await startStandIn();
  const call = { name: "refund", arguments: '{"order":"7"}', call_id: "call_1" };
  upstream.answer(stream(whole(callResponse(call))));
  const earlier = [userMessageItem("I ordered 7"), assistantItem("Indeed")];
  const turn = createTurn("Refund it", { earlier });
  const { events, thrown } = await runTurn(createDesk(upstreamOf(upstream)), turn);
  expect(thrown).toBeNull();
  expect(events.at(-1)).toMatchObject({ item: { type: "structured_input", status: "pending" } });
  expect(upstream.requests[0]?.body["input"]).toMatchObject([
    { role: "user" },
    { role: "assistant", content: [{ type: "output_text", text: "Indeed" }] },
    { role: "user" },
  ]);
});

test("an answer that ends early is said to, and nothing is traced though the process would", async () => {
  await using upstream = await startStandIn();
  setTracingDisabled(false);
  const traces: string[] = [];
  addTraceProcessor({
    onTraceStart: async (trace) => void traces.push(trace.name),
    onTraceEnd: async () => undefined,
    onSpanStart: async () => undefined,
    onSpanEnd: async () => undefined,
    shutdown: async () => undefined,
    forceFlush: async () => undefined,
  });
  const incomplete_details = { reason: "max_output_tokens" };
  const response = { id: "resp_1", status: "incomplete", incomplete_details, output: [] };
  const half = textResponse(["Send"]).slice(0, 4);
  upstream.answer(classified("returns"), stream([...half, { type: "response.incomplete", response }]));
  const { events } = await runTurn(responderOf(upstream), createTurn("How do I return it?"));
  expect(streamedText(events)).toBe("Send");
  expect(events).toContainEqual(expect.objectContaining({ type: "notice", level: "warning" }));
  expect(traces).toEqual([]);
});
