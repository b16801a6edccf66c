import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { SecretsError, type SecretsErrorCode } from "./errors.ts";
import { checkKeyShape } from "./key-shape.ts";
import { Secret } from "./secret.ts";

const good = "sk-proj-4f1c9be27d08A6535e71_QzT-x";
const rule = { prefix: "sk-" } as const;
const setting = "OPENAI_API_KEY";

describe("usable", () => {
  test.each([
    ["a project key", good],
    ["exactly 20 characters", "sk-4f1c9be27d08A6535"],
    ["exactly 512 characters", `sk-${"aB3".repeat(169)}xy`],
  ])("%s", (_name, value) => {
    expect(checkKeyShape(new Secret(value), setting, rule).reveal()).toBe(value);
  });

  test.each(["\n", "\r\n"])("one line break at the end is taken off: %j", (end) => {
    expect(checkKeyShape(new Secret(good + end), setting, rule).reveal()).toBe(good);
  });

  test("another server's key, where no prefix is asked for", () => {
    const value = "gw_4f1c9be27d08A6535e71";
    expect(checkKeyShape(new Secret(value), setting, { prefix: null }).reveal()).toBe(value);
  });
});

const faults: readonly [SecretsErrorCode, string, string][] = [
  ["key_blank", "empty", ""],
  ["key_blank", "spaces", "   "],
  ["key_blank", "a line break", "\n"],
  ["key_placeholder", "dots", "sk-..."],
  ["key_placeholder", "an ellipsis", "sk-…"],
  ["key_placeholder", "words", "YOUR_API_KEY"],
  ["key_placeholder", "words with spaces", "your api key"],
  ["key_placeholder", "vendor's words", "sk-your-openai-api-key-goes-in-this-place"],
  ["key_placeholder", "here", "sk-put-the-key-here-please"],
  ["key_placeholder", "change me", "changeme"],
  ["key_placeholder", "change me with a dash", "change-me"],
  ["key_placeholder", "angle brackets", "<the secret of the project>"],
  ["key_placeholder", "one repeated character", "xxxxxxxxxxxxxxxxxxxxxxxx"],
  ["key_placeholder", "one repeated character behind the prefix", "sk-xxxxxxxxxxxxxxxxxxxxxxxx"],
  ["key_placeholder", "one repeated character behind both prefixes", "sk-proj-000000000000000000000"],
  ["key_placeholder", "an unexpanded variable", "${OPENAI_API_KEY}"],
  ["key_quoted", "double quotes", `"${good}"`],
  ["key_quoted", "single quotes", `'${good}'`],
  ["key_quoted", "a quote inside", "sk-4f1c9be2'7d08A6535e71"],
  ["key_white_space", "a space in front", ` ${good}`],
  ["key_white_space", "a space behind", `${good} `],
  ["key_white_space", "two line breaks", `${good}\n\n`],
  ["key_white_space", "two lines", `${good}\n${good}`],
  ["key_white_space", "a tab", `sk-proj\t${good}`],
  ["key_white_space", "a no-break space", `${good}\u00a0`],
  ["key_white_space", "a line separator", `${good}\u2028`],
  ["key_look_alike", "a Cyrillic letter", good.replace("e", "\u0435")],
  ["key_look_alike", "a fullwidth letter", good.replace("A", "\uff21")],
  ["key_look_alike", "smart quotes", `\u201c${good}\u201d`],
  ["key_look_alike", "a zero width space", good.replace("_", "_\u200b")],
  ["key_look_alike", "a byte order mark", `\ufeff${good}`],
  ["key_look_alike", "a long dash for the hyphen", good.replace("-", "\u2013")],
  ["key_look_alike", "an emoji", `${good}\u{1f511}`],
  ["key_unprintable", "a NUL", `${good}\0`],
  ["key_unprintable", "an escape sequence", `\u001b[0m${good}`],
  ["key_admin", "an administration key", "sk-admin-4f1c9be27d08A6535e71"],
  ["key_wrong_prefix", "another vendor's prefix", "gw_4f1c9be27d08A6535e71"],
  ["key_wrong_prefix", "a client secret", "ek_4f1c9be27d08A6535e7100"],
  ["key_wrong_prefix", "upper case", good.replace("sk-", "SK-")],
  ["key_too_short", "19 characters", "sk-4f1c9be27d08A653"],
  ["key_too_long", "513 characters", `sk-${"aB3".repeat(170)}`],
];

describe("refused (S140)", () => {
  test.each(faults)("%s: %s", (code, _name, value) => {
    const error = errorOf(value);
    expect(error.code).toBe(code);
    expect(error.problem).toContain(setting);
    expect(error.mend).toMatch(/\.$/);
  });

  test.each(faults.filter(([, , value]) => value.trim() !== ""))(
    "%s: %s, with the value in no part of the error",
    (_code, _name, value) => {
      expect(inspect(errorOf(value), { depth: 9, showHidden: true })).not.toContain(value.trim());
    },
  );

  test("each kind of fault has its own sentence", () => {
    const sentences = new Map(faults.map(([code, , value]) => [code, errorOf(value).problem]));
    expect(new Set(sentences.values()).size).toBe(sentences.size);
  });

  test("an administration key, also where no prefix is asked for", () => {
    expect(errorOf("sk-admin-4f1c9be27d08A6535e71", null).code).toBe("key_admin");
  });
});

function errorOf(value: string, prefix: "sk-" | null = "sk-"): SecretsError {
  try {
    checkKeyShape(new Secret(value), setting, { prefix });
  } catch (error) {
    if (error instanceof SecretsError) return error;
    throw error;
  }
  throw new Error("was not refused");
}
