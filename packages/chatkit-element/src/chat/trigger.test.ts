import { expect, test } from "vitest";

import { triggerAt } from "./trigger.ts";

/** The caret stands at the bar. */
function at(marked: string) {
  const caret = marked.indexOf("|");
  return triggerAt(marked.replace("|", ""), caret);
}

test.each([
  ["@|", { kind: "tag", start: 0, query: "" }],
  ["Ask @ad|", { kind: "tag", start: 4, query: "ad" }],
  ["Ask (@ad| now", { kind: "tag", start: 5, query: "ad" }],
  ["Ask @Ada Love|", { kind: "tag", start: 4, query: "Ada Love" }],
  ["@ada and @bo|", { kind: "tag", start: 9, query: "bo" }],
  ["/|", { kind: "command", start: 0, query: "" }],
  ["line\n/sum|", { kind: "command", start: 5, query: "sum" }],
  ["@ada /sum|", { kind: "command", start: 5, query: "sum" }],
  ["mail me at a@b|", null],
  ["5 @ |", null],
  ["and/or|", null],
  ["/usr/bin|", null],
  ["/sum it|", null],
  ["@ada\nnext|", null],
  ["no sign|", null],
  [`@${"a".repeat(40)}|`, { kind: "tag", start: 0, query: "a".repeat(40) }],
  [`@${"a".repeat(41)}|`, null],
  [`x${"@".repeat(1)}${"a".repeat(40)}|`, null],
] as const)("%s", (marked, found) => {
  expect(at(marked)).toEqual(found);
});
