import type { Annotation } from "@sidekit/chatkit/protocol";
import fc from "fast-check";
import type { Token } from "marked";
import { expect, test } from "vitest";

import { parseMarkdown } from "./blocks.ts";
import { citationMarks, citedSources, isCitation, withCitations } from "./citations.ts";

const url = (address: string, index?: number): Annotation => ({
  type: "annotation",
  source: { type: "url", url: address, title: address },
  ...(index === undefined ? {} : { index }),
});
const part = (text: string, annotations: Annotation[] = []) => ({
  type: "output_text" as const,
  text,
  annotations,
});

test("sources are numbered in the order of the text, each once, and those without a place come last", () => {
  const content = [
    part("one two", [url("c"), url("b", 7), url("a", 3)]),
    part("more", [url("a", 1), url("d", 2)]),
  ];
  expect(citedSources(content).map((source) => "url" in source && source.url)).toEqual(["a", "b", "d", "c"]);
});

test.each([
  ["plain text goes on", 10, "plain text[1] goes on"],
  ["**bold** after", 6, "bold[1] after"],
  ["**bold** after", 8, "bold[1] after"],
  ["a [link](https://a.example/x) b", 25, "a link[1] b"],
  ["see `code` now", 7, "see code[1] now"],
  ["- one\n- two\n  - deep\n- three", 20, "one|two|deep[1]|three"],
  ["- one\n- two", 11, "one|two[1]"],
  ["> quoted\n> text here", 15, "quoted\ntext[1] here"],
  ["| A | B |\n| - | - |\n| one | two |", 25, "A|B|one[1]|two"],
  ["# Title\n\nText", 7, "Title[1]|Text"],
  ["First.\n\nSecond.", 7, "First.[1]|Second."],
  ["```\ncode\n```\nafter", 12, "code[1]|after"],
  ["𝒳𝒴 and more", 6, "𝒳𝒴 and[1] more"],
  ["one\r\ntwo three", 8, "one\ntwo[1] three"],
  ["short", 99, "short[1]"],
  ["begin", 0, "[1]begin"],
])("in %j the marker at %i reads %j", (text, index, expected) => {
  expect(read(text, [url("a", index)])).toBe(expected);
});

test("sources of one place share a marker", () => {
  expect(read("Both say so.", [url("a", 11), url("b", 11), url("a", 11)])).toBe("Both say so[1,2].");
});

test("while the text grows, a place that it has not reached waits", () => {
  const growing = part("one two", [url("a", 12)]);
  expect(citationMarks(growing, citedSources([growing]), false)).toEqual([]);
  expect(citationMarks(growing, citedSources([growing]), true)).toEqual([{ at: 7, numbers: [1] }]);
});

test("no marker is lost or doubled, and no word changes, whatever the text and the place", () => {
  const words = fc.constantFrom(
    "word",
    "**",
    "_",
    "`",
    "[",
    "](https://a.example)",
    "\n",
    "\n\n",
    "- ",
    "> ",
    "| a | b |\n| - | - |\n",
    "    ",
    "# ",
    "```",
    "é",
    "𝒳",
    "&amp;",
    "<b>",
    "\\*",
  );
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 30 }),
      fc.array(fc.nat(120), { maxLength: 5 }),
      (parts, places) => {
        const text = parts.join("");
        const shown = read(
          text,
          places.map((at, number) => url(`s${number}`, at)),
        );
        fc.pre(parseMarkdown(text, true, null).blocks.length > 0);
        expect(
          [...shown.matchAll(/\[([\d,]+)\]/g)].flatMap(([, numbers = ""]) => numbers.split(",")).toSorted(),
        ).toEqual(places.map((_, at) => String(at + 1)).toSorted());
        expect(shown.replaceAll(/\[[\d,]+\]/g, "")).toBe(read(text, []));
      },
    ),
    { numRuns: 500 },
  );
});

function read(text: string, annotations: Annotation[]): string {
  const content = part(text, annotations);
  const marks = citationMarks(content, citedSources([content]), true);
  const { blocks } = parseMarkdown(text, true, null);
  return blocks
    .flatMap(({ start, token }, at) => {
      const end = blocks[at + 1]?.start ?? Infinity;
      const own = marks.filter((mark) => (mark.at > start || at === 0) && mark.at <= end);
      return [
        withCitations(
          token,
          own.map((mark) => ({ ...mark, at: mark.at - start })),
        )
          .map(textOf)
          .join(""),
      ];
    })
    .join("|");
}

function textOf(token: Token): string {
  if (isCitation(token)) return `[${token.numbers.join(",")}]`;
  if (token.type === "list") return token.items.map((item: Token) => textOf(item)).join("|");
  if (token.type === "table") {
    return [...token.header, ...token.rows.flat()]
      .map((cell: { tokens: Token[] }) => cell.tokens.map(textOf).join(""))
      .join("|");
  }
  if ("tokens" in token && token.tokens !== undefined) {
    const inner = token.tokens
      .filter(({ type }) => type !== "space")
      .map((child) => [child.type, textOf(child)] as const);
    return inner
      .map(([type, shown], at) =>
        type === "list" && inner.slice(0, at).some(([before]) => before !== "citation") ? `|${shown}` : shown,
      )
      .join("");
  }
  return "text" in token ? String(token.text) : token.raw;
}
