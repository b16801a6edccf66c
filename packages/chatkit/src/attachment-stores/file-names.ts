// File names are for the eye alone: nothing in them reaches a path, a header or a terminal as it came (S105).

import { ChatKitError } from "../errors.ts";

/** L40. */
const maxNameBytes = 255;
const maxExtensionBytes = 16;
/** Control characters, and those that are invisible or turn the direction of text around. */
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** The last segment of a path, made printable, at most 255 bytes. Throws ChatKitError `attachment_name` if none is left. */
export function displayName(given: string): string {
  const segment = given.toWellFormed().split(/[/\\]/).at(-1)!;
  const name = segment.replace(unseen, "").trim();
  if (name === "" || /^\.+$/.test(name)) throw new ChatKitError("attachment_name");
  return shortened(name);
}

/** A name that is too long loses the end of its stem, and keeps the extension that people go by. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= maxNameBytes) return name;
  const dot = name.lastIndexOf(".");
  const last = dot > 0 ? name.slice(dot) : "";
  const extension = Buffer.byteLength(last) <= maxExtensionBytes ? last : "";
  let stem = "";
  let room = maxNameBytes - Buffer.byteLength(extension);
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    stem += character;
  }
  return stem + extension;
}
