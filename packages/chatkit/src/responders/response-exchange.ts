// One request for a streamed response, and its events until the response is over.

import type { OpenAI } from "openai";
import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";

import { ChatKitError } from "../errors.ts";
import type { ModelSignal } from "../model-run/model-run.ts";
import { type FunctionCall, functionCallSchema } from "./function-tools.ts";
import { type ResponseEnd, responseEndOf, tokensOf } from "./response-end.ts";
import { malformed, responseFailure, type UpstreamFailure } from "./upstream-failures.ts";
import { type AskKey, sendUpstream } from "./upstream-request.ts";
import { openUpstreamStream, type UpstreamStream } from "./upstream-stream.ts";

/** A well-behaved upstream ends the body right after its last event; then the connection can be used again. */
const settleMs = 250;

/** Function calls in one response; no model makes as many. */
const maxCalls = 128;

export interface ExchangeOptions {
  readonly client: OpenAI;
  readonly apiKey: AskKey;
  /** Until the first byte of the answer, retries included (L28). */
  readonly firstByteMs: number;
  /** Between two pieces of the answer (L17). */
  readonly silenceMs: number;
  readonly maxRetries: number;
  readonly retryBaseMs: number;
  readonly maxEventCharacters: number;
  readonly nowMs: () => number;
}

export interface ResponseOrder {
  readonly runId: string;
  readonly body: () => ResponseCreateParamsStreaming;
  /** Changes what the body will be. False: the refusal stands. */
  readonly yieldTo: (failure: UpstreamFailure) => boolean;
  /** Told what the response took, when it says so. */
  readonly addTokens: (tokens: number) => Promise<void>;
}

/** What is known about the requests of a run so far, for the report of a failure. */
export interface ExchangeState {
  phase: "request" | "stream";
  attempts: number;
  failure: UpstreamFailure | null;
}

export interface ResponseOutcome {
  readonly end: Exclude<ResponseEnd, { kind: "failed" }>;
  /** The finished items of the response as they came. */
  readonly items: readonly object[];
  readonly calls: readonly FunctionCall[];
}

/**
 * Sends the body that `order` gives, once more for every change of it, and yields the response's events, as many at
 * a time as arrive together. Rejects with ChatKitError `upstream_*`, and with the reason of `signal`.
 */
export async function* streamResponse(
  options: ExchangeOptions,
  order: ResponseOrder,
  state: ExchangeState,
  outer: AbortSignal,
): AsyncGenerator<ModelSignal[], ResponseOutcome> {
  const { firstByteMs, silenceMs, nowMs } = options;
  const startedMs = nowMs();
  const request = new AbortController();
  const signal = AbortSignal.any([outer, request.signal]);
  const firstByte = setTimeout(() => {
    request.abort(new ChatKitError("upstream_timeout", { cause: new Error("no first byte") }));
  }, firstByteMs);
  const items: object[] = [];
  const calls: FunctionCall[] = [];
  let end: ResponseEnd | null = null;
  let stream: UpstreamStream | null = null;

  try {
    state.phase = "request";
    stream = openUpstreamStream(await open(), options.maxEventCharacters, signal);
    state.phase = "stream";
    let events = await stream.next(firstByteMs);
    clearTimeout(firstByte);
    while (events !== null && end === null) {
      const signals: ModelSignal[] = [];
      for (const event of events) {
        end = note(event);
        // Before the end is seen: who stops there is not told what it took.
        if (end !== null) await order.addTokens(tokensOf(event));
        signals.push({ type: "model", event });
        if (end !== null) break;
      }
      if (signals.length > 0) yield signals;
      if (end === null) events = await stream.next(silenceMs);
    }
    if (end === null) throw malformed("stream ended before the response did");
    if (end.kind === "failed") throw fail(responseFailure(end));
    await stream.settle(settleMs);
    return { end, items, calls };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(firstByte);
    stream?.close();
    request.abort();
  }

  async function open(): Promise<Response> {
    for (;;) {
      const reply = await sendUpstream(
        {
          send: (headers, within) =>
            options.client.responses.create(order.body(), { headers, signal: within }).asResponse(),
          requestId: order.runId,
          apiKey: options.apiKey,
          maxRetries: options.maxRetries,
          retryBaseMs: options.retryBaseMs,
          remainingMs: () => firstByteMs - (nowMs() - startedMs),
        },
        signal,
      );
      state.attempts += reply.attempts;
      if (reply.kind === "answered") return reply.response;
      if (!order.yieldTo(reply.failure)) throw fail(reply.failure);
    }
  }

  function note(event: unknown): ResponseEnd | null {
    if (isItemDone(event)) {
      items.push(event.item);
      if ("type" in event.item && event.item.type === "function_call") {
        const call = functionCallSchema.safeParse(event.item);
        if (!call.success) throw malformed("incomplete function call");
        if (calls.length === maxCalls) throw malformed("too many function calls");
        calls.push(call.data);
      }
      return null;
    }
    return responseEndOf(event);
  }

  function fail(failure: UpstreamFailure): ChatKitError {
    state.failure = failure;
    const { code, retryAfterMs } = failure;
    return new ChatKitError(
      code,
      retryAfterMs === null ? {} : { retryAfterMs: Math.max(retryAfterMs, 1_000) },
    );
  }
}

function isItemDone(event: unknown): event is { item: object } {
  return (
    typeof event === "object" &&
    event !== null &&
    "type" in event &&
    event.type === "response.output_item.done" &&
    "item" in event &&
    typeof event.item === "object" &&
    event.item !== null
  );
}
