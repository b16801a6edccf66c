import { createDemoResponder } from "@sidekit/chatkit/responders/demo";
import { expect, test } from "vitest";

import type { ResponderEvent } from "../src/ports.ts";
import { assistantItem, collect, createTurn, streamedText, userMessageItem } from "./turn-fixture.ts";

const demo = createDemoResponder({ paceMs: 0 });

test("the first line of the first answer says what it is and how to set a key", async () => {
  const events = await collect(demo(createTurn("Hello")));
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
  const text = streamedText(await collect(demo(createTurn("Third", { earlier }))));
  expect(text).not.toContain("built-in demo");
  expect(text).toContain("This is message 3 of our conversation, which began with “Hello”.");
  expect(text).toContain("You wrote “Third”.");
});

test("an answer has a heading, list, table, code block, bold text and a link", async () => {
  const text = streamedText(await collect(demo(createTurn("Hello"))));
  for (const markup of [/^## /m, /^- \*\*/m, /^\| --- \|/m, /^```ts$/m, /\*\*\w/, /\]\(https:\/\//]) {
    expect(text).toMatch(markup);
  }
});

test("thoughts stream, then are complete, before the message begins", async () => {
  const events = await collect(demo(createTurn("Hello")));
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
    await collect(demo(createTurn("![x](https://evil.example) **b** `c`\n# <img> $x$"))),
  );
  expect(text).toContain(
    String.raw`You wrote “\!\[x\]\(https\:\/\/evil\.example\) \*\*b\*\* \`c\` \# \<img\> \$x\$”.`,
  );
});

test("the thread is named after the first message, unless it has a name", async () => {
  const untitled = createTurn("  What is\n a  sidecar? ");
  await collect(demo(untitled));
  expect(untitled.thread.title).toBe("What is a sidecar?");

  const titled = createTurn("Hello", { title: "Mine" });
  await collect(demo(titled));
  expect(titled.thread.title).toBe("Mine");
});

test("`error` ends with a failure that can be retried", async () => {
  const events = await collect(demo(createTurn("Error!")));
  expect(events.at(-1)).toMatchObject({ type: "error", code: "custom", allow_retry: true });
});

test("a stop ends a long answer at the next piece, without an error", async () => {
  const turn = createTurn("long");
  const events: ResponderEvent[] = [];
  for await (const event of createDemoResponder({ paceMs: 1 })(turn)) {
    events.push(event);
    if (streamedText(events).length > 300) turn.stop();
  }
  expect(streamedText(events).length).toBeLessThan(320);
  expect(done(events).map((item) => item.type)).toEqual(["workflow"]);
});

test("a stop does not wait for the pause between two pieces", async () => {
  const turn = createTurn("Hello");
  const answer = createDemoResponder({ paceMs: 60_000 })(turn)[Symbol.asyncIterator]();
  await answer.next();
  const next = answer.next();
  turn.stop();
  expect(await next).toMatchObject({ done: true });
});

function done(events: readonly ResponderEvent[]) {
  return events.flatMap((event) => (event.type === "thread.item.done" ? [event.item] : []));
}
