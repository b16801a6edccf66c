// The chat without its looks: one conversation, the list of conversations, and what can be done with them.

import type { ChatKitEvents, ChatKitOptions } from "@openai/chatkit";

import type { ProtocolClient } from "../client/protocol-client.ts";
import {
  changeConversation,
  type Conversation,
  type ConversationChange,
  emptyConversation,
} from "../conversation/conversation.ts";
import type { ShownEvent } from "../client/wire-events.ts";
import { gather } from "../conversation/gathered-events.ts";
import { SidekitChatError } from "../errors.ts";
import { type Asides, createAsides, type FeedbackKind } from "./asides.ts";
import type { ComposerOptions } from "./choices.ts";
import { type Composer, type ComposerState, createComposer, emptyComposer } from "./composer.ts";
import { type ComposerFile, createFiles, type Files } from "./files.ts";
import { createHistory, emptyHistory, type History, type HistoryState } from "./history.ts";
import { randomId } from "./random-id.ts";
import { createStore } from "./store.ts";
import { createSurfacing } from "./surfacing.ts";
import { failureOf } from "./failure.ts";
import { readWholeThread } from "./whole-thread.ts";
import { createTurns, type Turns } from "./turns.ts";

export interface ChatState {
  readonly conversation: Conversation;
  /** The thread that is being read. */
  readonly loadingThreadId: string | null;
  readonly history: HistoryState;
  readonly composer: ComposerState;
  /** What goes with the draft. */
  readonly files: readonly ComposerFile[];
  /** How the user judged answers, by the id of the answer's last item. */
  readonly feedback: Readonly<Record<string, FeedbackKind>>;
}

/** Tells the page; the names and details are the vendor's. */
export type Emit = <Name extends keyof ChatKitEvents>(
  name: Name,
  ...detail: ChatKitEvents[Name] extends CustomEvent<infer Detail>
    ? Detail extends void
      ? []
      : [Detail]
    : never
) => void;

