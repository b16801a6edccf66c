// The requests that are answered with one JSON body.

import { readDictation } from "./dictations.ts";
import { ChatKitError } from "./errors.ts";
import { itemIdPrefixes, type NewId } from "./ids.ts";
import { codeOf, type ObserveChatKit, traceOf } from "./observe.ts";
import type {
  AttachmentStore,
  Budget,
  ChatKitCaller,
  Owner,
  PageRequest,
  Responder,
  ThreadStore,
} from "./ports.ts";
import { type StoredItem, type StoredThread, storedItemSchema } from "./protocol/items.ts";
import type { PageParams } from "./protocol/page.ts";
import type { JsonRequest } from "./protocol/requests.ts";
import type { RunItems } from "./retried-thread.ts";
import type { Runs } from "./runs.ts";
import { untilAborted } from "./until-aborted.ts";
import { checkWidget } from "./widgets/widget-bounds.ts";
import { createWireForms, wireThread, wireThreadPage } from "./wire-forms.ts";

const defaultLimit = 20;
/** L36. Larger wishes get this many and are told that there is more: the vendor's element asks for 9999 threads. */
const maxLimit = 100;

export interface Operations {
  /** The body of the answer. */
  carryOut(
    caller: ChatKitCaller,
    responder: Responder,
    request: JsonRequest,
    signal: AbortSignal,
  ): Promise<object>;
}

/** The item that sent an action, of whatever kind; null when it names none. Throws `not_found`. */
export type SenderLookup = (
  owner: Owner,
  threadId: string,
  itemId: string | undefined,
  signal: AbortSignal,
) => Promise<StoredItem | null>;

/** Throws `thread_locked` for a thread that takes no writes. */
export type WriteGuard = (thread: StoredThread) => void;

export interface OperationsOptions {
  readonly store: ThreadStore;
  readonly attachments: AttachmentStore | undefined;
  readonly budget: Budget | undefined;
  readonly runs: Runs;
  readonly findSender: SenderLookup;
  readonly guardWrite: WriteGuard;
  readonly observe: ObserveChatKit;
  readonly now: () => string;
  readonly newId: NewId;
  /** The deadline of one store operation. */
  readonly storeSignal: () => AbortSignal;
  /** How long the application may take over one of its functions. */
  readonly answerMs: number;
}

