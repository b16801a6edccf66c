// The ChatKit server without a framework: a caller and a parsed body in, JSON or a stream to follow out.

import { ChatKitError } from "./errors.ts";
import { createClock } from "./clock.ts";
import { eventFrame } from "./frames.ts";
import { type NewId, randomId } from "./ids.ts";
import { type ChatKitLimits, defaultLimits } from "./limits.ts";
import type { ObserveChatKit } from "./observe.ts";
import { createOperations, mustLoadThread, refuseIfLocked } from "./operations.ts";
import type { ChatKitCaller, Owner, Responder, StreamLog, StreamLogReader, ThreadStore } from "./ports.ts";
import type { StoredThread, UserMessageItem } from "./protocol/items.ts";
import type { UserInput } from "./protocol/requests.ts";
import { parseRequest, type ServedRequest } from "./request-checks.ts";
import { type Run, startRun } from "./run.ts";
import { createRuns, type DrainResult } from "./runs.ts";
import { wireItem, wireThread } from "./wire-forms.ts";

export interface ChatKitServerOptions {
  readonly store: ThreadStore;
  readonly log: StreamLog;
  /** By the name that a caller's profile gives. */
  readonly responders: Readonly<Record<string, Responder>>;
  readonly observe?: ObserveChatKit;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly newId?: NewId;
  readonly limits?: Partial<ChatKitLimits>;
  /** How long a run goes on when nobody follows it, 30 s unless told; 0 stops it at once. */
  readonly detachGraceMs?: number;
}

/**
 * `json`: the whole body. `stream`: server-sent event frames to write as they come, starting now. Who takes a stream
 * calls `detach` when its connection closes, however it closes; more than once does no harm.
 */
export type ChatKitReply =
  | { readonly kind: "json"; readonly body: string }
  | { readonly kind: "stream"; readonly runId: string; readonly reader: StreamLogReader; detach(): void };

export interface ChatKitServer {
  /**
   * Answers one request of the protocol. Throws ChatKitError for whatever can be told before the first byte; nothing
   * has been changed then. The signal is the connection's: aborted before the run has started it prevents it, later it
   * only detaches.
   */
  handle(caller: ChatKitCaller, request: unknown, signal: AbortSignal): Promise<ChatKitReply>;
  /** Resolves when the text so far is stored and the run has ended. Throws `not_found` unless it goes on and is the owner's. */
  stopRun(owner: Owner, runId: string): Promise<void>;
  activeRuns(): number;
  /** Refuses new runs, waits for those that go on, stops the rest at the deadline: their partial answers are kept. */
  drain(options: { readonly deadlineMs: number }): Promise<DrainResult>;
}

export function createChatKitServer(options: ChatKitServerOptions): ChatKitServer {
  const { store, log, responders, observe = () => {}, newId = randomId, detachGraceMs = 30_000 } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const now = createClock(options.now ?? Date.now);
  const runs = createRuns(limits);
  const operations = createOperations(store, runs);
  const runParts = { store, log, observe, now, newId, limits, detachGraceMs };

  return {
    async handle(caller, given, signal) {
      const request = parseRequest(given);
      signal.throwIfAborted();
      if (request.type === "threads.create" || request.type === "threads.add_user_message") {
        return followed(await answerMessage(caller, request, signal), signal);
      }
      return { kind: "json", body: JSON.stringify(await operate(caller.owner, request, signal)) };
    },
    async stopRun(owner, runId) {
      const run = runs.find(owner, runId);
      if (run === null) throw new ChatKitError("not_found");
      run.stop("stopped");
      await run.ended;
    },
    activeRuns: () => runs.active,
    drain: ({ deadlineMs }) => runs.drain(deadlineMs),
  };

  function operate(owner: Owner, request: JsonServed, signal: AbortSignal): Promise<object> {
    switch (request.type) {
      case "threads.get_by_id":
        return operations.getThread(owner, request.params.thread_id, signal);
      case "threads.list":
        return operations.listThreads(owner, request.params, signal);
      case "threads.update":
        return operations.renameThread(owner, request.params.thread_id, request.params.title, signal);
      case "threads.delete":
        return operations.deleteThread(owner, request.params.thread_id, signal);
      case "items.list":
        return operations.listItems(owner, request.params, signal);
      default:
        return request satisfies never;
    }
  }

  /** Stores the message, and the thread if it is new, before anything of them is shown; then lets the run begin. */
  async function answerMessage(
    caller: ChatKitCaller,
    request: MessageServed,
    signal: AbortSignal,
  ): Promise<Run> {
    const { owner } = caller;
    const responder = responders[caller.responder];
    if (responder === undefined) {
      throw new ChatKitError("internal", { cause: new Error(`no responder is called ${caller.responder}`) });
    }
    const created = request.type === "threads.create";
    const threadId = created ? newId("thr") : request.params.thread_id;
    const place = runs.reserve(owner, threadId);
    let run: Run;
    try {
      const thread = created ? newThread(threadId) : await mustLoadThread(store, owner, threadId, signal);
      refuseIfLocked(thread);
      const userMessage = newUserMessage(threadId, request.params.input);
      if (created) await storeNewThread(owner, thread, userMessage, signal);
      else await store.saveItems(owner, threadId, [userMessage], signal);
      run = startRun(runParts, {
        runId: newId("run"),
        owner,
        profile: caller.profile,
        thread,
        userMessage,
        responder,
        prologue: [
          ...(created ? [eventFrame({ type: "thread.created", thread: wireThread(thread) })] : []),
          eventFrame({ type: "thread.item.done", item: wireItem(userMessage) }),
          eventFrame({ type: "stream_options", stream_options: { allow_cancel: true } }),
        ],
      });
    } catch (thrown) {
      place.giveBack();
      throw thrown;
    }
    place.fill(run);
    observe({
      event: "run.start",
      runId: run.runId,
      threadId,
      responder: caller.responder,
      request: request.type,
    });
    return run;
  }

  function newThread(id: string): StoredThread {
    return { id, created_at: now(), status: { type: "active" }, metadata: {} };
  }

  function newUserMessage(threadId: string, input: UserInput): UserMessageItem {
    return {
      id: newId("msg"),
      thread_id: threadId,
      created_at: now(),
      type: "user_message",
      content: input.content,
      attachments: [],
      quoted_text: input.quoted_text,
      inference_options: input.inference_options,
    };
  }

  async function storeNewThread(
    owner: Owner,
    thread: StoredThread,
    userMessage: UserMessageItem,
    signal: AbortSignal,
  ): Promise<void> {
    await store.saveThread(owner, thread, signal);
    try {
      await store.saveItems(owner, thread.id, [userMessage], signal);
    } catch (thrown) {
      // An empty thread would stay in the history for good. What failed first is what the caller has to know.
      await store.deleteThread(owner, thread.id, AbortSignal.timeout(limits.storeMs)).catch(() => {});
      throw thrown;
    }
  }
}

type MessageServed = Extract<ServedRequest, { type: "threads.create" | "threads.add_user_message" }>;
type JsonServed = Exclude<ServedRequest, MessageServed>;

function followed(run: Run, signal: AbortSignal): ChatKitReply {
  const detach = () => {
    signal.removeEventListener("abort", detach);
    run.reader.close();
  };
  // The connection may have closed while the message was being stored, when nobody could detach yet.
  if (signal.aborted) detach();
  else signal.addEventListener("abort", detach, { once: true });
  return { kind: "stream", runId: run.runId, reader: run.reader, detach };
}
