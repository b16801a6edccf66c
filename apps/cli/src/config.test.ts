import { expect, test } from "vitest";

import { parseLocalSettings } from "./config.ts";
import { CliError } from "./errors.ts";

function problemsOf(variables: Record<string, string>): string {
  try {
    parseLocalSettings(variables, "/somewhere");
  } catch (error) {
    if (error instanceof CliError && error.code === "invalid_settings") return error.message;
    throw error;
  }
  throw new Error("The settings were accepted.");
}

test("without variables: no key, the vendor, threads under the root", () => {
  expect(parseLocalSettings({}, "/somewhere")).toEqual({
    key: { kind: "none" },
    upstreamBaseUrl: "https://api.openai.com/v1",
    upstreamIsVendor: true,
    responder: "demo",
    model: "gpt-6-luna",
    dataDir: "/somewhere/.sidekit",
  });
});

test("blank variables count as unset, but for the key", () => {
  const settings = parseLocalSettings(
    { SIDEKIT_MODEL: " ", SIDEKIT_DATA_DIR: "", OPENAI_API_KEY: " " },
    "/somewhere",
  );
  expect(settings).toMatchObject({
    model: "gpt-6-luna",
    dataDir: "/somewhere/.sidekit",
    key: { kind: "environment" },
    responder: "demo",
  });
});

test("a key in a file, another server, an absolute data directory", () => {
  const settings = parseLocalSettings(
    {
      OPENAI_API_KEY_FILE: "/keys/key.txt",
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1/",
      SIDEKIT_DATA_DIR: "/data",
    },
    "/somewhere",
  );
  expect(settings).toMatchObject({
    key: { kind: "file", path: "/keys/key.txt" },
    responder: "openai-responses",
    upstreamBaseUrl: "http://127.0.0.1:9/v1",
    upstreamIsVendor: false,
    dataDir: "/data",
  });
});

test("a key is a Secret from the first moment", () => {
  const { key } = parseLocalSettings({ OPENAI_API_KEY: "sk-canary" }, "/somewhere");
  expect(JSON.stringify(key)).not.toContain("canary");
});

test("every problem is named, no value is shown", () => {
  const problems = problemsOf({
    OPENAI_API_KEY: "sk-canary",
    OPENAI_API_KEY_FILE: "/canary",
    OPENAI_BASE_URL: "http://canary.example.com",
  });
  expect(problems).toContain("OPENAI_BASE_URL must use https");
  expect(problems).toContain("OPENAI_API_KEY_FILE");
  expect(problems).not.toContain("canary");
  expect(problemsOf({ OPENAI_BASE_URL: "canary", SIDEKIT_MODEL: "m".repeat(129) }).split("\n")).toHaveLength(
    3,
  );
  expect(problemsOf({ OPENAI_BASE_URL: "canary" })).not.toContain("canary");
});
