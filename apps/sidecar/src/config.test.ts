import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";
import { z } from "zod";

import { ConfigError, parseConfig } from "./config.ts";
import { configFile, environment } from "./settings.ts";

const docs = join(import.meta.dirname, "../../../docs");

function problemsOf(variables: Record<string, string>, file?: unknown): string {
  try {
    parseConfig(variables, file);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

test("with nothing set it listens on loopback, answers with the demo and needs no file", () => {
  const config = parseConfig({});
  expect(config).toMatchObject({ host: "127.0.0.1", port: 4310, detachGraceMs: 30_000 });
  expect(config.keys).toMatchObject([
    { id: "upstream", setting: "OPENAI_API_KEY", source: { kind: "environment", value: null } },
  ]);
  expect(config.profiles).toHaveLength(1);
  expect(config.profiles[0]).toMatchObject({
    name: "default",
    issuer: "local",
    responder: "demo",
    model: "gpt-6-luna",
    ttlSeconds: 600,
    requestsPerMinute: 10,
  });
});

test("a key switches the default profile to the model; a blank one does not", () => {
  expect(parseConfig({ OPENAI_API_KEY: "sk-test" }).profiles[0]?.responder).toBe("openai-responses");
  expect(parseConfig({ OPENAI_API_KEY_FILE: "/run/key" }).profiles[0]?.responder).toBe("openai-responses");
  const blank = parseConfig({ OPENAI_API_KEY: "  " });
  expect(blank.profiles[0]?.responder).toBe("demo");
  const [blankKey] = blank.keys;
  expect(blankKey?.source.kind === "environment" && blankKey.source.value?.reveal()).toBe("  ");
});

test.each([
  ["SIDEKIT_SESSION_TTL_SECONDS", "2147484"],
  ["SIDEKIT_DETACH_GRACE_SECONDS", "2147484"],
  ["SIDEKIT_KEY_OVERLAP_SECONDS", "2147484"],
  ["SIDEKIT_KEY_REMOVED_SECONDS", "2147484"],
])("R63: a time that no timer can take is refused: %s", (name, value) => {
  expect(() => parseConfig({ [name]: value })).toThrow(name);
});

test("S186: every problem is reported at once, by name and without the value", () => {
  const message = problemsOf(
    {
      SIDEKIT_PORT: "http://canary-value",
      SIDEKIT_HOST: "canary.example",
      SIDEKIT_ISSUER: "canary-issuer",
      SIDEKIT_SESSION_TTL_SECONDS: "59",
      SIDEKIT_POTR: "4310",
      OPENAI_BASE_URL: "ftp://canary-url",
    },
    { profiles: { fast: { modle: "x" } } },
  );
  for (const name of [
    "SIDEKIT_PORT must be a whole number",
    "SIDEKIT_HOST must be an address such as 127.0.0.1",
    "SIDEKIT_ISSUER must be one of local, hosted",
    "SIDEKIT_SESSION_TTL_SECONDS must be at least 60",
    "SIDEKIT_POTR is not a setting",
    "OPENAI_BASE_URL must be an http or https URL",
    "sidekit.config.json.profiles.fast.modle is not a setting",
  ]) {
    expect(message).toContain(name);
  }
  expect(message).not.toContain("canary");
});

describe("S1: an address beyond this machine", () => {
  const reach = {
    SIDEKIT_HOST: "0.0.0.0",
    SIDEKIT_REMOTE: "1",
    SIDEKIT_ALLOWED_HOSTS: "chat.example.com",
    SIDEKIT_TRUSTED_PROXIES: "10.0.0.0/8",
  };

  test.each(["SIDEKIT_REMOTE", "SIDEKIT_ALLOWED_HOSTS", "SIDEKIT_TRUSTED_PROXIES"])("needs %s", (name) => {
    const { [name]: _, ...others } = reach as Record<string, string>;
    expect(problemsOf(others)).toContain(`${name} is needed, because SIDEKIT_HOST is not a loopback address`);
  });

  test("is listened on when all of them are there; loopback is, without any", () => {
    expect(parseConfig(reach)).toMatchObject({ host: "0.0.0.0", trustedProxies: ["10.0.0.0/8"] });
    expect(parseConfig({})).toMatchObject({ host: "127.0.0.1", trustedProxies: [] });
  });

  test.each(["true", "1", "10.0.0.1,evil.example", "0.0.0.0/0", "::/0", "*", "10.0.0.0/33", "loopback"])(
    "S16: %s names no proxies",
    (value) => {
      expect(problemsOf({ SIDEKIT_TRUSTED_PROXIES: value })).toContain(
        "SIDEKIT_TRUSTED_PROXIES must be addresses or networks",
      );
    },
  );
});

describe("S125, S133, S186: refused combinations", () => {
  test.each([
    [
      { OPENAI_API_KEY: "sk-a", OPENAI_API_KEY_FILE: "/x" },
      "OPENAI_API_KEY is set beside OPENAI_API_KEY_FILE",
    ],
    [{ OPENAI_BASE_URL: "http://models.example.com/v1" }, "OPENAI_BASE_URL must use https"],
    [{ OPENAI_BASE_URL: "https://user:pass@models.example.com/v1" }, "must not carry credentials"],
    [{ SIDEKIT_ISSUER: "hosted" }, "SIDEKIT_WORKFLOW_ID is needed"],
    [
      { SIDEKIT_ISSUER: "hosted", SIDEKIT_WORKFLOW_ID: "wf_1", SIDEKIT_SESSION_TTL_SECONDS: "601" },
      "must be at most 600 when the issuer is hosted",
    ],
    [{ SIDEKIT_ALLOWED_HOSTS: "*.example.com" }, "SIDEKIT_ALLOWED_HOSTS"],
    [{ SIDEKIT_ALLOWED_ORIGINS: "https://app.example.com/path" }, "SIDEKIT_ALLOWED_ORIGINS"],
    [{ SIDEKIT_ELEMENT: "closed" }, "SIDEKIT_ELEMENT must be one of open, vendor, auto"],
    [{ SIDEKIT_ELEMENT_SCRIPT: "http://cdn.example.com/chat.js" }, "SIDEKIT_ELEMENT_SCRIPT must use https"],
    [{ SIDEKIT_ELEMENT_SCRIPT: "https://cdn.example.com/a.js?v=1" }, "must not carry credentials, a query"],
    [{ SIDEKIT_ELEMENT_SCRIPT: "https://cdn.example.com/a;script-src *.js" }, "must lead to a .js file"],
    [{ SIDEKIT_DOMAIN_KEY: "domain pk" }, "SIDEKIT_DOMAIN_KEY must be letters"],
    [{ SIDEKIT_UPLOAD_QUOTA_MB: "0" }, "SIDEKIT_UPLOAD_QUOTA_MB must be at least 1"],
    [{ SIDEKIT_S3_BUCKET: "files" }, "SIDEKIT_S3_ENDPOINT is needed"],
    [
      { SIDEKIT_S3_ENDPOINT: "http://s3.example.com" },
      "SIDEKIT_S3_ENDPOINT must use https, except on loopback",
    ],
    [{ SIDEKIT_S3_ENDPOINT: "https://s3.example.com?a=b" }, "SIDEKIT_S3_ENDPOINT must not carry credentials"],
    [{ SIDEKIT_S3_SECRET_ACCESS_KEY: "shhh" }, "SIDEKIT_S3_ACCESS_KEY_ID is needed"],
    [{ REDIS_URL: "redis://127.0.0.1" }, "REDIS_URL is not a setting of this version"],
  ])("%j", (variables, sentence) => {
    expect(problemsOf(variables)).toContain(sentence);
  });
});

test("a file's default profile fills what no variable sets; other profiles stand beside it", () => {
  const { profiles } = parseConfig(
    { SIDEKIT_MODEL: "from-variable" },
    {
      profiles: {
        default: { model: "from-file", requestsPerMinute: 3 },
        support: { issuer: "hosted", workflow: { id: "wf_support", version: "2" } },
      },
    },
  );
  expect(profiles[0]).toMatchObject({ model: "from-variable", requestsPerMinute: 3 });
  expect(profiles[1]).toMatchObject({
    name: "support",
    issuer: "hosted",
    workflow: { id: "wf_support", version: "2" },
  });
});

test("the store for files is whole, and its secret does not show", () => {
  const { s3 } = parseConfig({
    SIDEKIT_S3_ENDPOINT: "https://s3.example.com/",
    SIDEKIT_S3_BUCKET: "files",
    SIDEKIT_S3_ACCESS_KEY_ID: "id",
    SIDEKIT_S3_SECRET_ACCESS_KEY: "shhh",
  });
  expect(s3).toMatchObject({ endpoint: "https://s3.example.com", bucket: "files", region: "us-east-1" });
  expect(JSON.stringify(s3)).not.toContain("shhh");
  expect(parseConfig({}).s3).toBeNull();
});

test("docs/settings.md lists every variable with its default and meaning", () => {
  const rows = Object.entries(environment.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    const shown = fallback.success && fallback.data !== undefined ? `\`${String(fallback.data)}\`` : "none";
    return `| \`${name}\` | ${shown} | ${z.globalRegistry.get(schema)?.description} |`;
  });
  const text = readFileSync(join(docs, "settings.md"), "utf8");
  expect(text.split("\n").filter((line) => /^\| `[A-Z0-9_]+` \|/.test(line))).toEqual(rows);
});

test("the JSON schema that editors read is the one that is enforced", () => {
  const schema = JSON.parse(readFileSync(join(docs, "sidekit.config.schema.json"), "utf8"));
  expect(schema).toEqual(z.toJSONSchema(configFile, { io: "input" }));
});
