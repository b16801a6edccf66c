// Runs that wait for a person's approval, kept in the thread where no client sees them.

import { z } from "zod";

import { turnError } from "../../errors.ts";
import type { Turn } from "../../ports.ts";
import type { HiddenContextItem, StoredItem } from "../../protocol/index.ts";

/** Holds the whole input of the run; one with large attachments does not fit. */
const maxStateCharacters = 1_048_576;
const searchedItems = 100;

const keptRunSchema = z.object({
  kind: z.literal("agent_run"),
  /** The structured input whose answers it waits for. */
  questions: z.string(),
  /** Null once it has gone on: an answer counts once. */
  state: z.string().nullable(),
});

export function isKeptRun(item: StoredItem): item is HiddenContextItem {
  return item.type === "hidden_context_item" && keptRunSchema.safeParse(item.content).success;
}

/** Throws ChatKitError, in words for the user, for a run that is too large to wait. */
export async function keepRun(turn: Turn, questions: string, state: string): Promise<void> {
  if (state.length > maxStateCharacters) {
    throw turnError({
      message: "This needs an approval, but the conversation is too large to wait for one.",
    });
  }
  await turn.keep({
    id: turn.newId("hidden_context"),
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "hidden_context_item",
    content: { kind: "agent_run", questions, state },
  });
}

/** Takes it out, so that it goes on once. Null when none waits for these answers. */
export async function takeRun(turn: Turn, questions: string): Promise<string | null> {
  for (const item of (await turn.history(searchedItems)).toReversed()) {
    if (item.type !== "hidden_context_item") continue;
    const kept = keptRunSchema.safeParse(item.content).data;
    if (kept?.questions !== questions || kept.state === null) continue;
    await turn.keep({ ...item, content: { ...kept, state: null } });
    return kept.state;
  }
  return null;
}
