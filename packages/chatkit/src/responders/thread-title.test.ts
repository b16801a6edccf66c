import { expect, test } from "vitest";

import { shorten, titleThread } from "./thread-title.ts";
import { userMessageItem } from "../../test/turn-fixture.ts";

test("a long title is cut between words", () => {
  const title = shorten("The quick brown fox jumps over the lazy dog and then over another one", 60);
  expect(title).toBe("The quick brown fox jumps over the lazy dog and then over…");
});

test.each([
  ["words without spaces", "x".repeat(80)],
  ["characters of two code units", "🦊".repeat(40)],
  ["characters of many code units", "👩‍👩‍👧‍👦".repeat(20)],
])("%s are cut at 60 and stay whole", (_, text) => {
  const title = shorten(text, 60);
  expect(title.length).toBeLessThanOrEqual(60);
  expect(title.isWellFormed()).toBe(true);
  expect(text.startsWith(title.slice(0, -1))).toBe(true);
  expect(title).not.toMatch(/\u200d…$/);
});

test("control and direction characters do not get into a title", () => {
  const thread = { id: "thr_1", created_at: "", status: { type: "active" as const }, metadata: {} };
  titleThread(thread, userMessageItem("a\u0000b\u202ec\n\u200bd"));
  expect(thread).toMatchObject({ title: "a b c d" });
});

test("a message of nothing visible names nothing", () => {
  const thread = { id: "thr_1", created_at: "", status: { type: "active" as const }, metadata: {} };
  titleThread(thread, userMessageItem(" \u200b\n"));
  expect(thread).not.toHaveProperty("title");
});