export function createOperations(options: OperationsOptions): Operations {
  const {
    store,
    attachments,
    budget,
    runs,
    findSender,
    guardWrite,
    observe,
    now,
    newId,
    storeSignal,
    answerMs,
  } = options;

  return {
    carryOut(caller, responder, request, signal) {
      const { owner } = caller;
      switch (request.type) {
        case "threads.get_by_id":
          return getThread(owner, request.params.thread_id, signal);
        case "threads.list":
          return listThreads(owner, request.params, signal);
        case "threads.update":
          return renameThread(owner, request.params.thread_id, request.params.title, signal);
        case "threads.delete":
          return deleteThread(owner, request.params.thread_id, signal);
        case "threads.sync_custom_action":
          return actSync(caller, responder, request, signal);
        case "items.list":
          return listItems(owner, request.params, signal);
        case "items.feedback":
          return takeFeedback(caller, responder, request, signal);
        case "attachments.create":
          return createAttachment(owner, request.params, signal);
        case "attachments.delete":
          return deleteAttachment(owner, request.params.attachment_id, signal);
        case "input.transcribe":
          return transcribe(caller, responder, request, signal);
        default:
          return request satisfies never;
      }
    },
  };

  async function getThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<object> {
    const thread = await mustLoadThread(store, owner, threadId, signal);
    const page = { limit: defaultLimit, order: "asc", visibleOnly: true } as const;
    const items = await itemsOf(owner, threadId).listItems(owner, threadId, page, signal);
    return wireThread(thread, createWireForms(owner, attachments).itemPage(items));
  }

  /** What a retry is about to replace is not shown beside what takes its place. */
  function itemsOf(owner: Owner, threadId: string): RunItems {
    return runs.ofThread(owner, threadId)?.items ?? store;
  }

  async function listThreads(owner: Owner, params: PageParams, signal: AbortSignal): Promise<object> {
    return wireThreadPage(await store.listThreads(owner, pageRequest(params), signal));
  }

  async function renameThread(
    owner: Owner,
    threadId: string,
    title: string,
    signal: AbortSignal,
  ): Promise<object> {
    const rename = (stored: StoredThread) => {
      guardWrite(stored);
      return { ...stored, title };
    };
    const renamed = await store.updateThread(owner, threadId, rename, signal);
    // Whoever follows a run of the thread learns of it there.
    runs.ofThread(owner, threadId)?.changes.setTitle(title);
    return wireThread(renamed);
  }

  /** Idempotent. Stops the run of the thread first; nothing is written to the thread afterwards. */
  async function deleteThread(owner: Owner, threadId: string, signal: AbortSignal): Promise<object> {
    const doomed = await runs.withoutRun(owner, threadId, () => store.deleteThread(owner, threadId, signal));
    for (const attachmentId of doomed) await removeBytes(owner, attachmentId);
    return {};
  }

  async function listItems(
    owner: Owner,
    params: PageParams & { readonly thread_id: string },
    signal: AbortSignal,
  ): Promise<object> {
    const page = { ...pageRequest(params), visibleOnly: true };
    const threadId = params.thread_id;
    const rows = await itemsOf(owner, threadId).listItems(owner, threadId, page, signal);
    return createWireForms(owner, attachments).itemPage(rows);
  }

  /** May run beside a turn of the thread: it changes nothing but what the handler saves. */
  async function actSync(
    caller: ChatKitCaller,
    responder: Responder,
    { params, metadata }: Extract<JsonRequest, { type: "threads.sync_custom_action" }>,
    signal: AbortSignal,
  ): Promise<object> {
    const { owner, profile } = caller;
    const { thread_id: threadId, action } = params;
    const thread = await mustLoadThread(store, owner, threadId, signal);
    guardWrite(thread);
    const sender = await findSender(owner, threadId, params.item_id, signal);
    if (sender !== null && sender.type !== "widget") throw new ChatKitError("wrong_item");
    if (responder.actSync === undefined) throw new ChatKitError("not_configured");
    const item = await answered(signal, (patience) =>
      responder.actSync?.({
        owner,
        profile,
        metadata,
        signal: patience,
        thread,
        action,
        sender,
        now,
        newId: (kind) => newId(itemIdPrefixes[kind], threadId),
        async save(changed) {
          patience.throwIfAborted();
          await store.saveItems(owner, threadId, [ownItem(changed, threadId)], storeSignal());
        },
      }),
    );
    if (item == null) return {};
    return { updated_item: createWireForms(owner, attachments).item(ownItem(item, threadId)) };
  }

  async function takeFeedback(
    { owner, profile }: ChatKitCaller,
    responder: Responder,
    { params, metadata }: Extract<JsonRequest, { type: "items.feedback" }>,
    signal: AbortSignal,
  ): Promise<object> {
    const { thread_id: threadId, item_ids: itemIds, kind } = params;
    await answered(signal, (patience) =>
      responder.feedback?.({ owner, profile, metadata, signal: patience }, { threadId, itemIds, kind }),
    );
    return {};
  }

  async function createAttachment(
    owner: Owner,
    wish: { name: string; size: number; mime_type: string },
    signal: AbortSignal,
  ): Promise<object> {
    if (attachments?.create === undefined) throw new ChatKitError("not_configured");
    const attachment = await attachments.create(owner, wish, signal);
    await store.saveAttachment(owner, attachment, signal);
    return createWireForms(owner, attachments).attachment(attachment);
  }

  async function deleteAttachment(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<object> {
    if (attachments === undefined) throw new ChatKitError("not_configured");
    const attachment = await store.loadAttachment(owner, attachmentId, signal);
    if (attachment === null) throw new ChatKitError("not_found");
    try {
      await attachments.delete(owner, attachmentId, signal);
    } catch (thrown) {
      // A refusal is an answer; what merely failed is finished by whoever sweeps.
      if (thrown instanceof ChatKitError) throw thrown;
      await store.doomAttachment(owner, attachmentId, storeSignal());
      reportLeftBehind(attachmentId, thrown);
      return {};
    }
    await store.deleteAttachment(owner, attachmentId, storeSignal());
    return {};
  }

  /** The attachment is doomed already: bytes that cannot be removed now are removed by whoever sweeps. */
  async function removeBytes(owner: Owner, attachmentId: string): Promise<void> {
    const signal = storeSignal();
    try {
      await attachments?.delete(owner, attachmentId, signal);
      await store.deleteAttachment(owner, attachmentId, signal);
    } catch (thrown) {
      reportLeftBehind(attachmentId, thrown);
    }
  }

  function reportLeftBehind(attachmentId: string, thrown: unknown): void {
    observe({ event: "attachment.left_behind", attachmentId, code: codeOf(thrown), error: traceOf(thrown) });
  }

  async function transcribe(
    caller: ChatKitCaller,
    responder: Responder,
    { params, metadata }: Extract<JsonRequest, { type: "input.transcribe" }>,
    signal: AbortSignal,
  ): Promise<object> {
    const dictation = readDictation(params);
    if (responder.transcribe === undefined) throw new ChatKitError("not_configured");
    const { owner, profile } = caller;
    await budget?.admit(caller, signal);
    const text = await answered(signal, (patience) =>
      responder.transcribe?.({ owner, profile, metadata, signal: patience }, dictation),
    );
    return { text };
  }

  /** What an application's function answers in time; one that goes on after that is left to itself. */
  async function answered<Answer>(
    signal: AbortSignal,
    ask: (patience: AbortSignal) => Promise<Answer> | undefined,
  ): Promise<Answer | undefined> {
    const late = AbortSignal.timeout(answerMs);
    try {
      const patience = AbortSignal.any([signal, late]);
      return await untilAborted(async () => ask(patience), patience);
    } catch (thrown) {
      throw late.aborted && thrown === late.reason
        ? new ChatKitError("upstream_timeout", { cause: thrown })
        : thrown;
    }
  }
}

/** An empty id is as good as none. */
export function createSenderLookup(store: ThreadStore): SenderLookup {
  return async (owner, threadId, itemId, signal) => {
    if (itemId === undefined || itemId === "") return null;
    const item = await store.loadItem(owner, threadId, itemId, signal);
    if (item === null) throw new ChatKitError("not_found");
    return item;
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

/** S71, unless the application looks at the state of its threads itself. */
export function createWriteGuard(lockedThreads: "refuse" | "answer"): WriteGuard {
  return ({ status }) => {
    if (lockedThreads === "refuse" && status.type !== "active") throw new ChatKitError("thread_locked");
  };
}

/** Throws when the application's item is none, or another thread's. */
function ownItem(given: StoredItem, threadId: string): StoredItem {
  if (given.type === "widget") checkWidget(given.widget);
  const item = storedItemSchema.parse(given);
  if (item.thread_id === threadId) return item;
  throw new ChatKitError("internal", {
    cause: new TypeError("an action answered an item of another thread"),
  });
}

function pageRequest({ limit, order, after }: PageParams): PageRequest {
  return {
    limit: limit === undefined || limit === 0 ? defaultLimit : Math.min(limit, maxLimit),
    order,
    ...(after === undefined ? {} : { after }),
  };
}
