import { expect, test } from "vitest";

import { fingerprint } from "./fingerprint.ts";
import { Secret } from "./secret.ts";

test("is the beginning of the SHA-256 that other tools compute (S146)", () => {
  // printf abc | sha256sum
  expect(fingerprint(new Secret("abc"))).toBe("ba7816bf8f01");
});
