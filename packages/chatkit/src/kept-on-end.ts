// What is kept of an answer that was cut short: its text so far, and a note that the model reads and the user does not.

import type { NewId } from "./ids.ts";
import type { AssistantMessageItem, StoredItem } from "./protocol/items.ts";

const notes = {
  stopped:
    "The user stopped this answer. What stands above is all that was said; do not continue it unless asked.",
  broken: "A technical problem cut this answer short. What stands above is incomplete.",
} as const;

export interface CutShort {
  readonly ending: "stopped" | "broken";
  readonly threadId: string;
  readonly partials: readonly AssistantMessageItem[];
  readonly newId: NewId;
  readonly now: () => string;
}

/** A stop leaves its note even if nothing had been said; a failure that left no text leaves nothing. */
export function keptOnEnd({ ending, threadId, partials, newId, now }: CutShort): StoredItem[] {
  if (ending === "broken" && partials.length === 0) return [];
  return [
    ...partials,
    {
      id: newId("shcx", threadId),
      thread_id: threadId,
      created_at: now(),
      type: "sdk_hidden_context",
      content: notes[ending],
    },
  ];
}
