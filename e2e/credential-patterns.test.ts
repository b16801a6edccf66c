// docs/credential-patterns.json, for whoever looks for leaked credentials with a program of their own.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";

import { createToken, type TokenPrefix } from "@sidekit/chat-session";
import { expect, test } from "vitest";
import { z } from "zod";

import { root } from "./doc-examples.ts";

const published = z
  .strictObject({
    credentials: z.array(
      z.strictObject({
        name: z.string(),
        prefix: z.enum(["ckss_", "ckbs_", "cksv_"]),
        pattern: z.string(),
        opens: z.string(),
      }),
    ),
    checksum: z.strictObject({
      algorithm: z.literal("CRC-32 (IEEE)"),
      over: z.literal("all characters but the last six"),
      digits: z.string().length(62),
      length: z.literal(6),
      order: z.literal("most significant digit first, filled up with 0"),
    }),
  })
  .parse(JSON.parse(readFileSync(join(root, "docs/credential-patterns.json"), "utf8")));

test("S52: every kind of credential that is made has its pattern", () => {
  const prefixes: Record<TokenPrefix, true> = { ckss_: true, ckbs_: true, cksv_: true };
  expect(published.credentials.map(({ prefix }) => prefix).toSorted()).toEqual(
    Object.keys(prefixes).toSorted(),
  );
});

test.each(published.credentials)(
  "S52: a $name is found by what is published, and told from what is nearly one",
  (kind) => {
    for (let time = 0; time < 200; time++) {
      const token = createToken(kind.prefix);
      const text = `{"a":"${token}"} and ${token.slice(0, -1)}`;
      const found = text.match(new RegExp(kind.pattern, "g"));
      expect(found).toEqual([token]);
      expect(hasChecksum(token)).toBe(true);
      const changed = token.at(20) === "a" ? "b" : "a";
      expect(hasChecksum(token.slice(0, 20) + changed + token.slice(21))).toBe(false);
    }
  },
);

/** As the file says it, with nothing of ours. */
function hasChecksum(token: string): boolean {
  const { digits, length } = published.checksum;
  let rest = crc32(token.slice(0, -length));
  let expected = "";
  for (let at = 0; at < length; at++) {
    expected = digits[rest % 62] + expected;
    rest = Math.floor(rest / 62);
  }
  return token.endsWith(expected);
}
