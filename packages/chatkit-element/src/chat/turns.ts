// One response at a time: send a message, follow the answer through the page's part in it, stop it, try again.

import type {
  ActionParams,
  ClientToolCallItem,
  StreamingRequest,
  StructuredInputSubmission,
} from "@sidekit/chatkit/protocol";

import type { AnswerStream } from "../client/protocol-client.ts";
import type { ShownEvent } from "../client/wire-events.ts";
import type { ThreadRecord } from "../client/wire-items.ts";
import { lastUserEntry, pendingForm } from "../conversation/conversation.ts";
import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";
import { runClientTool } from "./client-tools.ts";
import { failureOf } from "./failure.ts";
import { isBlank, type OutgoingMessage } from "./outgoing.ts";
import type { Recovery } from "./recovery.ts";
import { asMessage, requestFor, sentMessage } from "./sent-message.ts";
import { isConnectionLoss, isJoinable, rejoin } from "./rejoin.ts";

/** After a stop the server needs a moment to free the thread: so long, "busy" only means "not yet". */
const afterStopMs = 5_000;
const busyPauseMs = 250;
/** A server that asks the page over and over must not keep it busy for good. */
const maxToolCalls = 20;

export interface Turns {
  /**
   * Shows the message at once and resolves when the server has accepted it. Rejects with `response_running`,
   * `thread_loading` or `message_empty` before anything is shown, else with the failure that is then on screen.
   */
  send(message: OutgoingMessage): Promise<void>;
  /** Ends the response at once on screen, and through the request's signal at the server. */
  stop(): void;
  /**
   * Has the newest user message answered again. A message that never arrived is sent again, and so is one whose
   * server cannot answer twice.
   */
  retry(): Promise<void>;
  /**
   * Sends the answers to a form; resolves when the server has taken them. When somebody else was faster, the thread is
   * read again and the promise rejects with `already_answered`.
   */
  answerForm(itemId: string, input: StructuredInputSubmission): Promise<void>;
  /**
   * An action that is answered like a message. Rejects with `no_thread` where there is no conversation. Resolves when
   * the server has accepted it, or, asked for, when the answer is over.
   */
  act(action: ActionParams["action"], itemId: string | null, until: "accepted" | "over"): Promise<void>;
  /** Reads the response no further and lets it go on at the server. */
  leave(): void;
}

interface Turn {
  readonly abort: AbortController;
  /** Null until the server has accepted the request. */
  stream: AnswerStream | null;
  /** Client effects of the answer that is being read, which a repeated telling brings again. */
  effects: number;
  readonly over: PromiseWithResolvers<void>;
}

