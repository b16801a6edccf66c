// What has to be true and stored before a run answers, for each request that is answered with events (protocol 2).

import { ChatKitError, turnError } from "./errors.ts";
import { eventFrame } from "./frames.ts";
import { mustLoadThread, type SenderLookup, type WriteGuard } from "./operations.ts";
import type { NewId } from "./ids.ts";
import type {
  AttachmentStore,
  ChatKitCaller,
  Owner,
  Responder,
  ResponderEvent,
  ThreadStore,
  Turn,
  TurnCause,
} from "./ports.ts";
import type {
  ClientToolCallItem,
  StoredAttachment,
  StoredItem,
  StoredThread,
  UserMessageItem,
} from "./protocol/items.ts";
import type { StreamingRequest, UserInput } from "./protocol/requests.ts";
import { resolveStructuredInput } from "./structured-answers.ts";
import { createWireForms, wireThread } from "./wire-forms.ts";

/** Of the newest items, those that may hold calls which nobody will answer any more. */
const sweptItems = 100;

/** What a run begins with. */
export interface RunStart {
  readonly thread: StoredThread;
  readonly cause: TurnCause;
  readonly userMessage: UserMessageItem | null;
  /** The message that is answered again: what came after it goes when the run stores its first item. */
  readonly retriedItemId?: string;
  /** Frames that come before those of the responder. */
  readonly prologue: readonly string[];
  readonly answer: (turn: Turn) => AsyncIterable<ResponderEvent>;
}

export interface RunStarts {
  /**
   * Checks the request against what is stored, stores what it brings, and says how the run begins. Called while nothing
   * else can begin a run in this thread. Throws for whatever can be told before the first byte; nothing has been
   * changed then.
   */
  prepare(
    caller: ChatKitCaller,
    responder: Responder,
    request: StreamingRequest,
    threadId: string,
    signal: AbortSignal,
  ): Promise<RunStart>;
}

export interface RunStartsOptions {
  readonly store: ThreadStore;
  readonly attachments: AttachmentStore | undefined;
  readonly findSender: SenderLookup;
  readonly guardWrite: WriteGuard;
  readonly now: () => string;
  readonly newId: NewId;
  /** The deadline of one store operation. */
  readonly storeSignal: () => AbortSignal;
}

