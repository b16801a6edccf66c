// What the ChatKit server needs from outside, and what it promises to whoever provides it.

import type {
  ClientToolCallItem,
  HiddenItem,
  Json,
  StoredAttachment,
  StoredItem,
  StoredThread,
  StreamEvent,
  StructuredInputItem,
  ThreadItem,
  UserMessageItem,
  WidgetItem,
  WireAction,
} from "./protocol/index.ts";

/** Whose data an operation touches. Part of the condition of every store operation. */
export interface Owner {
  readonly tenant: string;
  readonly user: string;
}

export type Order = "asc" | "desc";

export interface PageRequest {
  /** Rows wanted, 1 to 100. */
  readonly limit: number;
  readonly order: Order;
  /** The id of the last row of the page before; the page starts strictly after it. */
  readonly after?: string;
}

export interface StoredPage<Row> {
  readonly rows: Row[];
  readonly hasMore: boolean;
}

/**
 * Durable threads, items and what is known of attachments.
 *
 * A thread, item, attachment or cursor of another owner is missing, never forbidden: reads answer null or an empty
 * page, writes to it throw ChatKitError `not_found`. A resolved write is durable: it survives the death of the process.
 * Rows are ordered by `created_at`, then by the order of first writing; an upsert keeps its place.
 * What is stored may be read back as it was written: unknown members survive.
 * A store that cannot answer throws ChatKitError `store_unavailable`, a full disk `storage_full`.
 */
