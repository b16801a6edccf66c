import { describe, expect, test } from "vitest";

import { ChatKitError } from "./errors.ts";
import { requestTypes } from "./protocol/requests.ts";
import { parseRequest } from "./request-checks.ts";

const text = (words: string) => ({ type: "input_text", text: words });
const tag = (data: object) => ({ type: "input_tag", id: "t", text: "T", data });

describe("what is accepted", () => {
  test("a message at every bound", () => {
    const kib = "ž".repeat(512);
    const input = { ...inputWith(Array.from({ length: 64 }, () => text(kib))), quoted_text: kib.repeat(16) };
    expect(parseRequest(create(input)).type).toBe("threads.create");
    parseRequest(create(inputWith(Array.from({ length: 50 }, () => tag({ d: "x".repeat(4_086) })))));
  });

  test("unknown members anywhere, nulls for what is optional, and no limit or 0", () => {
    parseRequest({
      ...create({ ...inputWith([text("Hi")]), extra: 1, quoted_text: null }),
      trace: "x",
      metadata: {},
    });
    for (const limit of [undefined, null, 0, 9999]) {
      const parsed = parseRequest({ type: "threads.list", params: { limit, after: null } });
      expect(parsed.params).toMatchObject({ order: "desc" });
    }
  });

  test("a tag without data, and a tag as the whole message", () => {
    const parsed = parseRequest(create(inputWith([{ type: "input_tag", id: "t", text: "T" }])));
    expect(parsed).toMatchObject({ params: { input: { content: [{ data: {}, interactive: false }] } } });
  });
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
    ["a message without parts", create(inputWith([])), "empty_message"],
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
    ["an attachment", create({ ...inputWith([text("Hi")]), attachments: ["atc_1"] }), "not_found"],
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
    test(`${name}`, () => {
      expect(refusalOf(request).reason).toBe(reason);
    });
  }

  test("request types that are not served are named, if they can be", () => {
    const served = [
      "threads.create",
      "threads.add_user_message",
      "threads.get_by_id",
      "threads.list",
      "threads.update",
      "threads.delete",
      "items.list",
    ];
    expect(requestTypes).toHaveLength(16);
    for (const type of [...requestTypes.filter((known) => !served.includes(known)), "threads.explode"]) {
      const refused = refusalOf({ type, params: {} });
      expect(refused).toMatchObject({ code: "invalid_request", httpStatus: 400 });
      expect(refused.message).toBe(`The request type "${type}" is not available on this server.`);
    }
    for (const type of ["<b>", "x".repeat(65), "a b"]) {
      expect(refusalOf({ type, params: {} }).message).toBe(
        "This request type is not available on this server.",
      );
    }
  });

  test("nothing that was sent is repeated", () => {
    const refused = refusalOf(create({ ...inputWith([text("Hi")]), inference_options: { model: "canary" } }));
    expect(refused.message).not.toContain("canary");
  });
});

function refusalOf(request: unknown): ChatKitError {
  try {
    parseRequest(request);
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
