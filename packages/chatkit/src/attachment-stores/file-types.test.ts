import { expect, test } from "vitest";

import { createContentCheck, kindOfType, takenType } from "./file-types.ts";

const png = Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex");
const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

async function checked(type: string, chunks: readonly Uint8Array[], whole = true): Promise<string> {
  const check = createContentCheck(type);
  try {
    for (const chunk of chunks) check.write(chunk);
    await check.end(whole);
    return "taken";
  } catch (error) {
    return error instanceof Error && "reason" in error ? String(error.reason) : "failed";
  }
}

test.each([
  ["text/plain; charset=utf-8", "text/plain", "file"],
  ["Image/PNG", "image/png", "image"],
  ["image/svg+xml", "image/svg+xml", "file"],
  ["text/html", "text/html", "file"],
  ["application/pdf", "application/pdf", "file"],
  [docx, docx, "file"],
])("%s is taken as %s, a %s (S105)", (declared, type, kind) => {
  expect(takenType(declared)).toBe(type);
  expect(kindOfType(takenType(declared))).toBe(kind);
});

test.each([
  "",
  "image",
  "image/x-icon",
  "application/octet-stream",
  "text/a b",
  "text/../x",
  `text/${"x".repeat(200)}`,
])("S105: %j is not taken", (declared) => {
  expect(() => takenType(declared)).toThrow("Files of this type are not taken here.");
});

test.each([
  ["an image", "image/png", [png], "taken"],
  ["an image in pieces", "image/png", [png.subarray(0, 5), png.subarray(5)], "taken"],
  ["another image", "image/jpeg", [png], "attachment_type"],
  ["an archive", docx, [Buffer.from("504b030414000600", "hex")], "taken"],
  ["no archive", docx, [Buffer.from("MZ not an archive")], "attachment_type"],
  ["a PDF", "application/pdf", [Buffer.from("%PDF-1.7\n")], "taken"],
  ["text that begins as a bitmap does", "text/plain", [Buffer.from("BMW is a word")], "taken"],
  ["a character over two chunks", "text/plain", [Buffer.from([0xc3]), Buffer.from([0xa9])], "taken"],
  ["half a character at the end", "text/plain", [Buffer.from([0x61, 0xc3])], "attachment_type"],
  ["a NUL in text", "text/plain", [Buffer.from("a\u0000b")], "attachment_type"],
  ["other bytes as text", "application/json", [Buffer.from([0x7b, 0xff])], "attachment_type"],
  ["nothing as an image", "image/png", [], "attachment_type"],
])("%s", async (_what, type, chunks, outcome) => {
  expect(await checked(type, chunks)).toBe(outcome);
});

test("the beginning of a text may end within a character", async () => {
  expect(await checked("text/plain", [Buffer.from([0x61, 0xc3])], false)).toBe("taken");
});
