import {
  createOpenAiResponsesResponder,
  type ResponderObservation,
} from "@sidekit/chatkit/responders/openai-responses";
import { expect, test } from "vitest";

import { messageId, optionsFor, run, upstreamWords } from "./responder-runs.ts";
import { json, messageEvents, startStandIn, stream, textResponse } from "./responses-stand-in.ts";
import { assistantItem, collect, createTurn, streamedText, userMessageItem } from "./turn-fixture.ts";

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

test("S111, S132: the request: model, instructions apart from user's words, history, nothing stored, key and run id", async () => {
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
  const { events } = await run(upstream, createTurn("Hi"), { nowMs: () => (clockMs += 1_700) });

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
    await collect(responder.respond(createTurn("Hi", { model })));
  expect(upstream.requests.map((it) => it.body.reasoning)).toEqual([
    { summary: "auto" },
    undefined,
    undefined,
    undefined,
  ]);
  expect(observations).toMatchObject([{ event: "upstream.reasoning_refused", model: "gpt-6-luna" }]);
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

function update(content: object) {
  return { type: "thread.item.updated", item_id: messageId, update: content };
}

function part(text: string) {
  return { type: "output_text", text, annotations: [] };
}

function summaryDelta(index: number, text: string) {
  return {
    type: "response.reasoning_summary_text.delta",
    item_id: "rs_1",
    summary_index: index,
    delta: text,
  };
}
