import { check, property, string } from "fast-check";
import { expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import { displayName } from "./file-names.ts";

test.each([
  ["report.pdf", "report.pdf"],
  ["/etc/passwd", "passwd"],
  ["..\\..\\boot.ini", "boot.ini"],
  ["  spaced out.txt  ", "spaced out.txt"],
  ["a\u0000b\u001b[31m.txt", "ab[31m.txt"],
  ["exe\u202Egnp.txt", "exegnp.txt"],
  [".env", ".env"],
])("%j is shown as %j (S105)", (given, shown) => {
  expect(displayName(given)).toBe(shown);
});

test("a long name keeps its extension, and no character is cut in two (L40)", () => {
  const name = displayName(`${"😀".repeat(100)}.docx`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
  expect(name).toMatch(/^😀{62}\.docx$/u);
  expect(Buffer.byteLength(displayName(`a.${"x".repeat(400)}`))).toBe(255);
});

test("S105: whatever is given, what is shown is short, well-formed, and has no path or control character", () => {
  const holds = property(string({ unit: "binary", maxLength: 400 }), (given) => {
    const name = nameOrNull(given);
    if (name === null) return true;
    return Buffer.byteLength(name) <= 255 && name.isWellFormed() && /^[^/\\\p{Cc}\p{Cf}]+$/u.test(name);
  });
  expect(check(holds, { numRuns: 300 }).counterexample).toBeNull();
});

function nameOrNull(given: string): string | null {
  try {
    return displayName(given);
  } catch (error) {
    if (error instanceof ChatKitError && error.reason === "attachment_name") return null;
    throw error;
  }
}
