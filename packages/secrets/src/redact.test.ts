import { pino } from "pino";
import { describe, expect, test } from "vitest";

import { credentialFields, credentialHeaders, credentialLogPaths, scrubText } from "./redact.ts";

const canary = "canary-4f1c9be27d08a6535e71";

describe("log paths", () => {
  test.each(credentialHeaders)("header %s", (name) => {
    const line = logged({
      headers: { [name]: canary },
      req: { headers: { [name]: canary } },
      res: { headers: { [name]: canary } },
    });
    expect(line).not.toContain(canary);
    expect(line.match(/\[secret\]/g)).toHaveLength(3);
  });

  test.each(credentialFields)("field %s", (name) => {
    const line = logged({ [name]: canary, inside: { [name]: canary } });
    expect(line).not.toContain(canary);
    expect(line.match(/\[secret\]/g)).toHaveLength(2);
  });

  test("what is no credential stays", () => {
    expect(logged({ sessionId: "cksess_1", headers: { "content-type": "text/html" } })).toContain(
      '"sessionId":"cksess_1","headers":{"content-type":"text/html"}',
    );
  });
});

const random = "4f1C9be27d08A6535e71QzTx0aB9yWvKmLpR2sUd6Nh3Jg7Ft";
const tokens: Record<string, readonly [token: string, oneCharacterWrong: string]> = {
  "session token": [`ckss_${random}`, `ckss_${random.slice(0, 20)}-${random.slice(21)}`],
  "bootstrap token": [`ckbs_${random}`, `ckbs_${random.slice(0, 20)}_${random.slice(21)}`],
  "service token": [`cksv_${random}`, `cksv_${random.slice(0, -1)}`],
  "stream ticket": [`ckst_${random}`, `ckst_${random}0`],
  "API key": ["sk-proj-4f1c9be27d08A6535e71_QzT-x", "sk-proj-4f1c9be27d08*6535e71_QzT-x"],
  "masked API key": ["sk-pr***************************zT-x", "sk-pr**************************-zT-x"],
  "upstream client secret": ["ek_68f1c9be27d08a6535e71", "ek_68f1c9be27d08-6535e71"],
};

describe("text", () => {
  test.each(Object.entries(tokens))("%s", (_name, [token, wrong]) => {
    for (const form of [token, wrong]) {
      expect(scrubText(form)).toBe("[secret]");
      expect(scrubText(`refused: ${form}, sorry.`)).toBe("refused: [secret], sorry.");
      expect(scrubText(`{"key":"${form}"}`)).toBe('{"key":"[secret]"}');
      expect(scrubText(`https://example.test/?a=${form}&b=1`)).toBe("https://example.test/?a=[secret]&b=1");
      expect(scrubText(`(${form}) (${form})`)).toBe("([secret]) ([secret])");
      expect(scrubText(`Bearer ${form}`)).not.toContain(form.slice(5, 12));
    }
  });

  test("a token glued to other words", () => {
    expect(scrubText(`tokenckss_${random}`)).toBe("token[secret]");
    expect(scrubText("keysk-proj-4f1c9be27d08A6535e71")).toBe("key[secret]");
  });

  test.each(["Bearer", "bearer", "BEARER"])("a bearer of any kind, written %s", (scheme) => {
    expect(scrubText(`Authorization: ${scheme} eyJhbGciOi.J9.abc-_~+/==`)).toBe(
      `Authorization: ${scheme} [secret]`,
    );
  });

  test.each([
    "cksess_4f1c9be27d08a6535e71QzTx0aB9yWvKmLpR2sUd6Nh3Jg7Ft",
    "ckxx_4f1c9be27d08a6535e71QzTx0aB9yWvKmLpR2sUd6Nh3Jg7Ft",
    "thr_4f1c9be27d08a6535e71QzTx",
    "The week_2026 report on task-force risk-free sk-learn.",
    "WWW-Authenticate: Bearer realm",
    "ckss_short",
  ])("leaves alone: %s", (text) => {
    expect(scrubText(text)).toBe(text);
  });

  test("takes time in proportion to the text", () => {
    const start = performance.now();
    scrubText("sk-ek_ckss_bearer ".repeat(60_000));
    scrubText("s".repeat(1_000_000));
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

function logged(fields: object): string {
  let line = "";
  const options = { redact: { paths: [...credentialLogPaths], censor: "[secret]" } };
  pino(options, { write: (text) => (line += text) }).info(fields);
  return line;
}
