// What a responder is given about the run it answers.

import { ChatKitError } from "./errors.ts";
import { itemIdPrefixes, type NewId } from "./ids.ts";
import type { AttachmentStore, Owner, Spending, ThreadStore, Turn, TurnCause, TurnProfile } from "./ports.ts";
import type { JsonObject } from "./protocol/json.ts";
import {
  type StoredItem,
  storedItemSchema,
  type StoredThread,
  type UserMessageItem,
} from "./protocol/items.ts";
import type { RunItems } from "./retried-thread.ts";
import { checkWidget } from "./widgets/widget-bounds.ts";

const pageLimit = 100;
/** More than any model reads; keeps one call from loading a thread of a hundred thousand items. */
const historyLimit = 1000;

export interface TurnFacts {
  readonly runId: string;
  readonly owner: Owner;
  readonly profile: TurnProfile;
  readonly metadata: JsonObject;
  readonly thread: StoredThread;
  readonly cause: TurnCause;
  readonly userMessage: UserMessageItem | null;
  /** Null: nothing is counted. */
  readonly spending: Spending | null;
}

export interface TurnOptions extends TurnFacts {
  readonly store: ThreadStore;
  /** The items of the thread, as the run sees them. */
  readonly items: RunItems;
  readonly attachments: AttachmentStore | undefined;
  readonly newId: NewId;
  readonly now: () => string;
  readonly signal: AbortSignal;
  /** The deadline of one store operation. Not the run's own signal: what has been answered is kept. */
  readonly storeSignal: () => AbortSignal;
}

export function createTurn(options: TurnOptions): Turn {
  const { runId, owner, profile, metadata, thread, cause, userMessage, store, newId, now, signal } = options;
  const { items, attachments, storeSignal, spending } = options;
  const threadId = thread.id;
  return {
    runId,
    owner,
    profile,
    metadata,
    thread,
    cause,
    userMessage,
    signal,
    now,
    newId: (kind) => newId(itemIdPrefixes[kind], threadId),
    history: (limit) => loadHistory(items, owner, threadId, Math.min(limit, historyLimit), signal),
    async keep(given) {
      signal.throwIfAborted();
      if (given.type === "widget") checkWidget(given.widget);
      const item = storedItemSchema.parse(given);
      if (item.thread_id !== threadId) {
        throw new ChatKitError("internal", {
          cause: new TypeError("an item of another thread is not kept here"),
        });
      }
      await items.saveItems(owner, threadId, [item], storeSignal());
    },
    async addTokens(tokens) {
      if (!Number.isSafeInteger(tokens) || tokens < 0) {
        throw new ChatKitError("internal", { cause: new RangeError("tokens are counted in whole numbers") });
      }
      await spending?.addTokens(tokens, storeSignal());
    },
    async readAttachment(attachmentId) {
      const attachment = await store.loadAttachment(owner, attachmentId, storeSignal());
      if (attachment === null || attachments?.read === undefined) throw new ChatKitError("not_found");
      return attachments.read(owner, attachmentId, signal);
    },
  };
}

async function loadHistory(
  items: RunItems,
  owner: Owner,
  threadId: string,
  limit: number,
  signal: AbortSignal,
): Promise<StoredItem[]> {
  const newestFirst: StoredItem[] = [];
  let after: string | undefined;
  while (newestFirst.length < limit) {
    const page = await items.listItems(
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
