// Answers a turn with a model behind the Responses API: streamed text, thoughts, citations, refusals, stop.

import { OpenAI } from "openai";
import type { ResponseInput } from "openai/resources/responses/responses";

import { ChatKitError } from "../errors.ts";
import type { Responder, ResponderEvent, Turn } from "../ports.ts";
import { modelInput, type ModelInputItem } from "./model-input.ts";
import { createResponseMapping, type ResponseEnd } from "./response-events.ts";
import { titleThread } from "./thread-title.ts";
import {
  isUpstreamFailure,
  malformed,
  plainFailure,
  responseFailure,
  transportOf,
  type UpstreamFailure,
} from "./upstream-failures.ts";
import { boundedFetch, requestResponse, type RevealableKey } from "./upstream-request.ts";
import { openUpstreamStream, type UpstreamStream } from "./upstream-stream.ts";

/** Items of the thread that the model is told about, at most. */
const historyItems = 50;

/** Families whose models reason and can say so; the upstream refuses the question for others. */
const reasoningModels = /^(?:ft:)?(?:gpt-(?:[5-9]|\d\d)|o\d)(?!.*chat)/;

/** Told to the user when an answer ends early. */
const earlyEnd = {
  lengthLimit: "This answer stops early: the model reached its length limit.",
  contentFilter: "This answer was stopped by the model provider's content filter.",
  other: "This answer stops early.",
} as const;

/** A well-behaved upstream ends the body right after its last event; then the connection can be used again. */
const settleMs = 250;

