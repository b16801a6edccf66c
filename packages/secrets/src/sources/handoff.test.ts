import { expect, test } from "vitest";

import { Secret } from "../secret.ts";
import { createHandoffKeySource } from "./handoff.ts";
import { keySourceSuite } from "./key-source.suite.ts";

keySourceSuite(async (text) => {
  const { source, offer } = createHandoffKeySource({ setting: "keys.default" });
  if (text !== null) offer(new Secret(text));
  return {
    source,
    replace: async (next) => offer(next === null ? null : new Secret(next)),
    [Symbol.asyncDispose]: async () => {},
  };
});

test("S139: what was handed over cannot be had back from where it was put", () => {
  expect(Object.keys(createHandoffKeySource({ setting: "keys.default" }))).toEqual(["source", "offer"]);
});
