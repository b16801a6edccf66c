// The ChatKit server without a framework: a caller and a parsed body in, JSON or a stream to follow out.

import { createClock } from "./clock.ts";
import { createDeadlines } from "./deadlines.ts";
import { ChatKitError } from "./errors.ts";
import { eventFrame } from "./frames.ts";
import { type NewId, randomId } from "./ids.ts";
import { type ChatKitLimits, defaultLimits } from "./limits.ts";
import { codeOf, type ObserveChatKit, traceOf } from "./observe.ts";
import { createOperations, createSenderLookup, createWriteGuard } from "./operations.ts";
import type {
  AttachmentStore,
  Budget,
  ChatKitCaller,
  Owner,
  Responder,
  RunOutcome,
  Spending,
  StreamLog,
  StreamLogReader,
  ThreadStore,
} from "./ports.ts";
import type { UserMessageItem } from "./protocol/items.ts";
import type { StreamingRequest } from "./protocol/requests.ts";
import { createRepeats, repeatKey } from "./repeats.ts";
import { createReplayReader, type ReplayedTurn, replayTurn } from "./replays.ts";
import { isStreaming, parseRequest } from "./request-checks.ts";
import { createRunStarts } from "./run-starts.ts";
import { type Run, startRun } from "./run.ts";
import { createRuns, type DrainResult } from "./runs.ts";

/** As many as are remembered. */
const maxLatest = 10_000;

