import type { StreamEvent } from "@sidekit/chatkit/protocol";
import { createDemoResponder } from "@sidekit/chatkit/responders/demo";
import { expect, test } from "vitest";

import type { ResponderEvent } from "../src/ports.ts";
import { converse, createRequest, threadIdOf } from "./conversation.ts";
import { assistantItem, collect, createTurn, streamedText, userMessageItem } from "./turn-fixture.ts";

const demo = createDemoResponder({ paceMs: 0 });

test("the first line of the first answer says what it is and how to set a key", async () => {
  const events = await collect(demo.respond(createTurn("Hello")));
  const [firstLine] = streamedText(events).split("\n");
  expect(firstLine).toContain("built-in demo");
  expect(firstLine).toContain("OPENAI_API_KEY=… npm start");
});

test("later answers get on with it, and show what is remembered", async () => {
  const earlier = [
    userMessageItem("Hello"),
    assistantItem("Hi"),
    userMessageItem("And?"),
    assistantItem("Yes"),
  ];
  const text = streamedText(await collect(demo.respond(createTurn("Third", { earlier }))));
  expect(text).not.toContain("built-in demo");
  expect(text).toContain("This is message 3 of our conversation, which began with “Hello”.");
  expect(text).toContain("You wrote “Third”.");
});

test("an answer has a heading, list, table, code block, bold text and a link", async () => {
  const text = streamedText(await collect(demo.respond(createTurn("Hello"))));
  for (const markup of [/^## /m, /^- \*\*/m, /^\| --- \|/m, /^```ts$/m, /\*\*\w/, /\]\(https:\/\//]) {
    expect(text).toMatch(markup);
  }
});

test("thoughts stream, then are complete, before the message begins", async () => {
  const events = await collect(demo.respond(createTurn("Hello")));
  const kinds = events.map((event) => ("update" in event ? event.update.type : event.type));
  expect(kinds.indexOf("workflow.task.added")).toBe(1);
  expect(kinds.indexOf("thread.item.done")).toBeLessThan(
    kinds.indexOf("assistant_message.content_part.added"),
  );
  const [workflow, message] = done(events);
  expect(workflow).toMatchObject({
    type: "workflow",
    workflow: {
      type: "reasoning",
      summary: { duration: 1 },
      tasks: [
        { type: "thought", content: "The message has 5 characters.", status_indicator: "complete" },
        { type: "thought", status_indicator: "complete" },
      ],
    },
  });
  expect(message).toMatchObject({
    type: "assistant_message",
    content: [{ text: streamedText(events), annotations: [{ source: { type: "url" } }] }],
  });
  expect(kinds).toContain("assistant_message.content_part.annotation_added");
});

test("what the user writes is shown as plain text", async () => {
  const text = streamedText(
    await collect(demo.respond(createTurn("![x](https://evil.example) **b** `c`\n# <img> $x$"))),
  );
  expect(text).toContain(
    String.raw`You wrote “\!\[x\]\(https\:\/\/evil\.example\) \*\*b\*\* \`c\` \# \<img\> \$x\$”.`,
  );
});

test("the thread is named after the first message, unless it has a name", async () => {
  const untitled = createTurn("  What is\n a  sidecar? ");
  await collect(demo.respond(untitled));
  expect(untitled.thread.title).toBe("What is a sidecar?");

  const titled = createTurn("Hello", { title: "Mine" });
  await collect(demo.respond(titled));
  expect(titled.thread.title).toBe("Mine");
});

test("`error` ends with a failure that can be retried", async () => {
  const events = await collect(demo.respond(createTurn("Error!")));
  expect(events.at(-1)).toMatchObject({ type: "error", code: "custom", allow_retry: true });
});

test("a stop ends a long answer at the next piece, without an error", async () => {
  const turn = createTurn("long");
  const events: ResponderEvent[] = [];
  for await (const event of createDemoResponder({ paceMs: 1 }).respond(turn)) {
    events.push(event);
    if (streamedText(events).length > 300) turn.stop();
  }
  expect(streamedText(events).length).toBeLessThan(320);
  expect(done(events).map((item) => item.type)).toEqual(["workflow"]);
});

test("a stop does not wait for the pause between two pieces", async () => {
  const turn = createTurn("Hello");
  const answer = createDemoResponder({ paceMs: 60_000 }).respond(turn)[Symbol.asyncIterator]();
  await answer.next();
  const next = answer.next();
  turn.stop();
  expect(await next).toMatchObject({ done: true });
});

test.each(["tasks", "widget", "form", "tool", "long"])("`%s` still says what it is", async (word) => {
  const chat = converse(demo);
  const events = await chat.stream(createRequest(word));
  expect(streamedText(events)).toContain("built-in demo, not a model");
  expect(events.filter(({ type }) => type === "error")).toEqual([]);
});

test("`tasks` works through a list of them", async () => {
  const events = await collect(demo.respond(createTurn("tasks")));
  expect(done(events).at(-1)).toMatchObject({
    workflow: {
      type: "custom",
      tasks: [
        { type: "custom", status_indicator: "complete" },
        { type: "web_search", status_indicator: "complete", sources: [{ type: "url" }] },
        { type: "file", status_indicator: "complete", sources: [{ type: "file" }] },
      ],
    },
  });
});

test("`widget` grows a card; its button counts, and the count is stored", async () => {
  const chat = converse(demo);
  const events = await chat.stream(createRequest("widget"));
  expect(JSON.stringify(events)).toContain("widget.streaming_text.value_delta");
  const [card] = done(events).slice(-1);
  expect(JSON.stringify(card)).toContain("Counted so far: 0");
  const threadId = threadIdOf(events);
  const press = (payload: unknown) =>
    chat.stream({
      type: "threads.custom_action",
      params: { thread_id: threadId, item_id: card?.id, action: { type: "demo.count", payload } },
    });
  await press({ count: 41 });
  expect(JSON.stringify((await chat.stored(threadId)).at(-1))).toContain("Counted so far: 42");
  expect((await press({ count: 1e9 })).at(-1)).toMatchObject({ type: "error", code: "custom" });
});

test("`form` asks, and repeats the answers as plain text", async () => {
  const chat = converse(demo);
  const events = await chat.stream(createRequest("form"));
  const input = { answers: { "demo.wish": { values: ["**All**\n\nof it"] } } };
  const params = { thread_id: threadIdOf(events), item_id: done(events).at(-1)?.id, input };
  const answered = await chat.stream({ type: "threads.add_structured_input", params });
  expect(streamedText(answered)).toBe(
    String.raw`Thank you. What you are building: not told. What it should answer: “\*\*All\*\* of it”.`,
  );
});

test("`tool` asks the page, and goes on with what the page answers", async () => {
  const chat = converse(demo);
  const events = await chat.stream(createRequest("tool"));
  expect(events.at(-1)).toMatchObject({ item: { type: "client_tool_call", name: "get_time_zone" } });
  const params = { thread_id: threadIdOf(events), result: { timeZone: "Europe/Prague" } };
  const answered = await chat.stream({ type: "threads.add_client_tool_output", params });
  expect(streamedText(answered)).toBe(String.raw`The page says that its time zone is Europe\/Prague.`);
});

function done(events: readonly (ResponderEvent | StreamEvent)[]) {
  return events.flatMap((event) => (event.type === "thread.item.done" ? [event.item] : []));
}
