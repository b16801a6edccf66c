import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { isHiddenItem } from "../protocol/items.ts";
import { decodeItem, decodeThread, encodeItem, encodeThread, microsecondsOf } from "./item-codec.ts";

const fixtures = new URL("../../test/fixtures/stored/", import.meta.url);

describe("records of every version stay readable", () => {
  for (const name of readdirSync(fixtures).filter((file) => file.endsWith(".items.jsonl"))) {
    test(`${name}`, () => {
      const records = linesOf(name);
      const items = records.map(decodeItem);
      expect(items).not.toContain(null);
      expect(items.map((item) => item && JSON.parse(encodeItem(item)))).toEqual(
        records.map((record) => JSON.parse(record)),
      );
      expect(new Set(items.map((item) => item?.type)).size).toBe(11);
      expect(items.filter((item) => item !== null && isHiddenItem(item))).toHaveLength(2);
    });
  }

  for (const name of readdirSync(fixtures).filter((file) => file.endsWith(".threads.jsonl"))) {
    test(`${name}`, () => {
      for (const record of linesOf(name)) {
        const thread = decodeThread(record);
        expect(thread && JSON.parse(encodeThread(thread))).toEqual(JSON.parse(record));
      }
    });
  }
});

test("records that cannot be read are null", () => {
  for (const record of linesOf("refused.jsonl")) {
    expect([record, decodeItem(record), decodeThread(record)]).toEqual([record, null, null]);
  }
});

test("times in every ISO form order by instant", () => {
  expect(microsecondsOf("1970-01-01T00:00:01Z")).toBe(1_000_000);
  expect(microsecondsOf("1970-01-01T00:00:01")).toBe(1_000_000);
  expect(microsecondsOf("1970-01-01T01:00:01.5+01:00")).toBe(1_500_000);
  expect(microsecondsOf("1970-01-01T00:00:01.000600")).toBe(1_000_600);
  expect(microsecondsOf("1970-01-01T00:00:01.0006007Z")).toBe(1_000_600);
  expect(() => microsecondsOf("yesterday")).toThrow("ISO 8601");
});

function linesOf(name: string): string[] {
  return readFileSync(new URL(name, fixtures), "utf8").trim().split("\n");
}
