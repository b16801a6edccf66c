import { expect, test } from "vitest";

import { findLaunchToken, isLaunchFragment } from "./launch-token.ts";

const token = `ckbs_${"aB3".repeat(16)}x`;

test.each([
  ["the token", token],
  ["the ready line", `Sidekit ready at http://127.0.0.1:4310/#launch=${token}`],
  ["the address with a line end", `http://127.0.0.1:4310/#launch=${token}\n`],
  ["quotes around it", `"${token}"`],
])("finds the token in %s", (_name, text) => {
  expect(findLaunchToken(text)).toBe(token);
});

test.each([
  ["nothing", ""],
  ["an address without one", "http://127.0.0.1:4310/"],
  ["a cut token", token.slice(0, -1)],
  ["a token with more behind it", `${token}a`],
  ["a client secret", token.replace("ckbs_", "ckss_")],
])("finds no token in %s", (_name, text) => {
  expect(findLaunchToken(text)).toBeNull();
});

test("knows the fragment that hands over a token", () => {
  expect(isLaunchFragment(`#launch=${token}`)).toBe(true);
  expect(isLaunchFragment("#launch=")).toBe(true);
  expect(isLaunchFragment("#conversation")).toBe(false);
  expect(isLaunchFragment("")).toBe(false);
});
