import { expect, test } from "vitest";

import { portionLength, portionUnits, shallow } from "./portion.ts";

test("an ordinary long answer is drawn as a whole", () => {
  const paragraph = `**It counts.** ${"A sentence of the usual length, with no word that stands out. ".repeat(6)}\n\n`;
  const answer = paragraph.repeat(100);
  expect(answer.length).toBeGreaterThan(35_000);
  expect(portionLength(answer, portionUnits)).toBe(answer.length);
  const program = "  const answer = await ask(question, { signal });\n".repeat(600);
  expect(portionLength(program, portionUnits)).toBe(program.length);
});

test.each([
  ["lines", "- item\n".repeat(100_000), "\n"],
  ["words", "word ".repeat(100_000), " "],
])("of very many %s a part is drawn, up to an end of one", (_what, text, end) => {
  const length = portionLength(text, portionUnits);
  expect(length).toBeGreaterThan(1000);
  expect(length).toBeLessThan(120_000);
  expect(text[length - 1]).toBe(end);
  expect(portionLength(text, 2 * portionUnits)).toBeGreaterThan(length);
});

test("a part never ends between the halves of a character", () => {
  const text = "𝒳".repeat(200_000);
  for (const units of [10, 10.01, 10.02, 11, 1500]) expect(portionLength(text, units) % 2).toBe(0);
});

test("quotes and lists end at a depth, and what is no deeper stays as it was", () => {
  expect(shallow(`${"> ".repeat(50)}deep`).match(/>/g)).toHaveLength(12);
  expect(shallow(`${" ".repeat(400)}- deep`)).toBe(`${" ".repeat(48)}- deep`);
  const usual = "> > quoted\n    - item\n        1. more\n```\n                    code\n```";
  expect(shallow(usual)).toBe(usual);
});
