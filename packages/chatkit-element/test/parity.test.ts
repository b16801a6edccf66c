// docs/element.md says of every option, method and event of the vendor's types how ours behaves; this finds what is missing.

import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { eventNames, methodPaths, optionPaths } from "./vendor-types.ts";

const text = readFileSync(new URL("../../../docs/element.md", import.meta.url), "utf8");
const states = ["done", "deviates", "not yet"];

test.each([
  ["The vendor's options, one by one", optionPaths],
  ["Methods", methodPaths],
  ["Events", eventNames],
])("%s: a row for each, and none besides", (heading, wanted) => {
  const rows = rowsOf(heading);
  expect(rows.map(({ name }) => name).toSorted()).toEqual(wanted().toSorted());
  expect(rows.filter(({ state }) => !states.includes(state ?? ""))).toEqual([]);
  // What is not simply done is explained.
  expect(rows.filter(({ state, words }) => state !== "done" && words === "")).toEqual([]);
});

function rowsOf(heading: string) {
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\| `(.+?)` \| (.+?) \| (.*?) ?\|$/gm)].map(([, name = "", state, words]) => ({
    name,
    state,
    words,
  }));
}
