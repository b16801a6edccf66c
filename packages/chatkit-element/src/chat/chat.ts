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
import { type Asides, createAsides, type FeedbackKind } from "./asides.ts";
import type { ComposerOptions } from "./choices.ts";
import { type Composer, type ComposerState, createComposer, emptyComposer } from "./composer.ts";
import { type ComposerFile, createFiles, type Files } from "./files.ts";
import { createHistory, emptyHistory, type History, type HistoryState } from "./history.ts";
import { createRecovery } from "./recovery.ts";
import { randomId } from "./random-id.ts";
import { createStore } from "./store.ts";
import { createSurfacing } from "./surfacing.ts";
import { failureOf } from "./failure.ts";
import { createReading, type Earlier, type Reading } from "./reading.ts";
import { createTurns, type Turns } from "./turns.ts";

export interface ChatState {
  readonly conversation: Conversation;
  /** The thread that is being read. */
  readonly loadingThreadId: string | null;
  readonly earlier: Earlier;
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

export interface Chat
  extends
    Omit<Turns, "leave">,
    Omit<Reading, "reload" | "unread" | "leave">,
    Omit<History, "noteThread">,
    Asides,
    Files,
    Composer {
  getState(): ChatState;
  subscribe(listener: () => void): () => void;
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
      earlier: null,
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
  const history = createHistory(context, { openThread: (threadId) => reading.openThread(threadId) });
  const { noteThread } = history;
  const recovery = createRecovery(context);
  const turns = createTurns(context, { noteThread, recovery, reload: () => reading.reload() });
  const reading = createReading(context, { noteThread, recovery, leaveTurn: turns.leave });
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
    openThread: wrap(reading.openThread),
    expectThread: reading.expectThread,
    readEarlier: wrap(reading.readEarlier),
    refresh: wrap(reading.refresh),
    retry: wrap(() => {
      const unread = reading.unread();
      return unread === null ? turns.retry() : reading.openThread(unread);
    }),
    transcribe: async (recording, signal) => client().transcribe(recording, signal),
    dismissNotice: (key) => context.change({ type: "noticeDismissed", key }),
    leave: () => {
      reading.leave();
      turns.leave();
      history.leave();
    },
  };
}
