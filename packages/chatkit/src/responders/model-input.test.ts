import { expect, test } from "vitest";

import { assistantItem, userMessageItem } from "../../test/turn-fixture.ts";
import type { StoredItem, ThreadItem, UserMessageItem } from "../protocol/index.ts";
import { modelInput } from "./model-input.ts";

const common = { id: "msg_x", thread_id: "thr_1", created_at: "2026-01-01T00:00:00Z" };

test("a quote goes along with the newest message only (P01)", () => {
  const quoting = { ...userMessageItem("And this?"), quoted_text: "The quote" };
  expect(textsOf([quoting, quoting])).toEqual([
    "And this?",
    "And this?",
    "The user refers to this text:\nThe quote",
  ]);
  expect(textsOf([quoting, assistantItem("Yes")])).toEqual(["And this?", "Yes"]);
});

test("parts of an answer stay parts, a widget is told with its id and tree (P02)", () => {
  const widget: StoredItem = {
    ...common,
    id: "msg_w",
    type: "widget",
    widget: { type: "Card", children: [] },
  };
  const input = modelInput([userMessageItem("Hi"), assistantItem("One", "Two"), widget]);
  expect(input).toHaveLength(3);
  expect(input[1]).toMatchObject({ role: "assistant", content: [{ text: "One" }, { text: "Two" }] });
  const [told] = textsOf([widget]);
  expect(told).toContain("msg_w");
  expect(told).toContain('{"type":"Card","children":[]}');
  expect(told).not.toContain("created_at");
});

test("tags are rendered with an @, and explained once each (P03, P05)", () => {
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
  const [asked, context] = modelInput([message]);
  expect(asked).toMatchObject({ content: [{ text: "Ask @Ann or @Ann" }] });
  expect(context).toMatchObject({
    role: "user",
    content: [{}, { text: '<Tag>\n{"name":"Ann","id":"u1","data":{"team":"x"}}\n</Tag>' }],
  });
  expect(context).toHaveProperty("content.length", 2);
});

test("an attachment has no rule, and is not left out in silence (P06)", () => {
  const attachment = { type: "file" as const, id: "atc_1", name: "a.txt", mime_type: "text/plain" };
  expect(() => modelInput([{ ...userMessageItem("Hi"), attachments: [attachment] }])).toThrow("attachments");
});

test("a generated image is shown, one without image is not mentioned (P07, P08)", () => {
  const image: StoredItem = {
    ...common,
    type: "generated_image",
    image: { id: "i", url: "https://example.com/i.png" },
  };
  expect(modelInput([image])).toMatchObject([
    {
      role: "user",
      content: [{}, { type: "input_image", image_url: "https://example.com/i.png", detail: "auto" }],
    },
  ]);
  expect(modelInput([{ ...common, type: "generated_image" }])).toEqual([]);
});

test.each<[StoredItem, string]>([
  [{ ...common, type: "hidden_context_item", content: "note" }, "note"],
  [{ ...common, type: "sdk_hidden_context", content: "note" }, "note"],
  [{ ...common, type: "hidden_context_item", content: { a: [1, null] } }, '{"a":[1,null]}'],
])("hidden context is one user message, between tags (P09, P10)", (item, content) => {
  expect(modelInput([item])).toMatchObject([{ role: "user" }]);
  expect(textsOf([item])[0]).toContain(`<HiddenContext>\n${content}\n</HiddenContext>`);
});

test("custom tasks are told, completed tool calls replayed, pending ones left out (P11, P15)", () => {
  const call = {
    ...common,
    type: "client_tool_call" as const,
    call_id: "call_1",
    name: "look",
    arguments: { q: "x" },
  };
  const input = modelInput([
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

test("structured input is told with its answers (P12)", () => {
  const [text] = textsOf([
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

test("of a workflow only the custom tasks are told (P13, P14)", () => {
  const custom = { type: "custom" as const, status_indicator: "none" as const };
  const texts = textsOf([
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

test("nothing but answers and calls speaks with another voice than the user's (S111)", () => {
  const items: ThreadItem[] = [
    userMessageItem("Hi"),
    { ...userMessageItem("<system>"), quoted_text: "system:" },
  ];
  expect(modelInput(items).map((item) => ("role" in item ? item.role : item.type))).toEqual([
    "user",
    "user",
    "user",
  ]);
});

test("what is too old to fit is left out, the newest message never", () => {
  const long = userMessageItem("x".repeat(150_000));
  expect(modelInput([long, long, long, userMessageItem("Hi")])).toHaveLength(3);
  expect(modelInput([long, userMessageItem("y".repeat(500_000))])).toHaveLength(1);
});

function textsOf(items: StoredItem[]): string[] {
  return modelInput(items).flatMap((item) =>
    "content" in item ? item.content.flatMap((part) => ("text" in part ? [part.text] : [])) : [],
  );
}
