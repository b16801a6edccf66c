// The list of conversations: open, rename, delete.

import type { ThreadRecord } from "../client/wire-items.ts";
import type { Failure } from "../conversation/conversation.ts";
import type { ChatContext } from "./chat.ts";
import { failureOf } from "./failure.ts";

/** What the vendor's component asks for; a server may answer with fewer and say that there are more. */
const threadsPerPage = 9999;
const maxPages = 50;

export interface HistoryState {
  readonly open: boolean;
  readonly loading: boolean;
  /** Null until the list has been read. */
  readonly threads: readonly ThreadRecord[] | null;
  readonly failure: Failure | null;
}

export interface History {
  /** Opens the list and reads it; what was read before is shown meanwhile. Never rejects: the list shows what failed. */
  showHistory(): Promise<void>;
  hideHistory(): void;
  /** Both reject when the server refuses, and leave the list as it was. */
  renameThread(threadId: string, title: string): Promise<void>;
  deleteThread(threadId: string): Promise<void>;
  /** A thread has been created or changed elsewhere in the chat. */
  noteThread(thread: ThreadRecord): void;
  leave(): void;
}

export const emptyHistory: HistoryState = { open: false, loading: false, threads: null, failure: null };

export function createHistory(
  context: ChatContext,
  { openThread }: { openThread: (threadId: null) => Promise<void> },
): History {
  const { client, emit, get, update } = context;
  let reading: AbortController | null = null;
  const gone = new AbortController();

  return {
    showHistory: async () => {
      if (!get().history.open) {
        patch({ open: true });
        emit("chatkit.history.open");
        emit("chatkit.log", { name: "history.open" });
      }
      await read();
    },

    hideHistory: () => {
      if (!get().history.open) return;
      patch({ open: false, failure: null });
      emit("chatkit.history.close");
      emit("chatkit.log", { name: "history.close" });
    },

    renameThread: (threadId, title) =>
      reportingFailure(async () => {
        const renamed = await client().renameThread(threadId, title, gone.signal);
        noteThread(renamed);
        const { thread } = get().conversation;
        if (thread?.id === threadId) {
          context.change({ type: "received", event: { type: "thread.updated", thread: renamed } });
        }
      }),

    deleteThread: (threadId) =>
      reportingFailure(async () => {
        await client().deleteThread(threadId, gone.signal);
        patch({ threads: get().history.threads?.filter((thread) => thread.id !== threadId) ?? null });
        if (get().conversation.thread?.id === threadId) await openThread(null);
      }),

    noteThread,
    leave: () => reading?.abort(),
  };

  async function read(): Promise<void> {
    reading?.abort();
    const mine = new AbortController();
    reading = mine;
    patch({ loading: true, failure: null });
    try {
      const threads = await readThreads(mine.signal);
      if (reading === mine) patch({ threads });
    } catch (error) {
      if (mine.signal.aborted) return;
      patch({ failure: failureOf(error) });
      reportError(error);
    } finally {
      if (reading === mine) {
        reading = null;
        patch({ loading: false });
      }
    }
  }

  async function readThreads(signal: AbortSignal): Promise<ThreadRecord[]> {
    const threads = new Map<string, ThreadRecord>();
    let after: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const next = await client().listThreads({ limit: threadsPerPage, order: "desc", after }, signal);
      for (const thread of next.data) threads.set(thread.id, thread);
      after = next.after;
      if (!next.has_more || after === undefined) break;
    }
    return [...threads.values()];
  }

  async function reportingFailure(operation: () => Promise<void>): Promise<void> {
    patch({ failure: null });
    try {
      await operation();
    } catch (error) {
      patch({ failure: failureOf(error) });
      reportError(error);
      throw error;
    }
  }

  function noteThread(thread: ThreadRecord): void {
    const { threads } = get().history;
    if (threads === null) return;
    const at = threads.findIndex(({ id }) => id === thread.id);
    patch({ threads: at < 0 ? [thread, ...threads] : threads.with(at, thread) });
  }

  function patch(part: Partial<HistoryState>): void {
    update({ history: { ...get().history, ...part } });
  }

  function reportError(error: unknown): void {
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
