import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type ParsedMarkdown, parseMarkdown } from "./blocks.ts";

const piece = fc.constantFrom(
  "A paragraph of *words* and `code`.\n",
  "\n",
  "\n\n",
  "- one\n- two\n",
  "  - nested\n",
  "    continued\n",
  "1. first\n",
  "> quoted\n",
  "lazy line\n",
  "```ts\nconst a = 1;\n\nconst b = 2;\n```\n",
  "```\nopen fence\n",
  "| a | b |\n|---|---|\n| 1 | 2 |\n",
  "===\n",
  "---\n",
  "# Heading\n",
  "<div>\nhtml\n</div>\n",
  "    indented code\n",
  "**bold that stays open ",
  "[link](https://example.com/a",
  ")\r\n",
  "&amp; \\* ",
);

describe("a text that grows", () => {
  test("ends as it would have been read in one go", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 25 }),
        fc.array(fc.nat({ max: 30 }), { maxLength: 40 }),
        (pieces, cuts) => {
          const text = pieces.join("");
          let grown: ParsedMarkdown | null = null;
          let shownChars = 0;
          for (const cut of cuts) {
            shownChars += cut;
            grown = parseMarkdown(text.slice(0, shownChars), false, grown);
          }
          expect(parseMarkdown(text, true, grown).blocks).toEqual(parseMarkdown(text, true, null).blocks);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("keeps its finished blocks as the objects they are", () => {
    const before = parseMarkdown("First.\n\n# Second\n\nThi", false, null);
    const after = parseMarkdown("First.\n\n# Second\n\nThird and more", false, before);
    expect(after.blocks).toHaveLength(3);
    expect(after.blocks[0]).toBe(before.blocks[0]);
    expect(after.blocks[1]).toBe(before.blocks[1]);
    expect(after.finishedText).toBe("First.\n\n");
  });

  test("shows marks that are still open as closed, and closes them nowhere but at its end", () => {
    const { blocks } = parseMarkdown("Some **bold", false, null);
    expect(blocks[0]?.token).toMatchObject({ tokens: [{ type: "text" }, { type: "strong", text: "bold" }] });
    const whole = parseMarkdown("Some **bold", true, null);
    expect(whole.blocks[0]?.token).toMatchObject({ tokens: [{ type: "text", raw: "Some **bold" }] });
  });
});

test("a definition at the end reaches links before it once the text is whole", () => {
  const growing = parseMarkdown("See [the map][1].\n\nMore.\n\n", false, null);
  const { blocks } = parseMarkdown(
    "See [the map][1].\n\nMore.\n\n[1]: https://example.com/map\n",
    true,
    growing,
  );
  expect(JSON.stringify(blocks[0]?.token)).toContain('"href":"https://example.com/map"');
});