export interface ChatKitServerOptions {
  readonly store: ThreadStore;
  readonly log: StreamLog;
  /** By the name that a caller's profile gives. */
  readonly responders: Readonly<Record<string, Responder>>;
  /** Absent: files cannot be uploaded or read. */
  readonly attachments?: AttachmentStore;
  /** Absent: nothing is counted. */
  readonly budget?: Budget;
  readonly observe?: ObserveChatKit;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly newId?: NewId;
  readonly limits?: Partial<ChatKitLimits>;
  /**
   * What to do with writes to a thread that is locked or closed: `refuse` them, unless told (S71), or let the responder
   * `answer`, as the reference does, which then has to look at the state of the thread itself.
   */
  readonly lockedThreads?: "refuse" | "answer";
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

export interface HandleOptions {
  /**
   * What to do with a message that this session has sent in the same words within 60 s. `join`, unless told: follow the
   * run that answers it, or show again what it has answered. `new`: it is another message.
   */
  readonly repeat?: "join" | "new";
}

export interface ChatKitServer {
  /**
   * Answers one request of the protocol. Throws ChatKitError for whatever can be told before the first byte; nothing
   * has been changed then. The signal is the connection's: aborted before the run has started it prevents it, later it
   * only detaches.
   */
  handle(
    caller: ChatKitCaller,
    request: unknown,
    signal: AbortSignal,
    options?: HandleOptions,
  ): Promise<ChatKitReply>;
  /** Resolves when the text so far is stored and the run has ended. Throws `not_found` unless it goes on and is the owner's. */
  stopRun(owner: Owner, runId: string): Promise<void>;
  activeRuns(): number;
  /** Refuses new runs, waits for those that go on, stops the rest at the deadline: their partial answers are kept. */
  drain(options: { readonly deadlineMs: number }): Promise<DrainResult>;
}

export function createChatKitServer(options: ChatKitServerOptions): ChatKitServer {
  const { store, log, responders, attachments, budget, observe = () => {}, newId = randomId } = options;
  const { detachGraceMs = 30_000 } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const now = createClock(options.now ?? Date.now);
  const runs = createRuns(limits);
  const shared = {
    store,
    attachments,
    budget,
    observe,
    now,
    newId,
    findSender: createSenderLookup(store),
    guardWrite: createWriteGuard(options.lockedThreads ?? "refuse"),
    storeSignal: createDeadlines(limits.storeMs),
  };
  const operations = createOperations({ ...shared, runs, answerMs: limits.silenceMs });
  const starts = createRunStarts(shared);
  const runParts = { ...shared, log, limits, detachGraceMs };
  const repeats = createRepeats<AnsweredMessage>({
    nowMs: () => performance.now(),
    // What failed or was stopped is not worth showing again.
    // What the conversation has left behind is not its answer any more.
    isStale: ({ outcome, superseded }) => superseded || (outcome !== null && outcome !== "completed"),
  });

  /** By thread: the message that a repeat may still be about. */
  const latest = new Map<string, AnsweredMessage>();

  return {
    async handle(caller, given, signal, { repeat = "join" } = {}) {
      const request = parseRequest(given, caller.profile.offers);
      signal.throwIfAborted();
      const responder = responders[caller.responder];
      if (responder === undefined) {
        throw new ChatKitError("internal", {
          cause: new Error(`no responder is called ${caller.responder}`),
        });
      }
      if (!isStreaming(request)) {
        const body = await operations.carryOut(caller, responder, request, signal);
        return { kind: "json", body: JSON.stringify(body) };
      }
      const message = request.type === "threads.create" || request.type === "threads.add_user_message";
      if (message && repeat === "join") return answerOnce(caller, responder, request, signal);
      const { run } = await answer(caller, responder, request, signal);
      return followed(run.runId, run.reader, signal);
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

  async function answer(
    caller: ChatKitCaller,
    responder: Responder,
    request: StreamingRequest,
    signal: AbortSignal,
  ): Promise<{ readonly run: Run; readonly userMessage: UserMessageItem | null }> {
    const { owner, profile } = caller;
    const created = request.type === "threads.create";
    const threadId = created ? newId("thr") : request.params.thread_id;
    const place = runs.reserve(owner, threadId);
    let run: Run;
    let start;
    let spending: Spending | null = null;
    try {
      spending = (await budget?.admit(caller, signal)) ?? null;
      start = await starts.prepare(caller, responder, request, threadId, signal);
      const facts = { runId: newId("run"), owner, profile, metadata: request.metadata, spending };
      run = startRun(runParts, { ...start, ...facts });
    } catch (thrown) {
      place.giveBack();
      // What was wrong with the request is what its sender has to know.
      await spending?.giveBack(shared.storeSignal()).catch(() => undefined);
      throw thrown;
    }
    place.fill(run);
    const earlier = latest.get(threadId);
    if (earlier !== undefined) earlier.superseded = true;
    latest.delete(threadId);
    observe({
      event: "run.start",
      runId: run.runId,
      threadId,
      responder: caller.responder,
      request: request.type,
    });
    return { run, userMessage: start.userMessage };
  }

  async function answerOnce(
    caller: ChatKitCaller,
    responder: Responder,
    request: StreamingRequest,
    signal: AbortSignal,
  ): Promise<ChatKitReply> {
    const key = repeatKey(caller, request);
    for (;;) {
      const begun: { run: Run | null } = { run: null };
      const message = await repeats.once(key, async () => {
        const { run, userMessage } = await answer(caller, responder, request, signal);
        begun.run = run;
        const message = remembered(run, request.type === "threads.create", userMessage);
        if (latest.size >= maxLatest) latest.delete(latest.keys().next().value ?? "");
        latest.set(run.threadId, message);
        return message;
      });
      if (begun.run !== null) return followed(message.runId, begun.run.reader, signal);
      const reader = await readAgain(message, signal);
      if (reader !== null) {
        observe({ event: "run.joined", runId: message.runId });
        return followed(message.runId, reader, signal);
      }
      repeats.forget(key);
    }
  }

  /** From the log as long as it has everything, else from the store. Null when the thread is gone. */
  async function readAgain(message: AnsweredMessage, signal: AbortSignal): Promise<StreamLogReader | null> {
    const thread = await store.loadThread(message.owner, message.threadId, signal);
    if (thread === null) return null;
    const { live } = message;
    const reader = live === null ? log.read(message.runId) : live.follow();
    if (reader !== null) return reader;
    if (live !== null) return createReplayReader(live.ended.then(() => replayedAtTheEnd(message)));
    if (message.outcome !== "completed") return null;
    const text = await replayTurn({ store, attachments }, message, signal);
    return text === null ? null : createReplayReader(Promise.resolve(text));
  }

  /** What a run has not stored yet can be read from nowhere but its end. */
  async function replayedAtTheEnd(message: AnsweredMessage): Promise<string> {
    try {
      const text = await replayTurn({ store, attachments }, message, shared.storeSignal());
      if (text !== null && message.outcome === "completed") return text;
    } catch (thrown) {
      observe({
        event: "run.not_replayed",
        runId: message.runId,
        code: codeOf(thrown),
        error: traceOf(thrown),
      });
    }
    return eventFrame({ type: "error", code: "stream.error", allow_retry: true });
  }
}

/** What is kept for a minute about a message that has been answered: of a run that is over, next to nothing. */
interface AnsweredMessage extends ReplayedTurn {
  readonly runId: string;
  live: Run | null;
  outcome: RunOutcome | null;
  /** Something else has been asked in the thread since. */
  superseded: boolean;
}

function remembered(run: Run, created: boolean, userMessage: UserMessageItem | null): AnsweredMessage {
  const { runId, owner, threadId } = run;
  const message: AnsweredMessage = {
    runId,
    owner,
    threadId,
    created,
    userMessageId: userMessage?.id ?? null,
    live: run,
    outcome: null,
    superseded: false,
  };
  void run.ended.then((outcome) => Object.assign(message, { live: null, outcome }));
  return message;
}

function followed(runId: string, reader: StreamLogReader, signal: AbortSignal): ChatKitReply {
  const detach = () => {
    signal.removeEventListener("abort", detach);
    reader.close();
  };
  // The connection may have closed while the message was being stored, when nobody could detach yet.
  if (signal.aborted) detach();
  else signal.addEventListener("abort", detach, { once: true });
  return { kind: "stream", runId, reader, detach };
}
