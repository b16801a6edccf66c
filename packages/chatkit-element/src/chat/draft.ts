// What the user is writing: plain text, and which stretches of it are tags. Pure; positions count UTF-16 units.

import type { Entity, UserMessageContent } from "@openai/chatkit";
import type { UserContent } from "@sidekit/chatkit/protocol";

export interface DraftTag {
  readonly start: number;
  readonly entity: Entity;
}

export interface Draft {
  readonly text: string;
  /** In the order of the text; a tag reads as its label. */
  readonly tags: readonly DraftTag[];
  /** Tags whose text was changed, the newest last: undoing the change brings them back. */
  readonly lost: readonly DraftTag[];
}

export interface Edit {
  /** Where the caret stands after the edit: what follows it was there before. */
  readonly caret: number;
  readonly isHistory?: boolean;
  /** A tag that the edit has put into the text. */
  readonly added?: DraftTag | null;
}

/** So many are remembered for undoing. */
const mostLost = 50;

export const emptyDraft: Draft = { text: "", tags: [], lost: [] };

export function tagLabel({ title }: Pick<Entity, "title">): string {
  return `@${title.replaceAll(/\s+/g, " ").trim()}`;
}

export function tagEnd({ start, entity }: DraftTag): number {
  return start + tagLabel(entity).length;
}

/** The draft once its text has become another: tags move with their text, and one whose text was changed is none any more. */
export function retype(draft: Draft, text: string, { caret, isHistory = false, added = null }: Edit): Draft {
  if (draft.tags.length === 0 && draft.lost.length === 0 && added === null) return { ...emptyDraft, text };
  const { from, oldTo, newTo } = changed(draft.text, text, caret);
  const kept: DraftTag[] = added === null ? [] : [added];
  const lost = [...draft.lost];
  for (const tag of draft.tags) {
    const isBefore = tagEnd(tag) <= from;
    const moved = isBefore ? tag : { ...tag, start: tag.start + newTo - oldTo };
    // A tag may have been put in the place of one that reads the same.
    if ((isBefore || tag.start >= oldTo) && fits(moved, text, kept)) kept.push(moved);
    else lost.push(tag);
  }
  const back = isHistory ? lost.filter((tag) => fits(tag, text, kept)) : [];
  return {
    text,
    tags: [...kept, ...back].sort((one, other) => one.start - other.start),
    lost: lost.filter((tag) => !back.includes(tag)).slice(-mostLost),
  };
}

/** The tag that the caret is in or stands right behind. */
export function tagAt(draft: Draft, caret: number): DraftTag | null {
  return draft.tags.find((tag) => tag.start < caret && caret <= tagEnd(tag)) ?? null;
}

export function draftOf(content: string | readonly UserMessageContent[]): Draft {
  if (typeof content === "string") return { ...emptyDraft, text: content };
  let text = "";
  const tags: DraftTag[] = [];
  for (const part of content) {
    if (part.type === "input_tag") {
      const tag = { start: text.length, entity: entityOf(part) };
      tags.push(tag);
      text += tagLabel(tag.entity);
    } else text += part.text;
  }
  return { text, tags, lost: [] };
}

/** As a message carries it, without the white space around it; empty when there is nothing to send. */
export function contentOf({ text, tags }: Draft): UserContent[] {
  const content: UserContent[] = [];
  let at = 0;
  for (const tag of tags) {
    pushText(content, text.slice(at, tag.start));
    content.push(tagOf(tag.entity));
    at = tagEnd(tag);
  }
  pushText(content, text.slice(at));
  return trimmed(content);
}

export function tagOf({ id, title, group, interactive, data }: Entity): UserContent {
  return {
    type: "input_tag",
    id,
    text: title,
    // The page may put anything here; what JSON cannot carry would not arrive.
    data: JSON.parse(JSON.stringify(data ?? {})),
    interactive: interactive ?? false,
    ...(group === undefined ? {} : { group }),
  };
}

/** What the page's callbacks are given for a tag: their own copy. */
export function entityOf(tag: Extract<UserContent | UserMessageContent, { type: "input_tag" }>): Entity {
  return {
    id: tag.id,
    title: tag.text,
    interactive: tag.interactive ?? false,
    data: JSON.parse(JSON.stringify(tag.data ?? {})),
    ...(tag.group === undefined ? {} : { group: tag.group }),
  };
}

function changed(before: string, after: string, caret: number) {
  const most = Math.min(before.length, after.length);
  let same = after.length - caret;
  // Told by the caret, for the same letters may stand before and behind the change.
  if (same < 0 || same > most || before.slice(before.length - same) !== after.slice(caret)) {
    same = 0;
    while (same < most && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  }
  let from = 0;
  while (from < most - same && before[from] === after[from]) from += 1;
  return { from, oldTo: before.length - same, newTo: after.length - same };
}

function fits(tag: DraftTag, text: string, others: readonly DraftTag[]): boolean {
  return (
    text.startsWith(tagLabel(tag.entity), tag.start) &&
    others.every((other) => tagEnd(other) <= tag.start || other.start >= tagEnd(tag))
  );
}

function pushText(content: UserContent[], text: string): void {
  if (text !== "") content.push({ type: "input_text", text });
}

function trimmed(content: readonly UserContent[]): UserContent[] {
  return content.flatMap((part, at): UserContent[] => {
    if (part.type !== "input_text") return [part];
    const begun = at === 0 ? part.text.trimStart() : part.text;
    const text = at === content.length - 1 ? begun.trimEnd() : begun;
    return text === "" ? [] : [{ type: "input_text", text }];
  });
}
