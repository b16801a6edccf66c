// Which thread is on screen, and how much of it: opens threads, reads them again, and reads what came earlier.

import type { ThreadRecord } from "../client/wire-items.ts";
import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";
import { failureOf } from "./failure.ts";
import type { Recovery } from "./recovery.ts";
import { readEarlier, readThreadEnd } from "./thread-pages.ts";

/** What of the thread came earlier than what is on screen. Null: nothing, or nothing is known of it. */
export type Earlier = { readonly from: string; readonly state: "waiting" | "reading" | "failed" } | null;

export interface Reading {
  /** Reads the thread and shows its end; null is a new conversation. A response that runs goes on without us. */
  openThread(threadId: string | null): Promise<void>;
  /** Shows that a thread is about to be read; `openThread` has to follow. */
  expectThread(threadId: string): void;
  /** Reads the thread on screen, or the one that could not be read, once more. What is on screen stays if that fails. */
  refresh(): Promise<void>;
  /** Shows one page more of what came earlier. Never rejects: what failed shows in `earlier`. */
  readEarlier(): Promise<void>;
  /** Reads the thread on screen again, whatever goes on. */
  reload(): Promise<void>;
  /** The thread that could not be read, when nothing else is on screen. */
  unread(): string | null;
  leave(): void;
}

export function createReading(
  { client, emit, get, change, update }: ChatContext,
  {
    noteThread,
    leaveTurn,
    recovery,
  }: {
    noteThread: (thread: ThreadRecord) => void;
    leaveTurn: () => void;
    recovery: Pick<Recovery, "seekUnanswered" | "leave">;
  },
): Reading {
  let loading: AbortController | null = null;
  let paging: AbortController | null = null;
  /** The thread that was asked for and could not be read. */
  let unreadThreadId: string | null = null;

  return {
    openThread,
    reload,
    expectThread: (threadId) => update({ loadingThreadId: threadId }),

    refresh: async () => {
      if (get().loadingThreadId !== null) throw new SidekitChatError("thread_loading");
      if (get().conversation.run !== null) throw new SidekitChatError("response_running");
      if (get().conversation.thread !== null) await reload();
      else if (unreadThreadId !== null) await openThread(unreadThreadId);
    },

    readEarlier: async () => {
      const { earlier, conversation } = get();
      const threadId = conversation.thread?.id;
      if (earlier === null || earlier.state === "reading" || threadId === undefined) return;
      const mine = new AbortController();
      paging = mine;
      update({ earlier: { ...earlier, state: "reading" } });
      try {
        const page = await readEarlier(client(), threadId, earlier.from, mine.signal);
        if (mine.signal.aborted) return;
        change({ type: "earlierRead", items: page.items });
        update({ earlier: page.earlier === null ? null : { from: page.earlier, state: "waiting" } });
      } catch (error) {
        if (mine.signal.aborted) return;
        update({ earlier: { ...earlier, state: "failed" } });
        emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
      }
    },

    unread: () => (get().conversation.entries.length === 0 ? unreadThreadId : null),
    leave: () => {
      unreadThreadId = get().loadingThreadId;
      loading?.abort();
      paging?.abort();
      recovery.leave();
    },
  };

  async function reload(): Promise<void> {
    const threadId = get().conversation.thread?.id;
    if (threadId !== undefined) await load(threadId);
  }

  async function openThread(threadId: string | null): Promise<void> {
    const before = get().conversation.thread?.id ?? null;
    loading?.abort();
    paging?.abort();
    recovery.leave();
    leaveTurn();
    unreadThreadId = null;
    change({ type: "cleared" });
    update({ earlier: null });
    if (threadId === null) {
      update({ loadingThreadId: null });
      if (before !== null) emit("chatkit.thread.change", { threadId: null });
      return;
    }
    emit("chatkit.thread.load.start", { threadId });
    try {
      const isShown = await load(threadId);
      if (isShown && before !== threadId) emit("chatkit.thread.change", { threadId });
    } catch (error) {
      unreadThreadId = threadId;
      change({ type: "failed", failure: failureOf(error) });
      throw error;
    } finally {
      emit("chatkit.thread.load.end", { threadId });
    }
  }

  /** False when another load has taken its place, or nobody looks any more. */
  async function load(threadId: string): Promise<boolean> {
    const mine = new AbortController();
    loading = mine;
    paging?.abort();
    recovery.leave();
    update({ loadingThreadId: threadId });
    try {
      const { thread, items, earlier } = await readThreadEnd(
        client(),
        threadId,
        oldestShown(threadId),
        mine.signal,
      );
      if (mine.signal.aborted) return false;
      change({ type: "loaded", thread, items });
      update({ earlier: earlier === null ? null : { from: earlier, state: "waiting" } });
      noteThread(thread);
      recovery.seekUnanswered();
      return true;
    } catch (error) {
      if (mine.signal.aborted) return false;
      const { earlier } = get();
      if (earlier?.state === "reading") update({ earlier: { ...earlier, state: "waiting" } });
      emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
      throw error;
    } finally {
      if (loading === mine) {
        loading = null;
        update({ loadingThreadId: null });
      }
    }
  }

  function oldestShown(threadId: string): string | null {
    const { thread, entries } = get().conversation;
    const oldest = entries.find((entry) => entry.kind === "item" && entry.phase === "done");
    return thread?.id === threadId && oldest?.kind === "item" ? oldest.item.id : null;
  }
}
