// Follows what happens to a caller's sessions over the procedures' event stream, and comes back when the line breaks.

import { TRPCClientError } from "@trpc/client";
import { EventSourceParserStream } from "eventsource-parser/stream";

import { orAborted } from "../abortable.ts";
import type { SessionEvent } from "../contract.ts";
import { ChatSessionClientError, refusalOf, toClientError } from "./client-error.ts";

/** Three of the server's beats: a line that is silent for so long is dead (R9). */
const silenceMs = 45_000;
const firstWaitMs = 1000;
const longestWaitMs = 30_000;
const maxBufferedChars = 65_536;

/** An event with the id to resume from. */
export type ReceivedSessionEvent = SessionEvent & { readonly id: string };

export interface SessionEventsCall {
  readonly fetch: typeof fetch;
  /** Of the procedures. */
  readonly url: string;
  /** Asked at each connection, so that one that was renewed is used (S100). */
  readonly issuerCredential: () => string | Promise<string>;
  readonly lastEventId: string | undefined;
  /** Ends the iteration; its reason is what it rejects with. */
  readonly signal: AbortSignal;
}

/**
 * Every event once, in order. Throws ChatSessionClientError when the server refuses for a reason that waiting does not
 * mend, such as a credential that has ended; another call with `lastEventId` goes on from there.
 */
export async function* followSessionEvents(
  call: SessionEventsCall,
): AsyncGenerator<ReceivedSessionEvent, undefined> {
  let { lastEventId } = call;
  let failures = 0;
  for (;;) {
    let waitMs = Math.min(firstWaitMs * 2 ** failures, longestWaitMs) * (0.5 + Math.random() / 2);
    failures += 1;
    try {
      for await (const { event, data, id } of messages(call, lastEventId)) {
        if (event === "return") return;
        if (event === "serialized-error") throw TRPCClientError.from({ error: JSON.parse(data) });
        failures = 0;
        if (event !== undefined) continue;
        const told = JSON.parse(data);
        if (told.type === "error") throw new ChatSessionClientError("internal", { status: 500 });
        if (id === undefined) continue;
        lastEventId = id;
        yield { ...told, id };
      }
    } catch (failure) {
      call.signal.throwIfAborted();
      const refusal = toClientError(failure);
      const mayPass = refusal.status === null || refusal.status >= 500 || refusal.status === 429;
      if (!mayPass || refusal.appCode === "internal") throw refusal;
      waitMs = Math.max(waitMs, refusal.retryAfterMs ?? 0);
    }
    await pause(waitMs, call.signal);
  }
}

async function* messages(call: SessionEventsCall, lastEventId: string | undefined) {
  const connection = new AbortController();
  const signal = AbortSignal.any([call.signal, connection.signal]);
  try {
    let silence = silenceTimer(connection);
    const response = await orAborted(connect(call, lastEventId, signal), signal);
    if (!response.ok || response.body === null) throw await refusalOf(response);
    const reader = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ maxBufferSize: maxBufferedChars }))
      .getReader();
    for (;;) {
      const { done, value } = await orAborted(reader.read(), signal);
      clearTimeout(silence);
      if (done) return;
      yield value;
      silence = silenceTimer(connection);
    }
  } finally {
    connection.abort();
  }
}

async function connect(
  call: SessionEventsCall,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const credential = await call.issuerCredential();
  return call.fetch(`${call.url}/chatSession.onSessionEvent`, {
    headers: {
      accept: "text/event-stream",
      authorization: `Bearer ${credential}`,
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
    },
    signal,
    redirect: "error",
    credentials: "omit",
  });
}

function silenceTimer(connection: AbortController): ReturnType<typeof setTimeout> {
  return setTimeout(() => connection.abort(new ChatSessionClientError("timeout")), silenceMs);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  return orAborted(waited, signal).finally(() => clearTimeout(timer));
}
