import { describe, expect, test } from "vitest";

import { ChatKitError } from "./errors.ts";
import { parseRequest } from "./request-checks.ts";

const noOffers = { models: [], tools: [] };
const text = (words: string) => ({ type: "input_text", text: words });
const tag = (data: object) => ({ type: "input_tag", id: "t", text: "T", data });

describe("what is accepted", () => {
  test("S103: a message at every bound", () => {
    const kib = "ž".repeat(512);
    const input = { ...inputWith(Array.from({ length: 64 }, () => text(kib))), quoted_text: kib.repeat(16) };
    expect(parse(create(input)).type).toBe("threads.create");
    parse(create(inputWith(Array.from({ length: 50 }, () => tag({ d: "x".repeat(4_086) })))));
  });

  test("S70, S104: unknown members anywhere, nulls for what is optional, and no limit or 0", () => {
    parse({
      ...create({ ...inputWith([text("Hi")]), extra: 1, quoted_text: null }),
      trace: "x",
      metadata: {},
    });
    for (const limit of [undefined, null, 0, 9999]) {
      const parsed = parse({ type: "threads.list", params: { limit, after: null } });
      expect(parsed.params).toMatchObject({ order: "desc" });
    }
  });

  test("a tag without data, and a tag as the whole message", () => {
    const parsed = parse(create(inputWith([{ type: "input_tag", id: "t", text: "T" }])));
    expect(parsed).toMatchObject({ params: { input: { content: [{ data: {}, interactive: false }] } } });
  });
});

test("a message without parts, blank text beside a file, and what the profile offers", () => {
  parse(create(inputWith([])));
  parse(create({ ...inputWith([text(" ")]), attachments: ["atc_1"] }));
  const chosen = {
    ...inputWith([text("Hi")]),
    inference_options: { model: "m", tool_choice: { id: "t" } },
  };
  expect(parseRequest(create(chosen), { models: ["m"], tools: ["t"] }).type).toBe("threads.create");
});

describe("what is refused", () => {
  const deep = JSON.parse("[".repeat(100) + "]".repeat(100));
  const cases: [string, unknown, string][] = [
    ["nothing", undefined, "invalid_request"],
    ["null", null, "invalid_request"],
    ["a list", [], "invalid_request"],
    ["no type", { params: {} }, "invalid_request"],
    ["no params", { type: "threads.list" }, "invalid_request"],
    ["null params", { type: "threads.list", params: null }, "invalid_request"],
    ["null metadata", { type: "threads.list", params: {}, metadata: null }, "invalid_request"],
    ["an order out of the two", { type: "threads.list", params: { order: "up" } }, "invalid_request"],
    ["a negative limit", { type: "threads.list", params: { limit: -1 } }, "invalid_request"],
    ["a broken limit", { type: "threads.list", params: { limit: 5.5 } }, "invalid_request"],
    ["a limit in words", { type: "threads.list", params: { limit: "5" } }, "invalid_request"],
    ["null for options", create({ ...inputWith([text("Hi")]), inference_options: null }), "invalid_request"],
    ["an unknown part", create(inputWith([{ type: "input_image", url: "x" }])), "invalid_request"],
    ["nesting without end", { ...create(inputWith([text("Hi")])), metadata: { deep } }, "invalid_request"],
    ["a message of blanks", create(inputWith([text(" \n")])), "empty_message"],
    [
      "a long message",
      create(inputWith([text("x".repeat(32_769)), text("x".repeat(32_768))])),
      "message_too_long",
    ],
    [
      "a long quote",
      create({ ...inputWith([text("Hi")]), quoted_text: "x".repeat(16_385) }),
      "quote_too_long",
    ],
    ["many tags", create(inputWith(Array.from({ length: 51 }, () => tag({})))), "too_many_tags"],
    ["a heavy tag", create(inputWith([tag({ d: "x".repeat(4_096) })])), "tag_too_large"],
    [
      "heavy metadata",
      { ...create(inputWith([text("Hi")])), metadata: { m: "x".repeat(4_096) } },
      "metadata_too_large",
    ],
    ["a NUL", create(inputWith([text("a\0b")])), "text_malformed"],
    ["half a character", create(inputWith([text("a\ud83d")])), "text_malformed"],
    ["half a character in a name", create(inputWith([tag({ "\udc00": 1 })])), "text_malformed"],
    [
      "a long title",
      { type: "threads.update", params: { thread_id: "t", title: "x".repeat(257) } },
      "title_too_long",
    ],
    [
      "many attachments",
      create({ ...inputWith([]), attachments: Array.from({ length: 11 }, (_, index) => `atc_${index}`) }),
      "too_many_attachments",
    ],
    [
      "a heavy action",
      {
        type: "threads.custom_action",
        params: { thread_id: "t", action: { type: "a", payload: "x".repeat(16_384) } },
      },
      "action_too_large",
    ],
    [
      "an action without a type",
      { type: "threads.sync_custom_action", params: { thread_id: "t", action: { payload: 1 } } },
      "invalid_request",
    ],
    [
      "a heavy output",
      {
        type: "threads.add_client_tool_output",
        params: { thread_id: "t", result: "x".repeat(262_143) },
      },
      "output_too_large",
    ],
    [
      "a tool output that is missing",
      { type: "threads.add_client_tool_output", params: { thread_id: "t" } },
      "invalid_request",
    ],
    [
      "heavy answers",
      {
        type: "threads.add_structured_input",
        params: { thread_id: "t", item_id: "i", input: { answers: { a: { values: ["x".repeat(65_536)] } } } },
      },
      "message_too_long",
    ],
    [
      "feedback for many items",
      {
        type: "items.feedback",
        params: { thread_id: "t", item_ids: Array.from({ length: 101 }, () => "m"), kind: "positive" },
      },
      "too_many_items",
    ],
    [
      "a model",
      create({ ...inputWith([text("Hi")]), inference_options: { model: "m" } }),
      "model_not_offered",
    ],
    [
      "a tool",
      create({ ...inputWith([text("Hi")]), inference_options: { tool_choice: { id: "t" } } }),
      "model_not_offered",
    ],
  ];
  for (const [name, request, reason] of cases) {
    test(`S82, S101, S103: ${name}`, () => {
      expect(refusalOf(request).reason).toBe(reason);
    });
  }

  test("S101: request types that do not exist are refused without being repeated", () => {
    for (const type of ["threads.explode", "<b>", "x".repeat(65), "a b"]) {
      const refused = refusalOf({ type, params: {} });
      expect(refused).toMatchObject({ code: "invalid_request", httpStatus: 400 });
      expect(refused.message).toBe("This request type is not available on this server.");
    }
  });

  test("nothing that was sent is repeated", () => {
    const refused = refusalOf(create({ ...inputWith([text("Hi")]), inference_options: { model: "canary" } }));
    expect(refused.message).not.toContain("canary");
  });
});

function parse(request: unknown) {
  return parseRequest(request, noOffers);
}

function refusalOf(request: unknown): ChatKitError {
  try {
    parse(request);
  } catch (thrown) {
    if (thrown instanceof ChatKitError) return thrown;
    throw thrown;
  }
  throw new Error("accepted");
}

function create(input: object) {
  return { type: "threads.create", params: { input } };
}

function inputWith(content: object[]) {
  return { content, attachments: [], inference_options: {} };
}