export interface ChatOptions {
  /** The client for the options of the moment; throws SidekitChatError when they name no server. */
  readonly client: () => ProtocolClient;
  /** Told what the vendor's element would tell a page. */
  readonly emit?: Emit;
  /** The page's handler of the moment. */
  readonly clientTool?: () => ChatKitOptions["onClientTool"];
  /** The page's offers of the moment. */
  readonly composerOptions?: () => ComposerOptions;
  readonly newId?: () => string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What the parts of the chat share. */
export interface ChatContext {
  readonly client: () => ProtocolClient;
  readonly emit: Emit;
  /** Whoever waits for the error already deals with it: it does not come to the surface. */
  readonly know: (error: unknown) => void;
  readonly clientTool: () => ChatKitOptions["onClientTool"];
  readonly composerOptions: () => ComposerOptions;
  readonly newId: () => string;
  readonly now: () => number;
  readonly get: () => ChatState;
  readonly change: (change: ConversationChange) => void;
  /** What a stream brings is shown frame by frame, not token by token. */
  readonly receive: (event: ShownEvent) => void;
  readonly update: (part: Partial<ChatState>) => void;
}

export interface Chat extends Omit<Turns, "leave">, Omit<History, "noteThread">, Asides, Files, Composer {
  getState(): ChatState;
  subscribe(listener: () => void): () => void;
  /** Reads the thread and shows it; null is a new conversation. A response that runs goes on without us. */
  openThread(threadId: string | null): Promise<void>;
  /** Shows that a thread is about to be read; `openThread` has to follow. */
  expectThread(threadId: string): void;
  /** Reads the thread on screen, or the one that could not be read, once more. What is on screen stays if that fails. */
  refresh(): Promise<void>;
  /** The words of a recording. Rejects with SidekitChatError, or with the signal's reason. */
  transcribe(recording: Blob, signal: AbortSignal): Promise<string>;
  dismissNotice(key: string): void;
  /** The view is gone: nothing is read any more, and nothing is stopped. */
  leave(): void;
}

export function createChat({
  client,
  emit: emitToPage = () => {},
  clientTool = () => undefined,
  composerOptions = () => undefined,
  newId = randomId,
  now = Date.now,
}: ChatOptions): Chat {
  let waiting: ShownEvent[] = [];
  const store = createStore<ChatState>(
    {
      conversation: emptyConversation,
      loadingThreadId: null,
      history: emptyHistory,
      composer: emptyComposer,
      files: [],
      feedback: {},
    },
    (state) => {
      const news = waiting;
      waiting = [];
      const conversation = news.reduce(
        (before, event) => changeConversation(before, { type: "received", event }),
        state.conversation,
      );
      return { ...state, conversation };
    },
  );
  const { emit, know, wrap } = createSurfacing(emitToPage, (error) =>
    context.change({ type: "disturbed", failure: { ...failureOf(error), canRetry: false } }),
  );
  let loading: AbortController | null = null;
  /** The thread that was asked for and could not be read. */
  let unreadThreadId: string | null = null;

  const context: ChatContext = {
    client,
    emit,
    know,
    clientTool,
    composerOptions,
    newId,
    now,
    get: store.get,
    change: (change) => {
      const state = store.get();
      store.set({ ...state, conversation: changeConversation(state.conversation, change) });
    },
    receive: (event) => {
      gather(waiting, event);
      store.noteNews();
    },
    update: (part) => store.set({ ...store.get(), ...part }),
  };
  const history = createHistory(context, { openThread });
  const turns = createTurns(context, { noteThread: history.noteThread, reload });
  const files = createFiles(context);

  const asides = createAsides(context);
  const composer = createComposer(context, { send: turns.send, files });

  return {
    ...turns,
    ...history,
    ...asides,
    ...files,
    ...composer,
    getState: store.get,
    subscribe: store.subscribe,
    send: wrap(turns.send),
    stop: wrap(turns.stop),
    answerForm: wrap(turns.answerForm),
    act: wrap(turns.act),
    actSync: wrap(asides.actSync),
    judge: wrap(asides.judge),
    submit: wrap(composer.submit),
    submitPrompt: wrap(composer.submitPrompt),
    addFiles: wrap(files.addFiles),
    retryFile: wrap(files.retryFile),
    removeFile: wrap(files.removeFile),
    showHistory: wrap(history.showHistory),
    renameThread: wrap(history.renameThread),
    deleteThread: wrap(history.deleteThread),
    openThread: wrap(openThread),
    expectThread: (threadId) => context.update({ loadingThreadId: threadId }),
    retry: wrap(() => {
      const isUnread = unreadThreadId !== null && store.get().conversation.entries.length === 0;
      return isUnread ? openThread(unreadThreadId) : turns.retry();
    }),
    refresh: wrap(async () => {
      const threadId = store.get().conversation.thread?.id;
      if (store.get().loadingThreadId !== null) throw new SidekitChatError("thread_loading");
      if (store.get().conversation.run !== null) throw new SidekitChatError("response_running");
      if (threadId !== undefined) await load(threadId);
      else if (unreadThreadId !== null) await openThread(unreadThreadId);
    }),
    transcribe: async (recording, signal) => client().transcribe(recording, signal),
    dismissNotice: (key) => context.change({ type: "noticeDismissed", key }),
    leave: () => {
      unreadThreadId = store.get().loadingThreadId;
      loading?.abort();
      turns.leave();
      history.leave();
    },
  };

  async function reload(): Promise<void> {
    const threadId = store.get().conversation.thread?.id;
    if (threadId !== undefined) await load(threadId);
  }

  async function openThread(threadId: string | null): Promise<void> {
    const before = store.get().conversation.thread?.id ?? null;
    loading?.abort();
    turns.leave();
    unreadThreadId = null;
    context.change({ type: "cleared" });
    if (threadId === null) {
      context.update({ loadingThreadId: null });
      if (before !== null) emit("chatkit.thread.change", { threadId: null });
      return;
    }
    emit("chatkit.thread.load.start", { threadId });
    try {
      const isShown = await load(threadId);
      if (isShown && before !== threadId) emit("chatkit.thread.change", { threadId });
    } catch (error) {
      unreadThreadId = threadId;
      context.change({ type: "failed", failure: failureOf(error) });
      throw error;
    } finally {
      emit("chatkit.thread.load.end", { threadId });
    }
  }

  /** False when another load has taken its place, or nobody looks any more. */
  async function load(threadId: string): Promise<boolean> {
    const mine = new AbortController();
    loading = mine;
    context.update({ loadingThreadId: threadId });
    try {
      const { thread, items } = await readWholeThread(client(), threadId, mine.signal);
      if (mine.signal.aborted) return false;
      context.change({ type: "loaded", thread, items });
      history.noteThread(thread);
      return true;
    } catch (error) {
      if (mine.signal.aborted) return false;
      emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
      throw error;
    } finally {
      if (loading === mine) {
        loading = null;
        context.update({ loadingThreadId: null });
      }
    }
  }
}
