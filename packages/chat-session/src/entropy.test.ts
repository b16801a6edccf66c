import { expect, test } from "vitest";

import { withRandomBytes } from "./entropy.ts";

test("S40: bytes never repeat, across refills of the pool and in mixed lengths", () => {
  const drawn = Array.from({ length: 2000 }, (_, at) =>
    withRandomBytes(at % 2 === 0 ? 16 : 32, (bytes) => Buffer.from(bytes).toString("hex")),
  );
  expect(drawn.map((hex) => hex.length / 2).slice(0, 4)).toEqual([16, 32, 16, 32]);
  expect(new Set(drawn.map((hex) => hex.slice(0, 32))).size).toBe(2000);
});

test("S144: nothing of the bytes is left when their use is over", () => {
  const kept = withRandomBytes(32, (bytes) => bytes);
  expect(kept.every((byte) => byte === 0)).toBe(true);
});

test("S144: bytes are wiped when their use fails, too", () => {
  let kept: Uint8Array = new Uint8Array(1);
  expect(() =>
    withRandomBytes(32, (bytes) => {
      kept = bytes;
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(kept.every((byte) => byte === 0)).toBe(true);
});
