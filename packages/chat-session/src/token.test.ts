import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { createToken, findToken, formatToken, parseBearer, parseToken } from "./token.ts";

const zeroToken = `ckss_${"0".repeat(43)}1K2Qwh`;

test("32 zero bytes give the known token (S39)", () => {
  expect(formatToken("ckss_", new Uint8Array(32))).toBe(zeroToken);
  expect(parseToken(zeroToken, "ckss_")).toBe(zeroToken);
});

test("S39: the digits are the bytes as one big-endian number in base 62", () => {
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (const bytes of [new Uint8Array(32).fill(255), ...Array.from({ length: 200 }, () => randomBytes(32))]) {
    let value = 0n;
    for (const digit of formatToken("ckss_", bytes).slice(5, 48)) {
      value = value * 62n + BigInt(digits.indexOf(digit));
    }
    expect(value).toBe(BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
  }
});

test("tokens never repeat, across refills of the pool, and all parse", () => {
  const tokens = Array.from({ length: 2000 }, () => createToken("ckbs_"));
  expect(new Set(tokens).size).toBe(2000);
  expect(tokens.every((token) => token.length === 54 && parseToken(token, "ckbs_") === token)).toBe(true);
});

test("S39, S41: one changed character is found by the checksum", () => {
  const token = createToken("ckss_");
  for (let at = 5; at < token.length; at += 1) {
    const changed = token[at] === "x" ? "y" : "x";
    expect(parseToken(token.slice(0, at) + changed + token.slice(at + 1), "ckss_")).toBeNull();
  }
});

test.each([
  "",
  "ckss_",
  zeroToken.slice(0, -1),
  `${zeroToken}0`,
  ` ${zeroToken}`,
  `${zeroToken}\n`,
  zeroToken.replace("ckss", "ckbs"),
])("S39: is no session token: %j", (text) => expect(parseToken(text, "ckss_")).toBeNull());

test("a bearer field is one scheme, one space, one token (S46)", () => {
  expect(parseBearer(`Bearer ${zeroToken}`)).toBe(zeroToken);
  expect(parseBearer(`bEaReR ${zeroToken}`)).toBe(zeroToken);
  expect(parseBearer("Bearer a.b-c_d~e+f/g==")).toBe("a.b-c_d~e+f/g==");
});

test.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  `Bearer  ${zeroToken}`,
  `Bearer\t${zeroToken}`,
  `Bearer ${zeroToken} `,
  `Bearer ${zeroToken}, Bearer ${zeroToken}`,
  `Bearer "${zeroToken}"`,
  `Basic ${zeroToken}`,
  ` Bearer ${zeroToken}`,
  `Bearer ${zeroToken}\n`,
])("S46: is no bearer field: %j", (field) => expect(parseBearer(field)).toBeNull());

test("S52: a credential is found inside any text, and nothing that is nearly one", () => {
  const token = createToken("ckbs_");
  const service = `cksv_${token.slice(5, -6)}`;
  for (const text of [token, `{"a":"${token}"}`, `xx${token}yy`, `${zeroToken.slice(0, 53)}x ${token}`]) {
    expect(findToken(text)).toBe(token);
  }
  const wrong = token.slice(0, -1) + (token.endsWith("a") ? "b" : "a");
  for (const text of ["", "ckss_", wrong, token.slice(0, -1), service, token.toUpperCase()]) {
    expect(findToken(text)).toBeNull();
  }
});
