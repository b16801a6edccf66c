import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { securityTable, securityTableFile } from "./security-table/security-table.ts";

const table = securityTable();

test("every requirement is in the table, once", () => {
  const expected = [
    ...Array.from({ length: 190 }, (_, at) => `S${at + 1}`),
    ...Array.from({ length: 73 }, (_, at) => `R${at + 1}`),
  ];
  expect(table.ids).toEqual(expected);
});

test("each has a test that proves it, or a reason why not", () => {
  expect(table.missing).toEqual([]);
});

test("no test names a requirement that there is not", () => {
  expect(table.unknown).toEqual([]);
});

test("docs/security.md is what `pnpm docs:security` writes", () => {
  expect(readFileSync(securityTableFile, "utf8")).toBe(table.text);
});