export function createRunStarts(options: RunStartsOptions): RunStarts {
  const { store, attachments, findSender, guardWrite, now, newId, storeSignal } = options;

  return {
    async prepare(caller, responder, request, threadId, signal) {
      const { owner } = caller;
      if (request.type === "threads.create") {
        const thread: StoredThread = {
          id: threadId,
          created_at: now(),
          status: { type: "active" },
          metadata: {},
        };
        return beginWithMessage(caller, responder, request, thread, signal);
      }
      const thread = await mustLoadThread(store, owner, threadId, signal);
      guardWrite(thread);
      switch (request.type) {
        case "threads.add_user_message":
          return beginWithMessage(caller, responder, request, thread, signal);
        case "threads.retry_after_item":
          return beginAgain(caller, responder, request, thread, signal);
        case "threads.add_client_tool_output":
          return beginWithOutput(caller, responder, request, thread, signal);
        case "threads.add_structured_input":
          return beginWithAnswers(caller, responder, request, thread, signal);
        case "threads.custom_action":
          return beginWithAction(caller, responder, request, thread, signal);
        default:
          return request satisfies never;
      }
    },
  };

  async function beginWithMessage(
    caller: ChatKitCaller,
    responder: Responder,
    request: Extract<StreamingRequest, { type: "threads.create" | "threads.add_user_message" }>,
    thread: StoredThread,
    signal: AbortSignal,
  ): Promise<RunStart> {
    const { owner } = caller;
    const { input } = request.params;
    const created = request.type === "threads.create";
    const loaded = await loadAttachments(owner, input, thread.id, signal);
    const taken = loaded.map((attachment) => ({ ...attachment, thread_id: thread.id }));
    const userMessage = newUserMessage(thread.id, input, taken);
    await store.saveMessage(owner, { thread, created, message: userMessage, attachments: taken }, signal);
    const wire = createWireForms(owner, attachments);
    return {
      ...answered(caller, responder, request, thread, { kind: "user_message", retry: false }, [
        ...(created ? [eventFrame({ type: "thread.created", thread: wireThread(thread) })] : []),
        eventFrame({ type: "thread.item.done", item: wire.item(userMessage) }),
      ]),
      userMessage,
    };
  }

  async function beginAgain(
    caller: ChatKitCaller,
    responder: Responder,
    request: Extract<StreamingRequest, { type: "threads.retry_after_item" }>,
    thread: StoredThread,
    signal: AbortSignal,
  ): Promise<RunStart> {
    const { owner } = caller;
    const item = await store.loadItem(owner, thread.id, request.params.item_id, signal);
    if (item === null) throw new ChatKitError("not_found");
    if (item.type !== "user_message") throw new ChatKitError("wrong_item");
    const cause = { kind: "user_message", retry: true } as const;
    const start = answered(caller, responder, request, thread, cause);
    return { ...start, userMessage: item, retriedItemId: item.id };
  }

  async function beginWithOutput(
    caller: ChatKitCaller,
    responder: Responder,
    request: Extract<StreamingRequest, { type: "threads.add_client_tool_output" }>,
    thread: StoredThread,
    signal: AbortSignal,
  ): Promise<RunStart> {
    const { owner } = caller;
    const page = { limit: sweptItems, order: "desc", visibleOnly: true } as const;
    const [newest, ...older] = (await store.listItems(owner, thread.id, page, signal)).rows;
    // Hidden items may have been stored since the call; anything else means that the conversation went on without it.
    if (newest === undefined || !isPendingCall(newest)) throw new ChatKitError("not_pending");
    const { result } = request.params;
    const call: ClientToolCallItem = { ...newest, status: "completed", output: result ?? undefined };
    // The others first: whatever fails here leaves the call to be answered.
    const orphans = older.filter(isPendingCall).map(({ id }) => id);
    if (orphans.length > 0) await store.deleteItems(owner, thread.id, orphans, signal);
    await store.saveItems(owner, thread.id, [call], signal);
    return answered(caller, responder, request, thread, { kind: "client_tool_output", call });
  }

  async function beginWithAnswers(
    caller: ChatKitCaller,
    responder: Responder,
    request: Extract<StreamingRequest, { type: "threads.add_structured_input" }>,
    thread: StoredThread,
    signal: AbortSignal,
  ): Promise<RunStart> {
    const { owner } = caller;
    const pending = await store.loadItem(owner, thread.id, request.params.item_id, signal);
    if (pending === null) throw new ChatKitError("not_found");
    if (pending.type !== "structured_input") throw new ChatKitError("wrong_item");
    if (pending.status !== "pending") throw new ChatKitError("not_pending");
    const item = resolveStructuredInput(pending, request.params.input);
    await store.saveItems(owner, thread.id, [item], signal);
    const start = answered(caller, responder, request, thread, { kind: "structured_input", item });
    const wire = createWireForms(owner, attachments);
    const replaced = eventFrame({ type: "thread.item.replaced", item: wire.item(item) });
    return { ...start, prologue: [...start.prologue, replaced] };
  }

  async function beginWithAction(
    caller: ChatKitCaller,
    responder: Responder,
    request: Extract<StreamingRequest, { type: "threads.custom_action" }>,
    thread: StoredThread,
    signal: AbortSignal,
  ): Promise<RunStart> {
    const { action, item_id: senderId } = request.params;
    const sender = await findSender(caller.owner, thread.id, senderId, signal);
    if (sender !== null && sender.type !== "widget") {
      // The one refusal that clients know as an event.
      return {
        thread,
        cause: { kind: "action", action, sender: null },
        userMessage: null,
        prologue: [],
        answer: () => failing(turnError({ code: "stream.error", allowRetry: false })),
      };
    }
    const cause = { kind: "action", action, sender } as const;
    const start = answered(caller, responder, request, thread, cause);
    return {
      ...start,
      answer: (turn) => responder.act?.({ ...turn, cause }) ?? failing(new ChatKitError("not_configured")),
    };
  }

  /** With the options of the stream last in the prologue; a hook that fails ends the run with an error instead. */
  function answered(
    caller: ChatKitCaller,
    responder: Responder,
    { metadata }: StreamingRequest,
    thread: StoredThread,
    cause: TurnCause,
    before: readonly string[] = [],
  ): RunStart {
    const { owner, profile } = caller;
    const facts = { thread, cause, userMessage: null };
    try {
      const signal = storeSignal();
      const wished = responder.streamOptions?.({ owner, profile, metadata, signal }, thread);
      // Whatever an application without types answers, a client is told one of the two.
      const allowCancel = wished?.allowCancel !== false;
      const options = eventFrame({ type: "stream_options", stream_options: { allow_cancel: allowCancel } });
      return { ...facts, prologue: [...before, options], answer: (turn) => responder.respond(turn) };
    } catch (thrown) {
      return { ...facts, prologue: before, answer: () => failing(thrown) };
    }
  }

  /** An attachment that another thread has taken is not there for this one (S65). */
  async function loadAttachments(
    owner: Owner,
    input: UserInput,
    threadId: string,
    signal: AbortSignal,
  ): Promise<StoredAttachment[]> {
    const loaded: StoredAttachment[] = [];
    for (const id of new Set(input.attachments)) {
      const attachment = await store.loadAttachment(owner, id, signal);
      if (attachment === null || (attachment.thread_id ?? threadId) !== threadId) {
        throw new ChatKitError("not_found");
      }
      if (attachments?.admit === undefined) {
        loaded.push(attachment);
      } else {
        await attachments.admit(owner, attachment, signal);
        // Its upload is over: where to send the bytes is of no use to anybody any more.
        const { upload_descriptor: _done, ...complete } = attachment;
        loaded.push(complete);
      }
    }
    return loaded;
  }

  function newUserMessage(
    threadId: string,
    input: UserInput,
    attachments: readonly StoredAttachment[],
  ): UserMessageItem {
    return {
      id: newId("msg", threadId),
      thread_id: threadId,
      created_at: now(),
      type: "user_message",
      content: input.content,
      // A snapshot: what becomes of the attachment later does not reach the message.
      attachments: [...attachments],
      quoted_text: input.quoted_text,
      inference_options: input.inference_options,
    };
  }
}

function isPendingCall(item: StoredItem): item is ClientToolCallItem {
  return item.type === "client_tool_call" && item.status === "pending";
}

// oxlint-disable-next-line require-yield -- a stream that fails before its first event
async function* failing(thrown: unknown): AsyncGenerator<never> {
  throw thrown;
}
