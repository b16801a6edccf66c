// The requests that are answered with one JSON body.

import { ChatKitError } from "./errors.ts";
import type { Owner, PageRequest, ThreadStore } from "./ports.ts";
import type { StoredThread, Thread, ThreadItem } from "./protocol/items.ts";
import type { Page, PageParams } from "./protocol/page.ts";
import type { Runs } from "./runs.ts";
import { wireItemPage, wireThread, wireThreadPage } from "./wire-forms.ts";

const defaultLimit = 20;
/** L36. Larger wishes get this many and are told that there is more: the vendor's element asks for 9999 threads. */
const maxLimit = 100;

export interface Operations {
  getThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<Thread>;
  listThreads(owner: Owner, params: PageParams, signal: AbortSignal): Promise<Page<Thread>>;
  renameThread(owner: Owner, threadId: string, title: string, signal: AbortSignal): Promise<Thread>;
  /** Idempotent. Stops the run of the thread first; nothing is written to the thread afterwards. */
  deleteThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<Record<string, never>>;
  listItems(
    owner: Owner,
    params: PageParams & { readonly thread_id: string },
    signal: AbortSignal,
  ): Promise<Page<ThreadItem>>;
}

export function createOperations(store: ThreadStore, runs: Runs): Operations {
  return {
    async getThread(owner, threadId, signal) {
      const thread = await mustLoadThread(store, owner, threadId, signal);
      const page = { limit: defaultLimit, order: "asc", visibleOnly: true } as const;
      return wireThread(thread, wireItemPage(await store.listItems(owner, threadId, page, signal)));
    },

    async listThreads(owner, params, signal) {
      return wireThreadPage(await store.listThreads(owner, pageRequest(params), signal));
    },

    async renameThread(owner, threadId, title, signal) {
      const stored = await mustLoadThread(store, owner, threadId, signal);
      refuseIfLocked(stored);
      // A run saves the thread as its responder knows it.
      runs.ofThread(owner, threadId)?.changes.setTitle(title);
      const renamed = { ...stored, title };
      await store.saveThread(owner, renamed, signal);
      return wireThread(renamed);
    },

    async deleteThread(owner, threadId, signal) {
      await runs.withoutRun(owner, threadId, () => store.deleteThread(owner, threadId, signal));
      return {};
    },

    async listItems(owner, params, signal) {
      const page = { ...pageRequest(params), visibleOnly: true };
      return wireItemPage(await store.listItems(owner, params.thread_id, page, signal));
    },
  };
}

export async function mustLoadThread(
  store: ThreadStore,
  owner: Owner,
  threadId: string,
  signal: AbortSignal,
): Promise<StoredThread> {
  const thread = await store.loadThread(owner, threadId, signal);
  if (thread === null) throw new ChatKitError("not_found");
  return thread;
}

/** S71. */
export function refuseIfLocked(thread: StoredThread): void {
  if (thread.status.type !== "active") throw new ChatKitError("thread_locked");
}

function pageRequest({ limit, order, after }: PageParams): PageRequest {
  return {
    limit: limit === undefined || limit === 0 ? defaultLimit : Math.min(limit, maxLimit),
    order,
    ...(after === undefined ? {} : { after }),
  };
}
