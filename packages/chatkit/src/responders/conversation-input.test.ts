import { expect, test } from "vitest";

import {
  assistantItem,
  createTurn,
  type TurnFixtureOptions,
  userMessageItem,
} from "../../test/turn-fixture.ts";
import type { StoredItem } from "../protocol/index.ts";
import { conversationInput } from "./conversation-input.ts";

const file = { type: "file" as const, id: "atc_1", name: "notes.txt", mime_type: "text/plain" };
const image = {
  type: "image" as const,
  id: "atc_2",
  name: "cat.png",
  mime_type: "image/png",
  preview_url: "https://example.com/p",
};

test("images go along as images, everything else as files", async () => {
  const message = { attachments: [file, image] };
  const attachments = { atc_1: Buffer.from("hi"), atc_2: Buffer.from([1, 2, 3]) };
  expect(await inputOf("See", { message, attachments })).toEqual([
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "See" },
        { type: "input_file", filename: "notes.txt", file_data: "data:text/plain;base64,aGk=" },
        { type: "input_image", image_url: "data:image/png;base64,AQID", detail: "auto" },
      ],
    },
  ]);
});

test("of attachments the newest go along; one that is gone or too large is named", async () => {
  const older = { ...userMessageItem("Old"), attachments: [{ ...file, id: "atc_big" }] };
  const input = await inputOf("New", {
    earlier: [older],
    message: { attachments: [file, image] },
    attachments: { atc_big: new Uint8Array(20 * 1024 * 1024), atc_2: new Uint8Array(1) },
  });
  expect(input).toMatchObject([
    { content: [{ text: "Old" }, { type: "input_text", text: expect.stringContaining("too large") }] },
    {
      content: [
        { text: "New" },
        { type: "input_text", text: expect.stringContaining("no longer there") },
        { type: "input_image" },
      ],
    },
  ]);
});

test("a failing attachment store fails the turn, and is not told as a missing file", async () => {
  const turn = createTurn("See", { message: { attachments: [file] } });
  const broken = { ...turn, readAttachment: () => Promise.reject(new Error("broken")) };
  await expect(conversationInput(broken)).rejects.toThrow("broken");
});

test("tags and hidden context of any kind are told with the role of a user (S111)", async () => {
  const tag = { type: "input_tag" as const, id: "u1", text: "Ann", data: { team: "x" }, interactive: false };
  const hidden: StoredItem = {
    id: "shcx_1",
    thread_id: "thr_1",
    created_at: "2025-01-01T00:00:00Z",
    type: "hidden_context_item",
    content: { a: [1, null] },
  };
  const input = await inputOf("", { earlier: [hidden], message: { content: [tag] } });
  expect(input).toMatchObject([
    { role: "user", content: [{ text: expect.stringContaining('<HiddenContext>\n{"a":[1,null]}\n') }] },
    { role: "user", content: [{ text: "@Ann" }] },
    {
      role: "user",
      content: [{}, { text: '<Tag>\n{"name":"Ann","id":"u1","data":{"team":"x"}}\n</Tag>' }],
    },
  ]);
});

test("what is too old to fit is left out, the newest message never", async () => {
  const long = userMessageItem("x".repeat(150_000));
  expect(await inputOf("Hi", { earlier: [long, assistantItem("y".repeat(150_000)), long] })).toHaveLength(3);
  expect(await inputOf("y".repeat(500_000), { earlier: [long] })).toHaveLength(1);
});

function inputOf(text: string, options: TurnFixtureOptions) {
  return conversationInput(createTurn(text, options));
}
