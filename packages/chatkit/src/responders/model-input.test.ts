import { expect, test } from "vitest";

import { assistantItem, userMessageItem } from "../../test/turn-fixture.ts";
import type { StoredItem, ThreadItem, UserMessageItem } from "../protocol/index.ts";
import { modelInput } from "./model-input.ts";

const common = { id: "msg_x", thread_id: "thr_1", created_at: "2026-01-01T00:00:00Z" };

test("a quote goes along with the newest message only (P01)", async () => {
  const quoting = { ...userMessageItem("And this?"), quoted_text: "The quote" };
  expect(await textsOf([quoting, quoting])).toEqual([
    "And this?",
    "And this?",
    "The user refers to this text:\nThe quote",
  ]);
  expect(await textsOf([quoting, assistantItem("Yes")])).toEqual(["And this?", "Yes"]);
});

test("parts of an answer stay parts, a widget is told with its id and tree (P02)", async () => {
  const widget: StoredItem = {
    ...common,
    id: "msg_w",
    type: "widget",
    widget: { type: "Card", children: [] },
  };
  const input = await modelInput([userMessageItem("Hi"), assistantItem("One", "Two"), widget]);
  expect(input).toHaveLength(3);
  expect(input[1]).toMatchObject({ role: "assistant", content: [{ text: "One" }, { text: "Two" }] });
  const [told] = await textsOf([widget]);
  expect(told).toContain("msg_w");
  expect(told).toContain('{"type":"Card","children":[]}');
  expect(told).not.toContain("created_at");
});

test("tags are rendered with an @, and explained once each, as the hook says (P03, P05)", async () => {
  const tag = { type: "input_tag" as const, id: "u1", text: "Ann", data: { team: "x" }, interactive: false };
  const message: UserMessageItem = {
    ...userMessageItem(""),
    content: [
      { type: "input_text", text: "Ask " },
      tag,
      { type: "input_text", text: " or " },
      { ...tag, id: "u2" },
    ],
  };
  const [asked, context] = await modelInput([message], {
    tag: ({ id, data }) => ({ type: "input_text", text: `${id} ${JSON.stringify(data)}` }),
  });
  expect(asked).toMatchObject({ content: [{ text: "Ask @Ann or @Ann" }] });
  expect(context).toMatchObject({ role: "user", content: [{}, { text: 'u1 {"team":"x"}' }] });
  expect(context).toHaveProperty("content.length", 2);
  await expect(modelInput([message])).rejects.toThrow("tags");
});

test("an attachment has no rule, and is not left out in silence (P06)", async () => {
  const attachment = { type: "file" as const, id: "atc_1", name: "a.txt", mime_type: "text/plain" };
  await expect(modelInput([{ ...userMessageItem("Hi"), attachments: [attachment] }])).rejects.toThrow(
    "attachments",
  );
});

test("a generated image is shown, one without image is not mentioned (P07, P08)", async () => {
  const image: StoredItem = {
    ...common,
    type: "generated_image",
    image: { id: "i", url: "https://example.com/i.png" },
  };
  expect(await modelInput([image])).toMatchObject([
    {
      role: "user",
      content: [{}, { type: "input_image", image_url: "https://example.com/i.png", detail: "auto" }],
    },
  ]);
  expect(await modelInput([{ ...common, type: "generated_image" }])).toEqual([]);
});

test.each<[StoredItem, string]>([
  [{ ...common, type: "hidden_context_item", content: "note" }, "note"],
  [{ ...common, type: "sdk_hidden_context", content: "note" }, "note"],
])("hidden context is one user message, between tags (P09, P10)", async (item, content) => {
  expect(await modelInput([item])).toMatchObject([{ role: "user" }]);
  expect((await textsOf([item]))[0]).toContain(`<HiddenContext>\n${content}\n</HiddenContext>`);
});

test("custom tasks are told, completed tool calls replayed, pending ones left out (P11, P15)", async () => {
  const call = {
    ...common,
    type: "client_tool_call" as const,
    call_id: "call_1",
    name: "look",
    arguments: { q: "x" },
  };
  const input = await modelInput([
    userMessageItem("Hi"),
    { ...common, type: "task", task: { type: "custom", status_indicator: "none", title: "Search" } },
    { ...call, status: "pending" },
    { ...call, status: "completed", output: { n: 1 } },
    { ...call, status: "completed", call_id: "call_2" },
  ]);
  expect(input).toHaveLength(6);
  expect(input.slice(2)).toEqual([
    { type: "function_call", call_id: "call_1", name: "look", arguments: '{"q":"x"}' },
    { type: "function_call_output", call_id: "call_1", output: '{"n":1}' },
    { type: "function_call", call_id: "call_2", name: "look", arguments: '{"q":"x"}' },
    { type: "function_call_output", call_id: "call_2", output: "null" },
  ]);
});

test("structured input is told with its answers (P12)", async () => {
  const [text] = await textsOf([
    {
      ...common,
      type: "structured_input",
      status: "answered",
      inputs: [
        { type: "freeform", id: "1", question: "Name?", answer: { values: ["Ann", "B"], skipped: false } },
        { type: "freeform", id: "2", question: "Age?", answer: { values: [], skipped: true } },
        { type: "freeform", id: "3", question: "City?" },
      ],
    },
  ]);
  expect(text).toContain("answered");
  expect(text).toContain("Name?: Ann, B\nAge?: skipped\nCity?: unanswered");
});

test("of a workflow only the custom tasks are told (P13, P14)", async () => {
  const custom = { type: "custom" as const, status_indicator: "none" as const };
  const texts = await textsOf([
    {
      ...common,
      type: "workflow",
      workflow: {
        type: "custom",
        expanded: false,
        tasks: [
          { type: "thought", status_indicator: "none", content: "hm" },
          { ...custom, title: "A", content: "a" },
          { ...custom, content: "b" },
          custom,
        ],
      },
    },
    { ...common, type: "end_of_turn" },
    {
      ...common,
      type: "task",
      task: { type: "web_search", status_indicator: "none", queries: [], sources: [] },
    },
  ]);
  expect(texts).toEqual([expect.stringContaining("A: a"), expect.stringContaining("<Task>\nb\n</Task>")]);
});

test("nothing but answers and calls speaks with another voice than the user's (S111)", async () => {
  const items: ThreadItem[] = [
    userMessageItem("Hi"),
    { ...userMessageItem("<system>"), quoted_text: "system:" },
  ];
  expect((await modelInput(items)).map((item) => ("role" in item ? item.role : item.type))).toEqual([
    "user",
    "user",
    "user",
  ]);
});

test("hidden context that is not text needs a hook (P10)", async () => {
  const item: StoredItem = { ...common, type: "hidden_context_item", content: { a: [1, null] } };
  await expect(modelInput([item])).rejects.toThrow("hidden context");
  const told = { type: "function_call_output" as const, call_id: "c", output: "o" };
  expect(await modelInput([item], { hiddenContext: () => told })).toEqual([told]);
});

async function textsOf(items: StoredItem[]): Promise<string[]> {
  return (await modelInput(items)).flatMap((item) =>
    "content" in item ? item.content.flatMap((part) => ("text" in part ? [part.text] : [])) : [],
  );
}
