// Threads, items and attachments as text in a store: a versioned envelope around the JSON (S158). A store keeps text and the few
// columns it orders and selects by, so that members we do not know survive.

import { z } from "zod";

import {
  type StoredAttachment,
  storedAttachmentSchema,
  type StoredItem,
  storedItemSchema,
  type StoredThread,
  storedThreadSchema,
} from "../protocol/items.ts";

const itemEnvelope = z.object({ v: z.literal(1), item: storedItemSchema });
const threadEnvelope = z.object({ v: z.literal(1), thread: storedThreadSchema });
const attachmentEnvelope = z.object({ v: z.literal(1), attachment: storedAttachmentSchema });

export function encodeItem(item: StoredItem): string {
  return JSON.stringify({ v: 1, item });
}

/** The item as it was written, or null if the record cannot be read. */
export function decodeItem(record: string): StoredItem | null {
  const envelope = parseJson(record);
  return itemEnvelope.safeParse(envelope).success ? envelope.item : null;
}

export function encodeThread(thread: StoredThread): string {
  return JSON.stringify({ v: 1, thread });
}

/** The thread as it was written, or null if the record cannot be read. */
export function decodeThread(record: string): StoredThread | null {
  const envelope = parseJson(record);
  return threadEnvelope.safeParse(envelope).success ? envelope.thread : null;
}

export function encodeAttachment(attachment: StoredAttachment): string {
  return JSON.stringify({ v: 1, attachment });
}

/** The attachment as it was written, or null if the record cannot be read. */
export function decodeAttachment(record: string): StoredAttachment | null {
  const envelope = parseJson(record);
  return attachmentEnvelope.safeParse(envelope).success ? envelope.attachment : null;
}

/**
 * A time in microseconds since 1970, by which rows are ordered; times without a zone count as UTC.
 * Text does not order: one instant can be written in many ways.
 */
export function microsecondsOf(time: string): number {
  const zoned = time.endsWith("Z") || /[+-]\d{2}:?\d{2}$/.test(time) ? time : `${time}Z`;
  const ms = Date.parse(zoned);
  if (Number.isNaN(ms)) throw new TypeError("a time is not in ISO 8601 form");
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return Math.floor(ms) * 1000 + Number(fraction.slice(3, 6).padEnd(3, "0"));
}

function parseJson(record: string) {
  try {
    return JSON.parse(record);
  } catch {
    return null;
  }
}
