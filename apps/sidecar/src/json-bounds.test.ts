import { describe, expect, test } from "vitest";

import { findJsonProblem, jsonLimits } from "./json-bounds.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
const list = (length: number) => JSON.stringify(Array.from({ length }, () => 0));
const map = (length: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length }, (_, at) => [`k${at}`, 0])));

describe("each bound holds at its edge", () => {
  test.each([
    ["depth", nested(jsonLimits.depth), nested(jsonLimits.depth + 1)],
    ["array", list(jsonLimits.arrayLength), list(jsonLimits.arrayLength + 1)],
    ["keys", map(jsonLimits.keysPerObject), map(jsonLimits.keysPerObject + 1)],
    ["string", `"${"x".repeat(jsonLimits.stringLength)}"`, `"${"x".repeat(jsonLimits.stringLength + 1)}"`],
  ])("%s", (problem, allowed, refused) => {
    expect(findJsonProblem(allowed)).toBeNull();
    expect(findJsonProblem(refused)).toBe(problem);
  });
});

test.each([
  ['{"__proto__":1}', "prototype_key"],
  ['{"a":[{"__proto__" : {}}]}', "prototype_key"],
  ['{"\\u005f_proto__":1}', "prototype_key"],
  ['{"constructor":{"prototype":{}}}', "prototype_key"],
  ['{"a":1,"b":{"a":1},"a":2}', "duplicate_key"],
  ['{"a":1,"\\u0061":2}', "duplicate_key"],
])("%s is refused", (text, problem) => {
  expect(findJsonProblem(text)).toBe(problem);
});

test.each([
  '{"constructor":1}',
  '{"a":"__proto__"}',
  '["a:b","{[","\\"}"]',
  '{"a":{"b":1},"b":{"b":1}}',
  '"x"',
  "",
])("%s passes", (text) => {
  expect(findJsonProblem(text)).toBeNull();
});

test("a megabyte of open brackets is refused at once (S83)", () => {
  const started = performance.now();
  expect(findJsonProblem("[".repeat(1_048_576))).toBe("depth");
  expect(performance.now() - started).toBeLessThan(50);
});

test("a megabyte of ordinary text takes linear time", () => {
  const text = JSON.stringify(Array.from({ length: 900 }, () => ({ a: '\\"'.repeat(280), b: [1, 2, 3] })));
  const started = performance.now();
  expect(findJsonProblem(text)).toBeNull();
  expect(performance.now() - started).toBeLessThan(200);
});
