import { Secret } from "@sidekit/secrets";
import { describe, expect, test } from "vitest";

import { CliError } from "./errors.ts";
import { findWayIn, parseServerUrl } from "./way-in.ts";

const token = `ckbs_${"0".repeat(43)}1K2Qwh`;

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof CliError) return error.code;
    throw error;
  }
  return "accepted";
}

describe("the launch token", () => {
  test.each([
    ["alone", token],
    ["with a line end", `${token}\n`],
    ["as the ready line's address", `http://127.0.0.1:4310/#launch=${token}`],
    ["as the whole ready line", `Sidekit ready at http://127.0.0.1:4310/#launch=${token}`],
  ])("%s", (_, given) => {
    const way = findWayIn(null, new Secret(given));
    expect(way.url).toBe("http://127.0.0.1:4310");
    expect(way.launchToken?.reveal()).toBe(token);
  });

  test("the ready line says where the sidecar is", () => {
    expect(findWayIn(null, new Secret(`http://127.0.0.1:5000/#launch=${token}`)).url).toBe(
      "http://127.0.0.1:5000",
    );
  });

  test("is not sent to another address than the one it was printed with", () => {
    const given = new Secret(`http://127.0.0.1:5000/#launch=${token}`);
    expect(codeOf(() => findWayIn("https://chat.example.com", given))).toBe("foreign_launch_token");
    expect(findWayIn("http://127.0.0.1:5000/", given).url).toBe("http://127.0.0.1:5000");
  });

  test.each([
    "",
    "ckss_nope",
    "http://127.0.0.1:4310/",
    `${token}x`,
    "http://127.0.0.1:4310/#launch=ckbs_short",
  ])("is refused when it is none: %#", (given) => {
    expect(codeOf(() => findWayIn(null, new Secret(given)))).toBe("malformed_launch_token");
  });

  test("may be missing, to be asked for", () => {
    expect(findWayIn("http://127.0.0.1:1", null)).toEqual({ url: "http://127.0.0.1:1", launchToken: null });
  });
});

describe("the address", () => {
  test.each([
    ["https://chat.example.com", "https://chat.example.com"],
    ["http://localhost:4310/", "http://localhost:4310"],
    ["http://[::1]:4310", "http://[::1]:4310"],
  ])("%s", (text, origin) => {
    expect(parseServerUrl(text)).toBe(origin);
  });

  test.each([
    ["127.0.0.1:4310", "invalid_url"],
    ["ftp://127.0.0.1", "invalid_url"],
    ["http://user:pass@127.0.0.1", "invalid_url"],
    ["http://127.0.0.1/path", "invalid_url"],
    ["http://127.0.0.1/?q", "invalid_url"],
    ["http://chat.example.com", "insecure_url"],
    ["http://127.0.0.1.example.com", "insecure_url"],
  ])("%s is refused: %s", (text, code) => {
    expect(codeOf(() => parseServerUrl(text))).toBe(code);
  });
});