export interface ThreadStore {
  /**
   * Writes the thread and its first items, all or nothing. A thread of this id that is there already is overwritten,
   * and its other items stay.
   */
  createThread(
    owner: Owner,
    thread: StoredThread,
    items: readonly StoredItem[],
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Writes a message of the user with the attachments that it takes, and its thread when that is new: all or nothing.
   * Throws `not_found` when an attachment is not there any more, or another thread has taken it, and when the thread is
   * gone.
   */
  saveMessage(owner: Owner, sent: SentMessage, signal: AbortSignal): Promise<void>;
  /**
   * Writes what `change` makes of the thread as it is stored, in one step: nothing that is written meanwhile is undone,
   * for which `change` may be called more than once. What it throws refuses the write. Throws `not_found` when there is
   * no such thread: one that has been deleted does not come back.
   */
  updateThread(
    owner: Owner,
    threadId: string,
    change: ThreadChange,
    signal: AbortSignal,
  ): Promise<StoredThread>;
  loadThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<StoredThread | null>;
  /** Throws `not_found` when `after` names no thread of this owner. */
  listThreads(owner: Owner, page: PageRequest, signal: AbortSignal): Promise<StoredPage<StoredThread>>;
  /**
   * Removes thread and items in one step, and in the same step dooms the attachments that name it: they can no longer
   * be loaded. Answers their ids. Silent when there is no such thread.
   */
  deleteThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<string[]>;

  /** Upsert by item id. All items are written, or none. */
  saveItems(owner: Owner, threadId: string, items: readonly StoredItem[], signal: AbortSignal): Promise<void>;
  loadItem(owner: Owner, threadId: string, itemId: string, signal: AbortSignal): Promise<StoredItem | null>;
  /**
   * `visibleOnly` leaves hidden items out before the page is cut, so that a page is full whenever there are rows.
   * `upTo` leaves out what comes after that item, as if the thread ended with it.
   * Throws `not_found` when the thread is not this owner's, or `after` or `upTo` names no item of it.
   */
  listItems(
    owner: Owner,
    threadId: string,
    page: PageRequest & { readonly visibleOnly: boolean; readonly upTo?: string },
    signal: AbortSignal,
  ): Promise<StoredPage<StoredItem>>;
  /** Silent when there is none. */
  deleteItems(owner: Owner, threadId: string, itemIds: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Removes every item that comes after this one, hidden ones too, and writes these instead. Up to 500 items are removed
   * in the same step in which the new ones are written: all of it or nothing. Of more, the newest may be removed before,
   * in steps of their own: what interrupts those leaves a beginning of the thread, and asking again finishes it.
   * Throws `not_found` without the item.
   */
  replaceItemsAfter(
    owner: Owner,
    threadId: string,
    itemId: string,
    items: readonly StoredItem[],
    signal: AbortSignal,
  ): Promise<void>;

  /** Upsert by id. A doomed attachment does not come back: that throws `not_found`. */
  saveAttachment(owner: Owner, attachment: StoredAttachment, signal: AbortSignal): Promise<void>;
  /** Null for a doomed attachment too. */
  loadAttachment(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<StoredAttachment | null>;
  /** From here on it cannot be loaded; its record stays until its bytes are gone. Silent when there is none. */
  doomAttachment(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<void>;
  /** The same, unless a message has taken it. Answers whether it is doomed now. */
  doomUnusedAttachment(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<boolean>;
  /** Removes the record. Silent when there is none. */
  deleteAttachment(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<void>;
  /** The sum of `size` over what this owner has, doomed attachments left out. */
  attachmentBytes(owner: Owner, signal: AbortSignal): Promise<number>;
  /**
   * Of any owner, the oldest first: doomed attachments, and those that no message has taken and that were first saved
   * before this time (milliseconds since 1970). For whoever removes what is left behind.
   */
  listForgottenAttachments(
    options: { readonly unusedBefore: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly owner: Owner; readonly attachmentId: string }[]>;
}

/** A count of both, or a bound for both. */
export interface Usage {
  /** Answers begun, and recordings. */
  readonly requests: number;
  readonly tokens: number;
}

/** What each owner has used on each day. Days are UTC, counted since 1970. Durable, and throws, like a thread store. */
export interface UsageStore {
  /**
   * Adds to what is counted, in one step, if what was counted before is below both bounds; answers whether. Null: adds
   * in any case. Members of `used` may be negative, to take back what was added.
   */
  addUsage(
    owner: Owner,
    day: number,
    used: Usage,
    below: Usage | null,
    signal: AbortSignal,
  ): Promise<boolean>;
  forgetUsage(beforeDay: number, signal: AbortSignal): Promise<void>;
}

/** Says who may still be answered, and is told what that took (S124). */
export interface Budget {
  /**
   * Counts an answer, or a recording, that is to begin. Throws ChatKitError `budget_spent` or `session_budget_spent` with
   * the wait, and what a store throws.
   */
  admit(caller: ChatKitCaller, signal: AbortSignal): Promise<Spending>;
}

export interface Spending {
  /** What the upstream says that one of its responses took. */
  addTokens(tokens: number, signal: AbortSignal): Promise<void>;
  /** Nothing has begun, and nothing was spent. */
  giveBack(signal: AbortSignal): Promise<void>;
}

/** Keeps the id of the thread that it is given. */
export type ThreadChange = (stored: StoredThread) => StoredThread;

export interface SentMessage {
  readonly thread: StoredThread;
  /** The thread does not exist yet. */
  readonly created: boolean;
  readonly message: UserMessageItem;
  /** As they are once the message has taken them: they name its thread. */
  readonly attachments: readonly StoredAttachment[];
}

/**
 * Where the bytes of attachments are. What is known of them is in the thread store, which the server keeps: an
 * implementation answers what to save.
 */
export interface AttachmentStore {
  /**
   * Registers an upload: allocates the id, decides between file and image, says where the bytes go. Absent: uploads
   * cannot be registered by request. Throws ChatKitError with the reason for a refusal.
   */
  create?(
    owner: Owner,
    wish: { readonly name: string; readonly size: number; readonly mime_type: string },
    signal: AbortSignal,
  ): Promise<StoredAttachment>;
  /** Removes the bytes. Silent when there are none. */
  delete(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<void>;
  /** Called before a message takes it. Throws to refuse, such as when the upload is not complete. */
  admit?(owner: Owner, attachment: StoredAttachment, signal: AbortSignal): Promise<void>;
  /** The bytes. Throws `not_found`. Absent: responders cannot read attachments. */
  read?(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<Uint8Array>;
  /** The URL under which a client can load the preview from now on. Asked whenever an image goes out; never stored. */
  previewUrl?(owner: Owner, attachmentId: string): string;
}

/** What a run came to. */
export type RunOutcome = "completed" | "failed" | "stopped";

/**
 * The ordered frames of each run, kept while the run goes on and for a while after.
 *
 * Frames are complete SSE frames in wire form. The end is a status, never a frame. Appending never waits: what has
 * been appended is visible to every reader at once, in order, without a gap.
 */
export interface StreamLog {
  open(runId: string): StreamLogWriter;
  /** Null when the log does not know the run any more. */
  read(runId: string): StreamLogReader | null;
}

export interface StreamLogWriter {
  append(frame: string): void;
  /** Idempotent. Readers see everything appended before it, then the end. */
  end(outcome: RunOutcome): void;
}

export interface StreamLogReader {
  /**
   * The frames after the last take as one string, each of them whole and about `maxChars` UTF-16 code units of them at
   * most; empty only when there is nothing new.
   */
  take(maxChars: number): string;
  /** True once everything has been taken and the run has ended. */
  readonly finished: boolean;
  /** True once there is nothing more to take although the run has not ended: the reader has fallen too far behind. */
  readonly lost: boolean;
  /** Calls back once, on a later tick, when there is something to take or the run has ended. */
  whenReady(notify: () => void): void;
  /** The reader leaves; no callback comes after this. Idempotent. */
  close(): void;
}

/** What every function of a responder is given. */
export interface CallContext {
  readonly owner: Owner;
  /** The profile of the session, already looked up: which model to use and how to behave. */
  readonly profile: TurnProfile;
  /** What the client sent beside the request, at most 4 KiB. Untrusted; stored nowhere. */
  readonly metadata: Readonly<Record<string, Json>>;
  /** Aborted when the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

/** What the application is told about the run it answers. */
export interface Turn extends CallContext {
  readonly runId: string;
  /** May be changed; a change of title, status, image domains or metadata is stored and announced. */
  readonly thread: StoredThread;
  /** What the turn answers. */
  readonly cause: TurnCause;
  /** Null in a turn that does not answer a user message. */
  readonly userMessage: UserMessageItem | null;
  /** The newest items of the thread, oldest first, hidden ones and the user message included. */
  history(limit: number): Promise<StoredItem[]>;
  /**
   * Stores an item of this thread and shows nothing of it, such as a note for the model or work that a later turn goes
   * on with. Never an item that a client has to know of.
   */
  keep(item: StoredItem): Promise<void>;
  /** Counts what an upstream says that one response took, for the budgets. To be called once for each response. */
  addTokens(tokens: number): Promise<void>;
  /** Throws `not_found` when it is not an attachment of this owner, or when bytes cannot be read here. */
  readAttachment(attachmentId: string): Promise<Uint8Array>;
  /** A fresh identifier with 128 random bits, such as `msg_…`. */
  newId(kind: ItemIdKind): string;
  /** A new item's `created_at`: ISO 8601, UTC, later than any before it in this process. */
  now(): string;
  /** Aborted when the run is stopped. The responder has 5 s to come to an end, then it is abandoned. */
  readonly signal: AbortSignal;
}

export type TurnCause =
  /** The answer to a retry takes the place of what came after the message once something of it is stored. */
  | { readonly kind: "user_message"; readonly retry: boolean }
  /** As it was completed: with its output. */
  | { readonly kind: "client_tool_output"; readonly call: ClientToolCallItem }
  /** As it was resolved: with its answers. */
  | { readonly kind: "structured_input"; readonly item: StructuredInputItem }
  /** `sender` is the stored widget, or null when the page itself acted. */
  | { readonly kind: "action"; readonly action: WireAction; readonly sender: WidgetItem | null };

export type ItemIdKind = "message" | "tool_call" | "task" | "workflow" | "hidden_context";

export interface TurnProfile {
  readonly name: string;
  readonly model: string;
  /** The developer's words to the model; empty when there are none. */
  readonly instructions: string;
  /** Models and composer tools that a message may ask for by id (S74). */
  readonly offers: { readonly models: readonly string[]; readonly tools: readonly string[] };
}

/** What a synchronous action is given: it runs beside a turn of the thread and must not touch more than its widget. */
export interface SyncActionCall extends CallContext {
  readonly thread: Readonly<StoredThread>;
  readonly action: WireAction;
  readonly sender: WidgetItem | null;
  newId(kind: ItemIdKind): string;
  now(): string;
  /** Stores an item of this thread. What is answered is shown, but only what is saved is there after a reload. */
  save(item: StoredItem): Promise<void>;
}

export interface Feedback {
  readonly threadId: string;
  readonly itemIds: readonly string[];
  readonly kind: "positive" | "negative";
}

export interface Dictation {
  readonly bytes: Uint8Array;
  /** As the client gave it, such as `audio/webm;codecs=opus`. */
  readonly mimeType: string;
  /** Without parameters, in lower case, such as `audio/webm`. */
  readonly mediaType: string;
}

/**
 * The application behind the protocol. `respond` and `act` yield events in the order in which they are to be seen; an
 * item is stored when its `thread.item.done` is yielded, before the event is forwarded. What they throw becomes an
 * `error` event: `turnError` as it says, another ChatKitError by its row, anything else `stream.error`.
 * What the other functions throw is a refusal of the request: `refusal` with its status, anything else 500.
 */
export interface Responder {
  respond(turn: Turn): AsyncIterable<ResponderEvent>;
  /** An action of a widget or of the page, answered with events. Absent: an `error` event. */
  act?(turn: Turn & { readonly cause: { readonly kind: "action" } }): AsyncIterable<ResponderEvent>;
  /** An action that only changes its widget. Null: nothing to show. Absent: refused with 501. */
  actSync?(call: SyncActionCall): Promise<ThreadItem | null>;
  /** Thumbs up or down. Nothing has been checked about the ids. Absent: taken and forgotten. */
  feedback?(context: CallContext, feedback: Feedback): Promise<void>;
  /** Speech to text. Absent: refused with 501. */
  transcribe?(context: CallContext, dictation: Dictation): Promise<string>;
  /** Absent: a stop button is shown. */
  streamOptions?(context: CallContext, thread: Readonly<StoredThread>): { readonly allowCancel: boolean };
}

/** A stream event as a responder yields it: the server adds what only the server may say. */
export type ResponderEvent =
  | Exclude<
      StreamEvent,
      {
        type:
          | "thread.created"
          | "thread.updated"
          | "stream_options"
          | "thread.item.added"
          | "thread.item.done"
          | "thread.item.replaced";
      }
    >
  | {
      type: "thread.item.added" | "thread.item.done" | "thread.item.replaced";
      item: ThreadItem | HiddenItem;
    };

/** Who sends a request, as proven by its client secret. */
export interface ChatKitCaller {
  readonly owner: Owner;
  readonly sessionId: string;
  /** Milliseconds since 1970. Absent: not known. */
  readonly sessionEndsAtMs?: number;
  readonly profile: TurnProfile;
  readonly responder: string;
}
