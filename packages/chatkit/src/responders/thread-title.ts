// A thread's title from its first message: no model is asked.

import type { StoredThread, UserMessageItem } from "../protocol/index.ts";
import { plainText } from "./user-text.ts";

const maxTitleLength = 60;

/** Names an untitled thread after what its user wrote. A thread that has a title keeps it. */
export function titleThread(thread: StoredThread, message: UserMessageItem | null): void {
  if (thread.title || !message) return;
  const title = shorten(plainText(message), maxTitleLength);
  if (title) thread.title = title;
}

/** At most `maxLength` UTF-16 code units, cut between words where that loses little, never inside a character. */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(
    text.slice(0, maxLength + 1),
  )) {
    if (kept.length + segment.length > maxLength - 1) break;
    kept += segment;
  }
  const lastSpace = kept.lastIndexOf(" ");
  if (lastSpace > maxLength / 2) kept = kept.slice(0, lastSpace);
  return `${kept.trimEnd()}…`;
}
