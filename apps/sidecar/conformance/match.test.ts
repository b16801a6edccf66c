import type { Json } from "@sidekit/chatkit/protocol";
import { describe, expect, test } from "vitest";

import { createBindings } from "./bindings.ts";
import { match } from "./match.ts";

/** The path of the first difference, or null. */
const differenceOf = (expected: Json, actual: Json, bindings = createBindings()) =>
  match(expected, actual, bindings, "it")?.path ?? null;

describe("plain values", () => {
  test.each<[string, Json, Json, string | null]>([
    ["equal objects, whatever the order", { a: 1, b: [null] }, { b: [null], a: 1.0 }, null],
    ["a value deep inside", { a: [{ b: "x" }] }, { a: [{ b: "y" }] }, "it.a[0].b"],
    ["a member too few", { a: 1, b: 2 }, { a: 1 }, "it.b"],
    ["a member too many", { a: 1 }, { a: 1, b: null }, "it.b"],
    ["null is not absent", { a: null }, {}, "it.a"],
    ["a row too few", [1, 2], [1], "it[1]"],
    ["a row too many", [1], [1, 2], "it[1]"],
    ["another order", [1, 2], [2, 1], "it[0]"],
    ["no normalisation of text", "é", "e\u0301", "it"],
    ["an object is not a list", {}, [], "it"],
    ["a number is not its text", 1, "1", "it"],
    ["an inherited member is none", { constructor: "<any>" }, {}, "it.constructor"],
  ])("%s", (_title, expected, actual, path) => {
    expect(differenceOf(expected, actual)).toBe(path);
  });
});

describe("placeholders", () => {
  test.each<[string, Json, Json, boolean]>([
    ["a time with fraction and zone", "<time>", "2025-01-31T10:00:00.000001Z", true],
    ["a time without a zone", "<time>", "2025-01-31T10:00:00", true],
    ["a day that is none", "<time>", "2025-02-30T10:00:00Z", false],
    ["an hour that is none", "<time>", "2025-02-20T25:00:00Z", false],
    ["a date alone", "<time>", "2025-02-20", false],
    ["seconds", "<seconds>", 0, true],
    ["half a second", "<seconds>", 0.5, false],
    ["a text", "<text>", "x", true],
    ["a blank text", "<text>", " \n", false],
    ["anything", "<any>", null, true],
    ["an empty id", "<message:1>", "", false],
    ["an id that is no text", "<message:1>", 1, false],
    ["what only looks like one", "<b>", "<b>", true],
  ])("%s", (_title, expected, actual, matches) => {
    expect(differenceOf(expected, actual)).toBe(matches ? null : "it");
  });

  test("one id, one placeholder", () => {
    expect(differenceOf(["<thread:1>", "<thread:1>"], ["a", "a"])).toBe(null);
    expect(differenceOf(["<thread:1>", "<thread:1>"], ["a", "b"])).toBe("it[1]");
    expect(differenceOf(["<thread:1>", "<message:1>"], ["a", "a"])).toBe("it[1]");
  });

  test("a cursor may be an id, and is not two cursors", () => {
    expect(differenceOf(["<message:1>", "<cursor:1>"], ["a", "a"])).toBe(null);
    expect(differenceOf(["<cursor:1>", "<cursor:2>"], ["a", "a"])).toBe("it[1]");
  });
});

describe("directives", () => {
  test.each<[string, Json, Json, string | null]>([
    ["prose with other words around", { $prose: ["a", "b"] }, "x a y b z", null],
    ["prose in another order", { $prose: ["a", "b"] }, "b a", "it"],
    ["prose with a fragment twice", { $prose: ["a", "a"] }, "only a", "it"],
    ["prose that ends with JSON", { $prose: ["w", { $json: { n: [1] } }] }, 'w: {"n": [1]}\n', null],
    ["prose that ends with other JSON", { $prose: ["w", { $json: { n: 1 } }] }, 'w: {"n": 2}', "it(JSON).n"],
    ["JSON as text", { $jsonText: { a: null } }, '{"a":null}', null],
    ["other JSON as text", { $jsonText: { a: null } }, '{"a":0}', "it(JSON).a"],
    ["no JSON as text", { $jsonText: "x" }, "x", "it"],
    [
      "the same instant elsewhere",
      { $instant: "2025-01-01T10:00:00Z" },
      "2025-01-01T11:00:00.000+01:00",
      null,
    ],
    ["a microsecond later", { $instant: "2025-01-01T10:00:00Z" }, "2025-01-01T10:00:00.000001Z", "it"],
    ["any order", [{ $unordered: ["a", "b"] }, "c"], ["b", "a", "c"], null],
    ["any order, one missing", [{ $unordered: ["a", "b"] }], ["b"], "it[1]"],
    ["any order, then something else", [{ $unordered: ["a", "b"] }, "c"], ["b", "a", "d"], "it[2]"],
    ["any order, one too many", [{ $unordered: ["a"] }], ["a", "b"], "it[1]"],
  ])("%s", (_title, expected, actual, path) => {
    expect(differenceOf(expected, actual)).toBe(path);
  });

  test("an order is found that suits what follows", () => {
    const expected: Json = [
      { $unordered: [{ id: "<message:1>" }, { id: "<message:2>" }] },
      "<message:2>",
      "m1",
    ];
    expect(differenceOf(expected, [{ id: "m2" }, { id: "m1" }, "m2", "m1"])).toBe(null);
    expect(differenceOf(expected, [{ id: "m2" }, { id: "m1" }, "m3", "m1"])).toBe("it[2]");
  });
});