export function createTurns(
  { client, clientTool, emit, get, change, receive: show, know, newId, now }: ChatContext,
  {
    noteThread,
    reload,
    recovery,
  }: {
    noteThread: (thread: ThreadRecord) => void;
    reload: () => Promise<void>;
    recovery: Pick<Recovery, "seek" | "leave">;
  },
): Turns {
  let current: Turn | null = null;
  let stoppedAt = Number.NEGATIVE_INFINITY;

  /** Does once more what the server has not accepted and no message stands for. */
  let again: (() => Promise<void>) | null = null;

  return { send, stop, retry, answerForm, act, leave };

  async function send(message: OutgoingMessage): Promise<void> {
    refuseWhileBusy();
    if (isBlank(message)) throw new SidekitChatError("message_empty");
    const { thread } = get().conversation;
    const shown = sentMessage(message, {
      id: `local_${newId()}`,
      threadId: thread?.id ?? "",
      at: now(),
    });
    change({ type: "submitted", message: shown });
    const turn = begin();
    try {
      await answer(turn, requestFor(shown, thread));
    } catch (error) {
      throw failed(turn, error);
    }
  }

  async function retry(): Promise<void> {
    refuseWhileBusy();
    if (again !== null) return again();
    const { thread } = get().conversation;
    const last = lastUserEntry(get().conversation);
    if (last === null) return;
    if (last.phase === "unsent" || thread === null) {
      change({ type: "withdrawn", key: last.key });
      await send(asMessage(last.item));
      return;
    }
    const turn = begin();
    const params = { thread_id: thread.id, item_id: last.item.id };
    try {
      await answer(turn, { type: "threads.retry_after_item", params, metadata: {} }, () =>
        change({ type: "retrying", itemId: last.item.id }),
      );
    } catch (error) {
      if (current !== turn || !cannotAnswerTwice(error)) throw failed(turn, error);
      ended(turn, "completed");
      await send(asMessage(last.item));
    }
  }

  async function answerForm(itemId: string, input: StructuredInputSubmission): Promise<void> {
    refuseWhileBusy();
    const thread = requireThread();
    const turn = begin();
    const params = { thread_id: thread.id, item_id: itemId, input };
    try {
      await answer(turn, { type: "threads.add_structured_input", params, metadata: {} });
    } catch (error) {
      if (current !== turn) throw failed(turn, error);
      if (isConflict(error)) throw await answeredElsewhere(turn, error);
      const shown = failed(turn, error);
      again = () => answerForm(itemId, input);
      throw shown;
    }
  }

  async function answeredElsewhere(turn: Turn, cause: unknown): Promise<unknown> {
    ended(turn, "completed");
    await reload();
    // Still open: the conflict was about something else.
    const error =
      pendingForm(get().conversation) === null ? new SidekitChatError("already_answered", { cause }) : cause;
    change({ type: "failed", failure: { ...failureOf(error), canRetry: false } });
    return error;
  }

  async function act(
    action: ActionParams["action"],
    itemId: string | null,
    until: "accepted" | "over",
  ): Promise<void> {
    refuseWhileBusy();
    const thread = requireThread();
    const turn = begin();
    const params = { thread_id: thread.id, action, ...(itemId === null ? {} : { item_id: itemId }) };
    try {
      await answer(turn, { type: "threads.custom_action", params, metadata: {} });
    } catch (error) {
      const wasCurrent = current === turn;
      const shown = failed(turn, error);
      if (wasCurrent) again = () => act(action, itemId, "accepted");
      throw shown;
    }
    if (until === "over") await turn.over.promise;
  }

  function requireThread(): ThreadRecord {
    const { thread } = get().conversation;
    if (thread === null) throw new SidekitChatError("no_thread");
    return thread;
  }

  function stop(): void {
    if (current === null) return;
    stoppedAt = now();
    const turn = current;
    ended(turn, "stopped");
    turn.abort.abort();
  }

  function leave(): void {
    again = null;
    if (current === null) return;
    const turn = current;
    ended(turn, "stopped");
    turn.stream?.leave();
  }

  function refuseWhileBusy(): void {
    if (get().loadingThreadId !== null) throw new SidekitChatError("thread_loading");
    if (current !== null) throw new SidekitChatError("response_running");
  }

  function begin(): Turn {
    const turn: Turn = {
      abort: new AbortController(),
      stream: null,
      effects: 0,
      over: Promise.withResolvers(),
    };
    recovery.leave();
    current = turn;
    again = null;
    change({ type: "started" });
    return turn;
  }

  /** Resolves once the server has accepted the request; the answer is followed from there on. */
  async function answer(turn: Turn, request: StreamingRequest, onAccepted?: () => void): Promise<void> {
    const sentAt = now();
    const stream = await openPatiently(turn, request);
    if (current !== turn) {
      stream.leave();
      return;
    }
    turn.stream = stream;
    emit("chatkit.response.start");
    onAccepted?.();
    void follow(turn, stream, request, sentAt);
  }

  async function follow(
    turn: Turn,
    first: AnswerStream,
    request: StreamingRequest,
    sentAt: number,
  ): Promise<void> {
    try {
      let call = await readUnbroken(turn, first, request, sentAt);
      for (let calls = 0; call !== null; calls += 1) {
        if (calls === maxToolCalls) throw new SidekitChatError("too_many_calls");
        const next = await answerCall(turn, call);
        call = next && (await readStream(turn, next));
      }
      if (current === turn) ended(turn, "completed");
    } catch (error) {
      failed(turn, error);
    }
  }

  /** As `readStream`; where the server can lead back to an answer that broke off, it is read on. */
  async function readUnbroken(
    turn: Turn,
    first: AnswerStream,
    request: StreamingRequest,
    sentAt: number,
  ): Promise<ClientToolCallItem | null> {
    for (let stream = first; ;) {
      try {
        return await readStream(turn, stream);
      } catch (error) {
        if (current !== turn || !isConnectionLoss(error) || !isJoinable(request, stream)) throw error;
        emit("chatkit.log", { name: "stream.rejoin" });
        change({ type: "awaiting", what: "connection" });
        const joined = await rejoin({ client, request, sentAt, now, signal: turn.abort.signal });
        if (joined === null) throw error;
        if (current !== turn) {
          joined.leave();
          return null;
        }
        turn.stream = joined;
        stream = joined;
        change({ type: "rejoined" });
      }
    }
  }

  /** The composer stays busy meanwhile. Null when the turn was stopped or left before the server could go on. */
  async function answerCall(turn: Turn, call: ClientToolCallItem): Promise<AnswerStream | null> {
    change({ type: "handedOver" });
    const { result, error } = await runClientTool(clientTool(), call);
    if (error !== null) emit("chatkit.error", { error });
    if (current !== turn) return null;
    const params = { thread_id: requireThread().id, result };
    const stream = await openPatiently(turn, {
      type: "threads.add_client_tool_output",
      params,
      metadata: {},
    });
    if (current !== turn) {
      stream.leave();
      return null;
    }
    turn.stream = stream;
    turn.effects = 0;
    change({ type: "callAnswered", itemId: call.id });
    return stream;
  }

  async function openPatiently(turn: Turn, request: StreamingRequest): Promise<AnswerStream> {
    for (;;) {
      try {
        return await client().stream(request, turn.abort.signal);
      } catch (error) {
        const isBusy = error instanceof SidekitChatError && error.refusal?.code === "thread_busy";
        if (!isBusy || current !== turn || now() - stoppedAt > afterStopMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, busyPauseMs));
      }
    }
  }

  /** Gives the call with which the stream has ended, if it has. */
  async function readStream(turn: Turn, stream: AnswerStream): Promise<ClientToolCallItem | null> {
    let call: ClientToolCallItem | null = null;
    let known = turn.effects;
    for await (const batch of stream.batches) {
      if (current !== turn) return null;
      for (const event of batch) {
        if (event.type === "client_effect") {
          known -= 1;
          if (known >= 0) continue;
          turn.effects += 1;
        }
        receive(event);
        if (event.type === "error") call = null;
        if (event.type !== "thread.item.done") continue;
        call = event.item.type === "client_tool_call" && event.item.status === "pending" ? event.item : null;
      }
    }
    return call;
  }

  function receive(event: ShownEvent): void {
    const threadId = event.type === "thread.created" ? get().conversation.thread?.id : undefined;
    show(event);
    switch (event.type) {
      case "thread.created":
        noteThread(event.thread);
        if (threadId !== event.thread.id) emit("chatkit.thread.change", { threadId: event.thread.id });
        return;
      case "thread.updated":
        noteThread(event.thread);
        return;
      case "client_effect":
        emit("chatkit.effect", { name: event.name, data: event.data });
        return;
      case "error":
        emit("chatkit.error", { error: new SidekitChatError("answer_failed", { cause: event }) });
        return;
      default:
    }
  }

  function ended(turn: Turn, how: "completed" | "stopped"): void {
    current = null;
    change({ type: "ended", how });
    if (turn.stream !== null) emit("chatkit.response.end");
    turn.over.resolve();
  }

  /** Gives the error back. A turn that was stopped or left before has had its end. */
  function failed(turn: Turn, error: unknown): unknown {
    know(error);
    if (current !== turn) return error;
    current = null;
    change({ type: "failed", failure: failureOf(error) });
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
    if (turn.stream !== null) emit("chatkit.response.end");
    turn.over.resolve();
    const isAnswering = error instanceof SidekitChatError && error.refusal?.code === "thread_busy";
    if (isAnswering || (turn.stream !== null && isConnectionLoss(error))) recovery.seek();
    return error;
  }
}

function isConflict(error: unknown): boolean {
  return (
    error instanceof SidekitChatError && error.refusal?.status === 409 && error.refusal.code !== "thread_busy"
  );
}

/** A server without retries says that it has no such type of request, or has a status for what it does not implement. */
function cannotAnswerTwice(error: unknown): boolean {
  if (!(error instanceof SidekitChatError) || error.refusal === null) return false;
  const { status, message } = error.refusal;
  return status === 501 || (status === 400 && message?.includes("request type") === true);
}
