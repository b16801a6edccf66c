// What the ChatKit server needs from outside, and what it promises to whoever provides it.

import type {
  HiddenItem,
  StoredItem,
  StoredThread,
  StreamEvent,
  ThreadItem,
  UserMessageItem,
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
 * Durable threads and items.
 *
 * A thread, item or cursor of another owner is missing, never forbidden: reads answer null or an empty page,
 * writes to it throw ChatKitError `not_found`. A resolved write is durable: it survives the death of the process.
 * Rows are ordered by `created_at`, then by the order of first writing; an upsert keeps its place.
 * What is stored may be read back as it was written: unknown members survive.
 * A store that cannot answer throws ChatKitError `store_unavailable`, a full disk `storage_full`.
 */
export interface ThreadStore {
  /** Upsert. */
  saveThread(owner: Owner, thread: StoredThread, signal: AbortSignal): Promise<void>;
  loadThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<StoredThread | null>;
  /** Throws `not_found` when `after` names no thread of this owner. */
  listThreads(owner: Owner, page: PageRequest, signal: AbortSignal): Promise<StoredPage<StoredThread>>;
  /** Removes thread and items in one step. Silent when there is none. */
  deleteThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<void>;

  /** Upsert by item id. All items are written, or none. */
  saveItems(owner: Owner, threadId: string, items: readonly StoredItem[], signal: AbortSignal): Promise<void>;
  loadItem(owner: Owner, threadId: string, itemId: string, signal: AbortSignal): Promise<StoredItem | null>;
  /**
   * `visibleOnly` leaves hidden items out before the page is cut, so that a page is full whenever there are rows.
   * Throws `not_found` when the thread is not this owner's, or `after` names no item of it.
   */
  listItems(
    owner: Owner,
    threadId: string,
    page: PageRequest & { readonly visibleOnly: boolean },
    signal: AbortSignal,
  ): Promise<StoredPage<StoredItem>>;
  /** Silent when there is none. */
  deleteItems(owner: Owner, threadId: string, itemIds: readonly string[], signal: AbortSignal): Promise<void>;
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
  /** All frames after the last take as one string, at most about `maxBytes`; empty when there is nothing new. */
  take(maxBytes: number): string;
  /** True once everything has been taken and the run has ended. */
  readonly finished: boolean;
  /** Calls back once, on a later tick, when there is something to take or the run has ended. */
  whenReady(notify: () => void): void;
  /** The reader leaves; no callback comes after this. Idempotent. */
  close(): void;
}

/** What the application is told about the run it answers. */
export interface Turn {
  readonly runId: string;
  readonly owner: Owner;
  /** The profile of the session, already looked up: which model to use and how to behave. */
  readonly profile: TurnProfile;
  /** May be changed; a change of title, status, image domains or metadata is stored and announced. */
  readonly thread: StoredThread;
  /** Null in a turn that does not begin with a user message. */
  readonly userMessage: UserMessageItem | null;
  /** The newest items of the thread, oldest first, hidden ones and the user message included. */
  history(limit: number): Promise<StoredItem[]>;
  /** A fresh identifier with 128 random bits, such as `msg_…`. */
  newId(kind: ItemIdKind): string;
  /** A new item's `created_at`: ISO 8601, UTC, later than any before it in this process. */
  now(): string;
  /** Aborted when the run is stopped. The responder has 5 s to come to an end, then it is abandoned. */
  readonly signal: AbortSignal;
}

export type ItemIdKind = "message" | "tool_call" | "task" | "workflow" | "hidden_context";

export interface TurnProfile {
  readonly name: string;
  readonly model: string;
  /** The developer's words to the model; empty when there are none. */
  readonly instructions: string;
}

/**
 * Answers one run. Yields events in the order in which they are to be seen; an item is stored when its
 * `thread.item.done` is yielded, before the event is forwarded. What it throws becomes an `error` event:
 * a ChatKitError keeps its code, anything else is `stream.error`.
 */
export type Responder = (turn: Turn) => AsyncIterable<ResponderEvent>;

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
  readonly profile: TurnProfile;
  readonly responder: string;
}
