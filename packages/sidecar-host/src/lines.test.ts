import { expect, test } from "vitest";

import { createLineSplitter, type Line } from "./lines.ts";

test("the same lines however the bytes are cut", () => {
  const text = "eins\r\nzwölf\n\n" + "x".repeat(20) + "\nrest";
  const bytes = Buffer.from(text);
  const whole = linesOf([bytes]);
  expect(whole).toEqual([
    { text: "eins", cut: false },
    { text: "zwölf", cut: false },
    { text: "", cut: false },
    { text: "x".repeat(10), cut: true },
    { text: "rest", cut: false },
  ]);
  for (const size of [1, 2, 3, 7]) {
    const chunks = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    expect(linesOf(chunks)).toEqual(whole);
  }
});

function linesOf(chunks: readonly Buffer[]): Line[] {
  const lines: Line[] = [];
  const splitter = createLineSplitter(10, (line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}
