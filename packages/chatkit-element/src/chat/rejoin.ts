// A message whose answer broke off is sent again in the same words: a server that knows repeats tells the answer from its
// start, and goes on with it.

import type { StreamingRequest } from "@sidekit/chatkit/protocol";

import type { AnswerStream, ProtocolClient } from "../client/protocol-client.ts";
import { SidekitChatError } from "../errors.ts";
import { pauseUntilOnline } from "./pause.ts";

const firstPauseMs = 500;
const longestPauseMs = 4_000;
/** The server remembers for 60 s; a repeat that comes too late would be another message. */
const joinableMs = 45_000;

export interface RejoinOptions {
  readonly client: () => ProtocolClient;
  readonly request: StreamingRequest;
  /** When the request was sent first. */
  readonly sentAt: number;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Whether the same request, sent once more, is known to lead back to its answer. */
export function isJoinable({ type }: StreamingRequest, { runId }: AnswerStream): boolean {
  return runId !== null && (type === "threads.create" || type === "threads.add_user_message");
}

export function isConnectionLoss(error: unknown): boolean {
  return (
    error instanceof SidekitChatError && (error.code === "connection_lost" || error.code === "timed_out")
  );
}

/** Null when it is too late, or the server refuses; rejects with the signal's reason. */
export async function rejoin({
  client,
  request,
  sentAt,
  now,
  signal,
}: RejoinOptions): Promise<AnswerStream | null> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    await pauseUntilOnline(pauseMs, signal);
    signal.throwIfAborted();
    if (now() - sentAt > joinableMs) return null;
    try {
      return await client().stream(request, signal);
    } catch (error) {
      if (!(error instanceof SidekitChatError)) throw error;
      if (error.code !== "unreachable") return null;
    }
  }
}
