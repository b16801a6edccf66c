import { expect, test } from "vitest";

import { parseMarkdown } from "./blocks.ts";

test.each([
  ["Then $a^2 + b^2$ is", ["a^2 + b^2"]],
  ["$x$ and $y_1$", ["x", "y_1"]],
  ["\\(e^{i\\pi}\\) and \\[ \\frac{1}{2} \\]", ["e^{i\\pi}", "\\frac{1}{2}"]],
  ["$$\n\\sum_{k=1}^n k\n$$", ["\\sum_{k=1}^n k"]],
  ["text $$a=b$$ text", ["a=b"]],
  ["**bold $k$**", ["k"]],
  ["| a |\n| - |\n| $x^2$ |", ["x^2"]],
  ["It costs $5 and $6.", []],
  ["From $5-$6, or US$5 to A$7", []],
  ["$5 for me, A$. And more", []],
  ["a $ b $ c", []],
  ["`$x$` and\n\n```\n$y$\n```", []],
  ["\\$x$ is escaped", []],
  ["open $x^2", []],
])("%j holds the formulas %j", (text, formulas) => {
  expect(formulasIn(text)).toEqual(formulas);
});

test("many openings without an end are read quickly", () => {
  for (const open of ["$", "$$a", "\\(", "\\["]) {
    const begun = performance.now();
    formulasIn(open.repeat(3000));
    expect(performance.now() - begun).toBeLessThan(1000);
  }
});

function formulasIn(text: string): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("type" in value && value.type === "math" && "text" in value) found.push(String(value.text));
    else for (const inner of Object.values(value)) visit(inner);
  };
  visit(parseMarkdown(text, true, null).blocks);
  return found;
}
