// What a conversation looks like on screen: its state, and the one pure function that changes it.

import type { StructuredInputItem, Task, UserMessageItem } from "@sidekit/chatkit/protocol";

import type { ShownEvent } from "../client/wire-events.ts";
import type { ShownItem, ThreadRecord } from "../client/wire-items.ts";
import { inOrder, placeOf, withEntry, withEntryAt } from "./entry-list.ts";
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
  /** What is being waited for beside or without a stream: the connection to it, or an answer that the server stores. */
  readonly awaits: "connection" | "answer" | null;
  /** What a message was answered with before: the server keeps it until something new is stored. */
  readonly former: { readonly questionId: string; readonly entries: readonly ItemEntry[] } | null;
  /** Counts notices, for their keys. */
  readonly noticeCount: number;
}

export type ConversationChange =
  | { readonly type: "cleared" }
  | { readonly type: "loaded"; readonly thread: ThreadRecord; readonly items: readonly ShownItem[] }
  /** A page of what came before everything that is on screen. */
  | { readonly type: "earlierRead"; readonly items: readonly ShownItem[] }
  | { readonly type: "submitted"; readonly message: UserMessageItem }
  | { readonly type: "withdrawn"; readonly key: string }
  /** The server answers this user message once more: what came after it is gone, unless nothing comes of it. */
  | { readonly type: "retrying"; readonly itemId: string }
  | { readonly type: "started" }
  /** The stream has ended with a call of the page; the turn goes on with what the page makes of it. */
  | { readonly type: "handedOver" }
  /** The server has taken what the page made of its newest call, and forgets those that went without an answer. */
  | { readonly type: "callAnswered"; readonly itemId: string }
  | { readonly type: "received"; readonly event: ShownEvent }
  | { readonly type: "awaiting"; readonly what: Conversation["awaits"] }
  /** The answer is told from its start once more. */
  | { readonly type: "rejoined" }
  /** What is stored behind the question; whole when it has what an answer ends with. */
  | {
      readonly type: "answerRead";
      readonly questionId: string;
      readonly items: readonly ShownItem[];
      readonly isWhole: boolean;
    }
  | { readonly type: "ended"; readonly how: "completed" | "stopped" }
  | { readonly type: "failed"; readonly failure: Failure }
  /** Something beside the answer failed; a response that runs goes on. */
  | { readonly type: "disturbed"; readonly failure: Failure }
  | { readonly type: "noticeDismissed"; readonly key: string };

export const emptyConversation: Conversation = {
  thread: null,
  entries: [],
  liveKey: null,
  run: null,
  progress: null,
  failure: null,
  awaits: null,
  former: null,
  noticeCount: 0,
};

