import { expect, test } from "vitest";

import { payloadWith } from "./form-values.ts";

test("dots nest, beside what the action says itself", () => {
  const own = { todo: { id: 1 } };
  expect(
    payloadWith(own, [
      { name: "todo.title", value: "Buy" },
      { name: "done", value: true },
      { name: "a.b.c", value: null },
    ]),
  ).toEqual({ payload: { todo: { id: 1, title: "Buy" }, done: true, a: { b: { c: null } } }, dropped: [] });
  expect(own).toEqual({ todo: { id: 1 } });
});

test.each([
  ["a key that is there", { a: 1 }, "a"],
  ["a way that is blocked", { a: 1 }, "a.b"],
  ["a list", [1], "a"],
  ["text", "x", "a"],
  ["the prototype", {}, "__proto__.polluted"],
  ["no name", {}, ""],
])("the form gives way to %s", (_what, own, name) => {
  expect(payloadWith(own, [{ name, value: "form" }])).toEqual({ payload: own, dropped: [name] });
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
});

test("names of the prototype are names like others", () => {
  expect(payloadWith(null, [{ name: "constructor.x", value: 1 }]).payload).toEqual({ constructor: { x: 1 } });
});

test("without fields the payload stays what it is", () => {
  expect(payloadWith("text", []).payload).toBe("text");
  expect(payloadWith(null, []).payload).toBeNull();
});
