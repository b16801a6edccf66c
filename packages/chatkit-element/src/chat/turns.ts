// One response at a time: send a message, follow the answer, stop it, try again.

import type { StreamingRequest, UserInput, UserMessageItem } from "@sidekit/chatkit/protocol";

import type { AnswerStream } from "../client/protocol-client.ts";
import type { ShownEvent } from "../client/wire-events.ts";
import type { ThreadRecord } from "../client/wire-items.ts";
import { lastUserEntry } from "../conversation/conversation.ts";
import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";
import { failureOf } from "./failure.ts";
import type { OutgoingMessage } from "./outgoing.ts";

/** After a stop the server needs a moment to free the thread: so long, "busy" only means "not yet". */
const afterStopMs = 5_000;
const busyPauseMs = 250;

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
  /** Reads the response no further and lets it go on at the server. */
  leave(): void;
}

interface Turn {
  readonly abort: AbortController;
  /** Null until the server has accepted the request. */
  stream: AnswerStream | null;
}

export function createTurns(
  { client, emit, get, change, newId, now }: ChatContext,
  { noteThread }: { noteThread: (thread: ThreadRecord) => void },
): Turns {
  let current: Turn | null = null;
  let stoppedAt = Number.NEGATIVE_INFINITY;

  return { send, stop, retry, leave };

  async function send(message: OutgoingMessage): Promise<void> {
    refuseWhileBusy();
    const attachments = message.attachments ?? [];
    if (attachments.length === 0 && message.content.every(({ text }) => text.trim() === "")) {
      throw new SidekitChatError("message_empty");
    }
    const { thread } = get().conversation;
    const shown = asItem(message, thread?.id ?? "");
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

  function stop(): void {
    if (current === null) return;
    stoppedAt = now();
    const turn = current;
    ended(turn, "stopped");
    turn.abort.abort();
  }

  function leave(): void {
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
    const turn: Turn = { abort: new AbortController(), stream: null };
    current = turn;
    change({ type: "started" });
    return turn;
  }

  /** Resolves once the server has accepted the request; the answer is followed from there on. */
  async function answer(turn: Turn, request: StreamingRequest, onAccepted?: () => void): Promise<void> {
    const stream = await openPatiently(turn, request);
    if (current !== turn) {
      stream.leave();
      return;
    }
    turn.stream = stream;
    emit("chatkit.response.start");
    onAccepted?.();
    void follow(turn, stream);
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

  async function follow(turn: Turn, stream: AnswerStream): Promise<void> {
    try {
      for await (const batch of stream.batches) {
        if (current !== turn) return;
        for (const event of batch) receive(event);
      }
      if (current === turn) ended(turn, "completed");
    } catch (error) {
      failed(turn, error);
    }
  }

  function receive(event: ShownEvent): void {
    change({ type: "received", event }, "soon");
    switch (event.type) {
      case "thread.created":
        noteThread(event.thread);
        emit("chatkit.thread.change", { threadId: event.thread.id });
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
  }

  /** Gives the error back. A turn that was stopped or left before has had its end. */
  function failed(turn: Turn, error: unknown): unknown {
    if (current !== turn) return error;
    current = null;
    change({ type: "failed", failure: failureOf(error) });
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
    if (turn.stream !== null) emit("chatkit.response.end");
    return error;
  }

  function asItem(message: OutgoingMessage, threadId: string): UserMessageItem {
    return {
      type: "user_message",
      id: `local_${newId()}`,
      thread_id: threadId,
      created_at: new Date(now()).toISOString(),
      content: message.content,
      attachments: (message.attachments ?? []).map(({ id, name, mime_type }) => ({
        type: "file",
        id,
        name,
        mime_type,
      })),
      inference_options: message.inferenceOptions ?? {},
      ...(message.quotedText === undefined ? {} : { quoted_text: message.quotedText }),
    };
  }
}

function requestFor(shown: UserMessageItem, thread: ThreadRecord | null): StreamingRequest {
  const input: UserInput = {
    content: shown.content,
    attachments: shown.attachments.map(({ id }) => id),
    inference_options: shown.inference_options,
    ...(shown.quoted_text === undefined ? {} : { quoted_text: shown.quoted_text }),
  };
  return thread === null
    ? { type: "threads.create", params: { input }, metadata: {} }
    : { type: "threads.add_user_message", params: { thread_id: thread.id, input }, metadata: {} };
}

function asMessage(item: UserMessageItem): OutgoingMessage {
  return {
    content: item.content,
    attachments: item.attachments,
    quotedText: item.quoted_text,
    inferenceOptions: item.inference_options,
  };
}

/** A server without retries says so by the name of the request, or by the status for what it does not implement. */
function cannotAnswerTwice(error: unknown): boolean {
  if (!(error instanceof SidekitChatError) || error.refusal === null) return false;
  const { status, message } = error.refusal;
  return status === 501 || (status === 400 && message?.includes("threads.retry_after_item") === true);
}
