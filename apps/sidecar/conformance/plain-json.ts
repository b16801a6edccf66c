// Objects of the program as the JSON they would be written as, and JSON as what the program takes it for.

import {
  type Json,
  type JsonObject,
  type StoredAttachment,
  storedAttachmentSchema,
  type StoredItem,
  storedItemSchema,
  type StoredThread,
  storedThreadSchema,
} from "@sidekit/chatkit/protocol";
import { z } from "zod";

import { isObject } from "./match.ts";

/** What the schemas have looked at already. */
const asStored = {
  thread: z.custom<StoredThread>(),
  item: z.custom<StoredItem>(),
  attachment: z.custom<StoredAttachment>(),
};

/** A copy without members that are undefined. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

export function toObject(value: unknown): JsonObject {
  const json = toJson(value);
  if (!isObject(json)) throw new Error("An object was wanted here.");
  return json;
}

/** Times that a case leaves out are the current time; members that the format does not know are kept. */
export function toThread(given: Json): StoredThread {
  const whole = { created_at: new Date().toISOString(), ...toObject(given) };
  return asStored.thread.parse(withUnknown(toJson(storedThreadSchema.parse(whole)), whole));
}

export function toItem(given: Json, threadId: string): StoredItem {
  const whole = { thread_id: threadId, created_at: new Date().toISOString(), ...toObject(given) };
  return asStored.item.parse(withUnknown(toJson(storedItemSchema.parse(whole)), whole));
}

export function toAttachment(given: Json): StoredAttachment {
  return asStored.attachment.parse(withUnknown(toJson(storedAttachmentSchema.parse(given)), given));
}

/** The parsed value with the members that parsing has dropped, unless they are null. */
function withUnknown(parsed: Json, given: Json): Json {
  if (Array.isArray(parsed) && Array.isArray(given)) {
    return parsed.map((entry, index) => withUnknown(entry, given[index] ?? null));
  }
  if (!isObject(parsed) || !isObject(given)) return parsed;
  const whole: JsonObject = { ...parsed };
  for (const [name, value] of Object.entries(given)) {
    const known = parsed[name];
    if (known !== undefined) whole[name] = withUnknown(known, value);
    else if (value !== null) whole[name] = value;
  }
  return whole;
}