export function changeConversation(state: Conversation, change: ConversationChange): Conversation {
  switch (change.type) {
    case "cleared":
      return emptyConversation;
    case "loaded":
      return loaded(state, change.thread, change.items);
    case "earlierRead": {
      const unknown = change.items.filter(({ id }) => placeOf(state.entries, id) < 0);
      const earlier = unknown.map((item): ItemEntry => ({ kind: "item", key: item.id, item, phase: "done" }));
      return { ...state, entries: [...inOrder(earlier), ...state.entries] };
    }
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
      if (at < 0) return state;
      const entries = state.entries.slice(0, at + 1);
      const former = { questionId: change.itemId, entries: state.entries.slice(at + 1).filter(isItem) };
      return { ...state, entries, former, liveKey: entries.at(-1)?.key ?? null };
    }
    case "started":
      return {
        ...state,
        run: { cancellable: true },
        progress: null,
        failure: null,
        awaits: null,
        former: null,
      };
    case "handedOver":
      return { ...settledAs("done", state), run: { cancellable: true }, progress: state.progress };
    case "callAnswered":
      return { ...state, entries: state.entries.flatMap((entry) => answered(entry, change)) };
    case "awaiting":
      return { ...state, awaits: change.what };
    case "rejoined":
      // Notices have no ids: those of the answer come again.
      return { ...state, awaits: null, entries: state.entries.filter(({ kind }) => kind === "item") };
    case "answerRead":
      return answerRead(state, change);
    case "received":
      return received(replaces(change.event) ? { ...state, former: null } : state, change.event);
    case "ended": {
      const isAnswered = change.how === "completed" && state.failure === null;
      return settledAs(change.how === "completed" ? "done" : "cut", isAnswered ? state : withFormer(state));
    }
    case "failed":
      return { ...settledAs("cut", state), failure: change.failure };
    case "disturbed":
      return { ...state, failure: change.failure };
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

/** The newest user message that the server has. */
export function lastStoredQuestion({ entries }: Conversation): UserMessageItem | null {
  for (const entry of entries.toReversed()) {
    if (entry.kind === "item" && entry.item.type === "user_message" && entry.phase === "done")
      return entry.item;
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

/** In the midst of a run its own unfinished items stay, for the server has not stored them yet. */
function loaded(state: Conversation, thread: ThreadRecord, items: readonly ShownItem[]): Conversation {
  const isSame = state.thread?.id === thread.id;
  const known = new Map<string, ItemEntry>();
  if (isSame) for (const entry of state.entries) if (entry.kind === "item") known.set(entry.item.id, entry);
  const sending = state.entries.findLast((entry) => entry.kind === "item" && entry.phase === "sending");
  const arrived = items.findLast(({ id, type }) => type === "user_message" && !known.has(id));
  if (sending?.kind === "item" && arrived !== undefined) {
    known.delete(sending.item.id);
    known.set(arrived.id, sending);
  }
  const read = inOrder(
    items.map((item) => {
      const before = known.get(item.id);
      known.delete(item.id);
      return { kind: "item", key: before?.key ?? item.id, item, phase: "done" };
    }),
  );
  if (!isSame || state.run === null)
    return { ...emptyConversation, thread, entries: read, liveKey: isSame ? state.liveKey : null };
  const unstored = [...known.values()].filter(({ phase }) => phase === "sending" || phase === "streaming");
  return { ...state, thread, entries: unstored.reduce(withEntry, read) };
}

function answerRead(
  state: Conversation,
  { questionId, items, isWhole }: Extract<ConversationChange, { type: "answerRead" }>,
): Conversation {
  const at = placeOf(state.entries, questionId);
  if (at < 0) return state;
  const shown = state.entries.slice(at + 1);
  const keys = new Map(
    shown.flatMap((entry) => (entry.kind === "item" ? [[entry.item.id, entry.key] as const] : [])),
  );
  const read = items.map((item): ItemEntry => ({
    kind: "item",
    key: keys.get(item.id) ?? item.id,
    item,
    phase: "done",
  }));
  const stored = new Set(items.map(({ id }) => id));
  // Words that broke off stay until there are others, and what was not sent stays in any case.
  const kept = shown.filter(
    (entry) =>
      entry.kind === "item" &&
      !stored.has(entry.item.id) &&
      (entry.phase === "sending" || entry.phase === "unsent" || (entry.phase === "cut" && !isWhole)),
  );
  const entries = [...state.entries.slice(0, at + 1), ...inOrder(read), ...kept];
  const isMended = isWhole && kept.length === 0;
  return {
    ...state,
    entries,
    failure: isMended ? null : state.failure,
    awaits: isWhole ? null : state.awaits,
  };
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
        entries: entriesWithUpdate(state.entries, event),
      };
    case "thread.item.removed":
      return {
        ...state,
        entries: entriesWithout(state.entries, event.item_id),
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

function answered(entry: Entry, { itemId }: Extract<ConversationChange, { type: "callAnswered" }>): Entry[] {
  if (entry.kind !== "item" || entry.item.type !== "client_tool_call" || entry.item.status !== "pending")
    return [entry];
  return entry.item.id === itemId ? [{ ...entry, item: { ...entry.item, status: "completed" } }] : [];
}

function entriesWithUpdate(
  entries: readonly Entry[],
  { item_id, update }: Extract<ShownEvent, { type: "thread.item.updated" }>,
): readonly Entry[] {
  const at = placeOf(entries, item_id);
  const entry = entries[at];
  if (entry?.kind !== "item" || entry.phase !== "streaming") return entries;
  return withEntryAt(entries, at, { ...entry, item: itemWithUpdate(entry.item, update) });
}

function entriesWithout(entries: readonly Entry[], itemId: string): readonly Entry[] {
  const at = placeOf(entries, itemId);
  return at < 0 ? entries : entries.toSpliced(at, 1);
}

function withItem(state: Conversation, item: ShownItem, phase: "streaming" | "done"): Conversation {
  const progress = item.type === "assistant_message" || item.type === "other" ? null : state.progress;
  const at = placeFor(state, item);
  const known = state.entries[at];
  const entries =
    known === undefined
      ? withEntry(state.entries, { kind: "item", key: item.id, item, phase })
      : withEntryAt(state.entries, at, { kind: "item", key: known.key, item, phase });
  return { ...state, progress, entries };
}

/** The message on its way is the one the server stores next. */
function placeFor({ entries, liveKey }: Conversation, item: ShownItem): number {
  const at = placeOf(entries, item.id);
  if (at >= 0 || item.type !== "user_message" || liveKey === null) return at;
  // Until it is stored, its key is its id.
  const waiting = placeOf(entries, liveKey);
  const entry = entries[waiting];
  return entry?.kind === "item" && entry.phase === "sending" ? waiting : -1;
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
  return { ...state, entries, run: null, progress: null, awaits: null };
}

/** Once one of these has come, the server has let go of what the message was answered with before. */
function replaces({ type }: ShownEvent): boolean {
  return type === "thread.item.done" || type === "thread.item.replaced" || type === "thread.item.removed";
}

/** Nothing has come of the new answer: the one before is still there. Words that broke off are stored in its place. */
function withFormer(state: Conversation): Conversation {
  const { former } = state;
  const at = former === null ? -1 : placeOf(state.entries, former.questionId);
  if (former === null || at < 0) return state;
  const since = state.entries.slice(at + 1);
  const isSaid = since.some(
    (entry) => entry.kind === "item" && entry.item.type === "assistant_message" && !isBlank(entry.item),
  );
  if (isSaid) return { ...state, former: null };
  const notices = since.filter((entry) => !isItem(entry));
  const entries = [...state.entries.slice(0, at + 1), ...former.entries, ...notices];
  return { ...state, entries, former: null };
}

function isItem(entry: Entry): entry is ItemEntry {
  return entry.kind === "item";
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
