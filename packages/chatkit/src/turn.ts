// What a responder is given about the run it answers.

import type { IdPrefix, NewId } from "./ids.ts";
import type { ItemIdKind, Owner, ThreadStore, Turn, TurnProfile } from "./ports.ts";
import type { StoredItem, StoredThread, UserMessageItem } from "./protocol/items.ts";

const pageLimit = 100;
/** More than any model reads; keeps one call from loading a thread of a hundred thousand items. */
const historyLimit = 1000;

const prefixes: Record<ItemIdKind, IdPrefix> = {
  message: "msg",
  tool_call: "tc",
  task: "tsk",
  workflow: "wf",
  hidden_context: "shcx",
};

export interface TurnFacts {
  readonly runId: string;
  readonly owner: Owner;
  readonly profile: TurnProfile;
  readonly thread: StoredThread;
  readonly userMessage: UserMessageItem | null;
}

export interface TurnOptions extends TurnFacts {
  readonly store: ThreadStore;
  readonly newId: NewId;
  readonly now: () => string;
  readonly signal: AbortSignal;
}

export function createTurn(options: TurnOptions): Turn {
  const { runId, owner, profile, thread, userMessage, store, newId, now, signal } = options;
  const threadId = thread.id;
  return {
    runId,
    owner,
    profile,
    thread,
    userMessage,
    signal,
    now,
    newId: (kind) => newId(prefixes[kind]),
    history: (limit) => loadHistory(store, owner, threadId, Math.min(limit, historyLimit), signal),
  };
}

async function loadHistory(
  store: ThreadStore,
  owner: Owner,
  threadId: string,
  limit: number,
  signal: AbortSignal,
): Promise<StoredItem[]> {
  const newestFirst: StoredItem[] = [];
  let after: string | undefined;
  while (newestFirst.length < limit) {
    const page = await store.listItems(
      owner,
      threadId,
      {
        limit: Math.min(pageLimit, limit - newestFirst.length),
        order: "desc",
        visibleOnly: false,
        ...(after === undefined ? {} : { after }),
      },
      signal,
    );
    newestFirst.push(...page.rows);
    after = page.rows.at(-1)?.id;
    if (!page.hasMore || after === undefined) break;
  }
  return newestFirst.reverse();
}
