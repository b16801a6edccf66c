// What a conversation looks like on screen: its state, and the one pure function that changes it.

import type { StructuredInputItem, Task, UserMessageItem } from "@sidekit/chatkit/protocol";

import type { ShownEvent } from "../client/wire-events.ts";
import type { ShownItem, ThreadRecord } from "../client/wire-items.ts";
import { itemWithUpdate } from "./item-update.ts";

/** A server may send any number of notices; the newest are kept. */
const maxNotices = 50;

export interface ItemEntry {
  readonly kind: "item";
  /** Identifies the entry on screen, also when the stored message takes the place of the one just typed. */
  readonly key: string;
  readonly item: ShownItem;
  /**
   * sending: not known to the server yet. unsent: the turn ended without the server having confirmed it.
   * cut: its stream ended before it was done.
   */
  readonly phase: "sending" | "unsent" | "streaming" | "done" | "cut";
}

export interface NoticeEntry {
  readonly kind: "notice";
  readonly key: string;
  readonly level: "info" | "warning" | "danger";
  readonly title: string | null;
  readonly message: string;
}

export type Entry = ItemEntry | NoticeEntry;

export interface Failure {
  /** The wire's code of the failure, or this element's own. */
  readonly code: string;
  /** The server's sentence. */
  readonly message: string | null;
  readonly canRetry: boolean;
}

export interface Conversation {
  readonly thread: ThreadRecord | null;
  readonly entries: readonly Entry[];
  /** The user message that was sent from here last: its turn gets the room to be read from the top. */
  readonly liveKey: string | null;
  readonly run: { readonly cancellable: boolean } | null;
  readonly progress: { readonly text: string; readonly icon: string | null } | null;
  readonly failure: Failure | null;
  /** Counts notices, for their keys. */
  readonly noticeCount: number;
}

export type ConversationChange =
  | { readonly type: "cleared" }
  | { readonly type: "loaded"; readonly thread: ThreadRecord; readonly items: readonly ShownItem[] }
  | { readonly type: "submitted"; readonly message: UserMessageItem }
  | { readonly type: "withdrawn"; readonly key: string }
  /** The server answers this user message once more: what came after it is gone. */
  | { readonly type: "retrying"; readonly itemId: string }
  | { readonly type: "started" }
  /** The stream has ended with a call of the page; the turn goes on with what the page makes of it. */
  | { readonly type: "handedOver" }
  | { readonly type: "received"; readonly event: ShownEvent }
  | { readonly type: "ended"; readonly how: "completed" | "stopped" }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "noticeDismissed"; readonly key: string };

export const emptyConversation: Conversation = {
  thread: null,
  entries: [],
  liveKey: null,
  run: null,
  progress: null,
  failure: null,
  noticeCount: 0,
};

export function changeConversation(state: Conversation, change: ConversationChange): Conversation {
  switch (change.type) {
    case "cleared":
      return emptyConversation;
    case "loaded":
      return loaded(state, change.thread, change.items);
    case "submitted": {
      const entry: ItemEntry = {
        kind: "item",
        key: change.message.id,
        item: change.message,
        phase: "sending",
      };
      const settled = state.entries.filter((kept) => kept.kind === "item");
      return { ...state, entries: [...settled, entry], liveKey: entry.key, failure: null };
    }
    case "withdrawn":
    case "noticeDismissed":
      return { ...state, entries: state.entries.filter((entry) => entry.key !== change.key) };
    case "retrying": {
      const at = state.entries.findIndex((entry) => entry.kind === "item" && entry.item.id === change.itemId);
      const entries = at < 0 ? state.entries : state.entries.slice(0, at + 1);
      return { ...state, entries, liveKey: entries.at(-1)?.key ?? null };
    }
    case "started":
      return { ...state, run: { cancellable: true }, progress: null, failure: null };
    case "handedOver":
      return { ...settledAs("done", state), run: { cancellable: true }, progress: state.progress };
    case "received":
      return received(state, change.event);
    case "ended":
      return settledAs(change.how === "completed" ? "done" : "cut", state);
    case "failed":
      return { ...settledAs("cut", state), failure: change.failure };
    default:
      return change satisfies never;
  }
}

/** The newest user message, stored or not. */
export function lastUserEntry(state: Conversation): (ItemEntry & { readonly item: UserMessageItem }) | null {
  for (const entry of state.entries.toReversed()) {
    if (entry.kind === "item" && entry.item.type === "user_message") return { ...entry, item: entry.item };
  }
  return null;
}

/** The questions that wait for the user; a message sent since has passed them over. */
export function pendingForm({ entries }: Conversation): StructuredInputItem | null {
  for (const entry of entries.toReversed()) {
    if (entry.kind !== "item") continue;
    if (entry.item.type === "user_message") return null;
    if (entry.item.type === "structured_input" && entry.phase === "done")
      return entry.item.status === "pending" && entry.item.inputs.length > 0 ? entry.item : null;
  }
  return null;
}

function loaded(state: Conversation, thread: ThreadRecord, items: readonly ShownItem[]): Conversation {
  const isSame = state.thread?.id === thread.id;
  const keys = new Map<string, string>();
  if (isSame)
    for (const entry of state.entries) if (entry.kind === "item") keys.set(entry.item.id, entry.key);
  const entries = items.reduce<readonly Entry[]>(
    (sorted, item) =>
      placed(sorted, { kind: "item", key: keys.get(item.id) ?? item.id, item, phase: "done" }),
    [],
  );
  return { ...emptyConversation, thread, entries, liveKey: isSame ? state.liveKey : null };
}

