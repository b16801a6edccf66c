// What a user wrote, as one line of plain text.

import type { UserMessageItem } from "../protocol/index.ts";

/** Control characters, and those that change the direction of the text around them. */
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const invisible = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]+/g;

export function plainText(message: UserMessageItem): string {
  return message.content
    .map((part) => (part.type === "input_text" ? part.text : `@${part.text}`))
    .join("")
    .replaceAll(invisible, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
