// The entries of a conversation in their order, found by the id of their item without a search.

import type { Entry, ItemEntry } from "./conversation.ts";

/** A list's index goes along to the list that takes its place; whoever still asks the older one has it made anew. */
const indexes = new WeakMap<readonly Entry[], Map<string, number>>();

/** -1 when there is none. */
export function placeOf(entries: readonly Entry[], itemId: string): number {
  return indexOf(entries).get(itemId) ?? -1;
}

export function withEntryAt(entries: readonly Entry[], at: number, entry: ItemEntry): readonly Entry[] {
  const index = indexOf(entries);
  const before = entries[at];
  if (before?.kind === "item") index.delete(before.item.id);
  index.set(entry.item.id, at);
  return handedOn(index, entries, entries.with(at, entry));
}

/** Items stand in the order of their time; without a time to go by, in the order of arrival. */
export function withEntry(entries: readonly Entry[], added: ItemEntry): readonly Entry[] {
  const at = placeFor(entries, added);
  if (at < entries.length) return entries.toSpliced(at, 0, added);
  const index = indexOf(entries);
  index.set(added.item.id, at);
  return handedOn(index, entries, [...entries, added]);
}

export function inOrder(given: readonly ItemEntry[]): Entry[] {
  const entries: Entry[] = [];
  for (const entry of given) entries.splice(placeFor(entries, entry), 0, entry);
  return entries;
}

function indexOf(entries: readonly Entry[]): Map<string, number> {
  const known = indexes.get(entries);
  if (known !== undefined) return known;
  const index = new Map<string, number>();
  for (const [at, entry] of entries.entries()) if (entry.kind === "item") index.set(entry.item.id, at);
  indexes.set(entries, index);
  return index;
}

function handedOn(index: Map<string, number>, from: readonly Entry[], to: readonly Entry[]) {
  indexes.delete(from);
  indexes.set(to, index);
  return to;
}

function placeFor(entries: readonly Entry[], added: ItemEntry): number {
  const time = Date.parse(added.item.created_at);
  let at = entries.length;
  for (let before = at - 1; !Number.isNaN(time) && before >= 0; before -= 1) {
    const entry = entries[before];
    // Notices have no time; they stay behind what they came after.
    if (entry?.kind === "notice") continue;
    if (!isLater(entry, time)) break;
    at = before;
  }
  return at;
}

function isLater(entry: Entry | undefined, time: number): boolean {
  // A message on its way bears this computer's time, which says nothing about the server's.
  if (entry?.kind !== "item" || entry.phase === "sending" || entry.phase === "unsent") return false;
  return Date.parse(entry.item.created_at) > time;
}