function received(state: Conversation, event: ShownEvent): Conversation {
  switch (event.type) {
    case "thread.created":
    case "thread.updated":
      return { ...state, thread: event.thread };
    case "thread.item.added":
      return withItem(state, event.item, "streaming");
    case "thread.item.done":
    case "thread.item.replaced":
      return withItem(state, event.item, "done");
    case "thread.item.updated":
      return {
        ...state,
        progress: event.update.type.startsWith("assistant_message.") ? null : state.progress,
        entries: state.entries.map((entry) => {
          if (entry.kind !== "item" || entry.item.id !== event.item_id || entry.phase !== "streaming")
            return entry;
          return { ...entry, item: itemWithUpdate(entry.item, event.update) };
        }),
      };
    case "thread.item.removed":
      return {
        ...state,
        entries: state.entries.filter((entry) => entry.kind !== "item" || entry.item.id !== event.item_id),
      };
    case "stream_options":
      return { ...state, run: state.run && { cancellable: event.stream_options.allow_cancel } };
    case "progress_update":
      return { ...state, progress: { text: event.text, icon: event.icon ?? null } };
    case "notice":
      return withNotice(state, event);
    case "error": {
      const failure = { code: event.code, message: event.message ?? null, canRetry: event.allow_retry };
      return { ...state, failure };
    }
    case "client_effect":
      return state;
    default:
      return event satisfies never;
  }
}

function withItem(state: Conversation, item: ShownItem, phase: "streaming" | "done"): Conversation {
  const progress = item.type === "assistant_message" || item.type === "other" ? null : state.progress;
  const at = state.entries.findIndex((entry) => entry.kind === "item" && isPlaceOf(entry, item));
  const known = state.entries[at];
  if (known === undefined) {
    return {
      ...state,
      progress,
      entries: placed(state.entries, { kind: "item", key: item.id, item, phase }),
    };
  }
  return {
    ...state,
    progress,
    entries: state.entries.with(at, { kind: "item", key: known.key, item, phase }),
  };
}

/** The message on its way is the one the server stores next. */
function isPlaceOf(entry: ItemEntry, item: ShownItem): boolean {
  return entry.item.id === item.id || (entry.phase === "sending" && item.type === "user_message");
}

/** Items stand in the order of their time; without a time to go by, in the order of arrival. */
function placed(entries: readonly Entry[], added: ItemEntry): readonly Entry[] {
  const time = Date.parse(added.item.created_at);
  let at = entries.length;
  for (let before = at - 1; !Number.isNaN(time) && before >= 0; before -= 1) {
    const entry = entries[before];
    // Notices have no time; they stay behind what they came after.
    if (entry?.kind === "notice") continue;
    if (!isLater(entry, time)) break;
    at = before;
  }
  return entries.toSpliced(at, 0, added);
}

function isLater(entry: Entry | undefined, time: number): boolean {
  // A message on its way bears this computer's time, which says nothing about the server's.
  if (entry?.kind !== "item" || entry.phase === "sending" || entry.phase === "unsent") return false;
  return Date.parse(entry.item.created_at) > time;
}

function withNotice(state: Conversation, event: Extract<ShownEvent, { type: "notice" }>): Conversation {
  const noticeCount = state.noticeCount + 1;
  const notice: NoticeEntry = {
    kind: "notice",
    key: `notice-${noticeCount}`,
    level: event.level,
    title: event.title ?? null,
    message: event.message,
  };
  const notices = state.entries.filter((entry) => entry.kind === "notice");
  const oldest = notices.length < maxNotices ? undefined : notices[0];
  return { ...state, noticeCount, entries: [...state.entries.filter((entry) => entry !== oldest), notice] };
}

/** The stream is over: nothing of the turn is in progress any more. */
function settledAs(phase: "done" | "cut", state: Conversation): Conversation {
  const entries = state.entries.flatMap((entry): Entry[] => {
    if (entry.kind !== "item") return [entry];
    if (entry.phase === "sending") return [{ ...entry, phase: "unsent" }];
    if (entry.phase !== "streaming") return [entry];
    return isBlank(entry.item) ? [] : [{ ...entry, item: atRest(entry.item), phase }];
  });
  return { ...state, entries, run: null, progress: null };
}

/** What says nothing is not kept by any server, so it leaves the screen as well. */
function isBlank(item: ShownItem): boolean {
  if (item.type === "workflow")
    return item.workflow.tasks.length === 0 && item.workflow.summary === undefined;
  return item.type === "assistant_message" && item.content.every(({ text }) => text.trim() === "");
}

function atRest(item: ShownItem): ShownItem {
  if (item.type === "task") return { ...item, task: taskAtRest(item.task) };
  if (item.type !== "workflow") return item;
  return { ...item, workflow: { ...item.workflow, tasks: item.workflow.tasks.map(taskAtRest) } };
}

/** Whoever worked on it does so no longer, and did not say that it was finished. */
function taskAtRest(task: Task): Task {
  return task.status_indicator === "loading" ? { ...task, status_indicator: "none" } : task;
}