export interface OpenAiResponsesOptions {
  /**
   * Called for every request, and once more when the upstream refuses the key (S142). The key is revealed on the
   * line that sends it and kept nowhere.
   */
  readonly apiKey: (signal: AbortSignal) => Promise<RevealableKey>;
  /** Such as `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** A fetch over a keep-alive pool. The global one costs several times as much. */
  readonly fetch: typeof globalThis.fetch;
  readonly observe?: (observation: ResponderObservation) => void;
  /** Until the first byte of the answer, retries included (L28). */
  readonly firstByteMs?: number;
  /** Between two pieces of the answer (L17). */
  readonly silenceMs?: number;
  readonly maxRetries?: number;
  /** The first retry waits up to this long, the second twice as long (L29). */
  readonly retryBaseMs?: number;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** Safe to log. */
export type ResponderObservation =
  | {
      readonly event: "upstream.failed";
      readonly runId: string;
      readonly phase: "request" | "stream";
      readonly attempts: number;
      readonly elapsedMs: number;
      readonly failure: UpstreamFailure;
    }
  | { readonly event: "upstream.reasoning_refused"; readonly runId: string; readonly model: string }
  | { readonly event: "citations.dropped"; readonly runId: string; readonly count: number };

/**
 * A responder over the Responses API. The profile's instructions are the only words in the developer's voice; what
 * the user wrote, titles and tool output travel as user input (S111). Nothing is stored upstream.
 *
 * Failures are ChatKitErrors `upstream_*`, none of which holds a word of the upstream's. A stop ends the upstream
 * request at once, and the turn without an error.
 */
export function createOpenAiResponsesResponder(options: OpenAiResponsesOptions): Responder {
  const { observe = () => undefined, nowMs = () => performance.now() } = options;
  const firstByteMs = options.firstByteMs ?? 60_000;
  const silenceMs = options.silenceMs ?? 60_000;
  const client = new OpenAI({
    // Every request brings its own Authorization header; the SDK only insists on having something.
    apiKey: "set-per-request",
    baseURL: options.baseURL,
    fetch: boundedFetch(options.fetch),
    // Left out, these would come from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    // The deadlines are ours; the SDK's must not come first.
    timeout: firstByteMs * 2,
    logLevel: "off",
  });
  const withoutReasoning = new Set<string>();

  return async function* answer(turn: Turn): AsyncGenerator<ResponderEvent> {
    const startedMs = nowMs();
    const request = new AbortController();
    const signal = AbortSignal.any([turn.signal, request.signal]);
    const firstByte = setTimeout(() => {
      request.abort(new ChatKitError("upstream_timeout", { cause: new Error("no first byte") }));
    }, firstByteMs);
    const exchange: Exchange = { phase: "request", attempts: 0, failure: null };
    let stream: UpstreamStream | null = null;

    try {
      titleThread(turn.thread, turn.userMessage);
      const input = modelInput(await turn.history(historyItems));
      const response = await open(turn, input, exchange, signal, () => firstByteMs - (nowMs() - startedMs));
      stream = openUpstreamStream(response, signal);
      exchange.phase = "stream";

      const mapping = createResponseMapping(turn, nowMs);
      let events = await stream.next(firstByteMs);
      clearTimeout(firstByte);
      while (events && !mapping.end) {
        for (const event of events) {
          for (const mapped of mapping.accept(event)) yield mapped;
        }
        if (!mapping.end) events = await stream.next(silenceMs);
      }
      const { droppedCitations: count } = mapping;
      if (count > 0) observe({ event: "citations.dropped", runId: turn.runId, count });
      yield* closing(mapping.end, exchange);
      await stream.settle(settleMs);
    } catch (error) {
      if (turn.signal.aborted) return;
      const thrown: unknown = request.signal.aborted ? request.signal.reason : error;
      report(turn.runId, thrown, exchange, nowMs() - startedMs);
      throw thrown;
    } finally {
      clearTimeout(firstByte);
      stream?.close();
      request.abort();
    }
  };

  async function open(
    turn: Turn,
    input: ModelInputItem[],
    exchange: Exchange,
    signal: AbortSignal,
    remainingMs: () => number,
  ): Promise<Response> {
    const { model, instructions } = turn.profile;
    for (;;) {
      const reply = await requestResponse(
        {
          client,
          body: {
            model,
            // The API takes an earlier answer without an id of its own; the SDK's type does not.
            input: input as ResponseInput,
            ...(instructions ? { instructions } : {}),
            ...(reasons(model) ? { reasoning: { summary: "auto" } } : {}),
            store: false,
            stream: true,
          },
          runId: turn.runId,
          apiKey: options.apiKey,
          maxRetries: options.maxRetries ?? 2,
          retryBaseMs: options.retryBaseMs ?? 250,
          remainingMs,
        },
        signal,
      );
      exchange.attempts += reply.attempts;
      switch (reply.kind) {
        case "stream":
          return reply.response;
        case "reasoning-refused":
          withoutReasoning.add(model);
          observe({ event: "upstream.reasoning_refused", runId: turn.runId, model });
          break;
        case "failed":
          throw fail(exchange, reply.failure);
        default:
          reply satisfies never;
      }
    }
  }

  function reasons(model: string): boolean {
    return reasoningModels.test(model) && !withoutReasoning.has(model);
  }

  function report(runId: string, thrown: unknown, exchange: Exchange, elapsedMs: number): void {
    if (!(thrown instanceof ChatKitError) || !isUpstreamFailure(thrown.reason)) return;
    const { phase, attempts, failure } = exchange;
    observe({
      event: "upstream.failed",
      runId,
      phase,
      attempts,
      elapsedMs: Math.round(elapsedMs),
      failure: failure ?? { ...plainFailure(thrown.reason), transport: transportOf(thrown) },
    });
  }
}

/** What is known about the request so far, for the report of its failure. */
interface Exchange {
  phase: "request" | "stream";
  attempts: number;
  failure: UpstreamFailure | null;
}

/** What is left to say when the upstream has ended the response, or its stream. */
function closing(end: ResponseEnd | null, exchange: Exchange): ResponderEvent[] {
  if (!end) throw malformed("stream ended before the response did");
  switch (end.kind) {
    case "completed":
      return [];
    case "failed":
      throw fail(exchange, responseFailure(end));
    case "incomplete":
      if (end.reason === "content_filter") {
        return [{ type: "error", code: "custom", message: earlyEnd.contentFilter, allow_retry: false }];
      }
      return [
        {
          type: "notice",
          level: "warning",
          message: end.reason === "max_output_tokens" ? earlyEnd.lengthLimit : earlyEnd.other,
        },
      ];
    default:
      return end satisfies never;
  }
}

function fail(exchange: Exchange, failure: UpstreamFailure): ChatKitError {
  exchange.failure = failure;
  const { code, retryAfterMs } = failure;
  return new ChatKitError(code, retryAfterMs === null ? {} : { retryAfterMs: Math.max(retryAfterMs, 1_000) });
}
