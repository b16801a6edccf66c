// The entries of a conversation, turn by turn: a turn begins with each user message.

import type { Entry } from "../conversation/conversation.ts";

export interface TurnEntries {
  readonly key: string;
  readonly entries: readonly Entry[];
  /** What is judged together. */
  readonly answerIds: readonly string[];
  /** Null when nothing in it tells a time. */
  readonly startedAt: string | null;
}

const judged: ReadonlySet<string> = new Set(["assistant_message", "widget", "client_tool_call"]);

/** By the first entry: a turn in which nothing has changed is the same object again, and is not drawn anew. */
const known = new WeakMap<Entry, TurnEntries>();

export function turnsOf(entries: readonly Entry[]): TurnEntries[] {
  const turns: TurnEntries[] = [];
  let from = 0;
  for (let at = 1; at <= entries.length; at += 1) {
    const entry = entries[at];
    const begins = entry === undefined || (entry.kind === "item" && entry.item.type === "user_message");
    if (!begins) continue;
    turns.push(turnFrom(entries, from, at));
    from = at;
  }
  return entries.length === 0 ? [] : turns;
}

function turnFrom(entries: readonly Entry[], from: number, to: number): TurnEntries {
  const own = entries.slice(from, to);
  const [first] = own;
  const before = first === undefined ? undefined : known.get(first);
  if (before?.entries.length === own.length && before.entries.every((entry, at) => entry === own[at]))
    return before;
  const items = own.flatMap((entry) => (entry.kind === "item" ? [entry.item] : []));
  const answerIds = items.flatMap(({ id, type }) => (judged.has(type) ? [id] : []));
  const turn = { key: first?.key ?? "", entries: own, answerIds, startedAt: items[0]?.created_at ?? null };
  if (first !== undefined) known.set(first, turn);
  return turn;
}
