// Answers a turn with a model behind the Responses API: text, thoughts, citations, images, tools; and hears speech.

import { randomUUID } from "node:crypto";

import type { Tool } from "openai/resources/responses/responses";

import { ChatKitError, turnError } from "../errors.ts";
import {
  GuardrailTripped,
  type ModelConversions,
  type ModelRun,
  type ModelSignal,
  streamModelRun,
} from "../model-run/model-run.ts";
import type { CallContext, Dictation, Responder, ResponderEvent, Turn } from "../ports.ts";
import { conversationInput } from "./conversation-input.ts";
import {
  type ClientTool,
  createFunctionTools,
  type FunctionTool,
  type ToolObservation,
} from "./function-tools.ts";
import { checkInput, checkOutput, type Guardrails } from "./guardrails.ts";
import { earlyEndEvent } from "./response-end.ts";
import { type ExchangeOptions, type ExchangeState, streamResponse } from "./response-exchange.ts";
import { createResponseOrders, isReplayable, type OrderObservation } from "./response-orders.ts";
import { titleThread } from "./thread-title.ts";
import { transcribe } from "./transcription.ts";
import { isUpstreamFailure, plainFailure, transportOf, type UpstreamFailure } from "./upstream-failures.ts";
import { type AskKey, createUpstreamClient } from "./upstream-request.ts";

export type { ClientTool, FunctionTool, ToolContext, ToolObservation } from "./function-tools.ts";
export type { Guardrail, GuardrailCheck, Guardrails } from "./guardrails.ts";

/** R28; an image travels in one event, and takes more. */
const maxEventCharacters = 1_048_576;
const maxImageEventCharacters = 33_554_432;

/** Told to the user when a guardrail takes the answer back. */
const guardrailMessage = "This cannot be answered here.";

export interface OpenAiResponsesOptions extends Omit<ModelConversions, "partialImages"> {
  /**
   * Called for every request, and once more when the upstream refuses the key (S142). The key is revealed on the
   * line that sends it and kept nowhere.
   */
  readonly apiKey: AskKey;
  /** Such as `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** A fetch over a keep-alive pool. The global one costs several times as much. */
  readonly fetch: typeof globalThis.fetch;
  readonly observe?: (observation: ResponderObservation) => void;
  /** Tools that the upstream carries out, passed on as they are: web search, file search, image generation, … */
  readonly hostedTools?: readonly Tool[];
  /** Functions of the application. */
  readonly tools?: readonly FunctionTool[];
  /** Tools of the page. */
  readonly clientTools?: readonly ClientTool[];
  readonly guardrails?: Guardrails;
  /** The responder's own `act`; without it actions are refused. */
  readonly act?: Responder["act"];
  /** Speech to text. Default `gpt-4o-mini-transcribe`. */
  readonly transcriptionModel?: string;
  /** For one dictation, retries included. Default 60 s. */
  readonly transcriptionMs?: number;
  /** For one call of a function. Default 60 s. */
  readonly toolMs?: number;
  /** How often a turn may come back to the model with what functions returned; then it has to answer. Default 10. */
  readonly maxToolRounds?: number;
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
      readonly phase: "request" | "stream" | "transcription";
      readonly attempts: number;
      readonly elapsedMs: number;
      readonly failure: UpstreamFailure;
    }
  | OrderObservation
  | { readonly event: "citations.dropped"; readonly runId: string; readonly count: number }
  | ToolObservation;

/**
 * A responder over the Responses API. The profile's instructions are the only words in the developer's voice; what
 * the user wrote, titles and tool output travel as user input (S111). Nothing is stored upstream.
 *
 * Failures are ChatKitErrors `upstream_*`, none of which holds a word of the upstream's. A stop ends the upstream
 * request at once, and the turn without an error. Throws TypeError when two tools have the same name.
 */
export function createOpenAiResponsesResponder(
  options: OpenAiResponsesOptions,
): Responder & Required<Pick<Responder, "transcribe">> {
  const { observe = () => undefined, nowMs = () => performance.now() } = options;
  const { hostedTools = [], clientTools = [], guardrails = {}, maxToolRounds = 10 } = options;
  const { firstByteMs = 60_000, maxRetries = 2, retryBaseMs = 250, transcriptionMs = 60_000 } = options;
  const imageTool = hostedTools.find((tool) => tool.type === "image_generation");
  const tools = createFunctionTools({
    functions: options.tools ?? [],
    clientTools,
    deadlineMs: options.toolMs ?? 60_000,
    observe,
  });
  // The deadlines are ours; the SDK's must not come first.
  const timeoutMs = Math.max(firstByteMs, transcriptionMs) * 2;
  const client = createUpstreamClient(options.baseURL, options.fetch, timeoutMs);
  const exchange: ExchangeOptions = {
    client,
    apiKey: options.apiKey,
    firstByteMs,
    silenceMs: options.silenceMs ?? 60_000,
    maxRetries,
    retryBaseMs,
    maxEventCharacters: imageTool ? maxImageEventCharacters : maxEventCharacters,
    nowMs,
  };
  const orders = createResponseOrders({ hostedTools, tools, clientTools, maxToolRounds, observe });

  return {
    respond(turn) {
      titleThread(turn.thread, turn.userMessage);
      const dropped = new Set<string>();
      const events = streamModelRun(turn, (run, signal) => answer(turn, run, dropped, signal), {
        annotation: (citation, converted) => {
          const annotation = options.annotation ? options.annotation(citation, converted) : converted;
          if (annotation === null) dropped.add(JSON.stringify(citation));
          return annotation;
        },
        ...(options.imageUrl ? { imageUrl: options.imageUrl } : {}),
        partialImages: imageTool?.partial_images ?? 0,
        ids: "unguessable",
        thoughtProgress: true,
        nowMs,
      });
      return guardrails.input || guardrails.output ? refusing(events) : events;
    },
    ...(options.act ? { act: options.act } : {}),
    transcribe: hear,
  };

  async function* answer(
    turn: Turn,
    run: ModelRun,
    dropped: ReadonlySet<string>,
    outer: AbortSignal,
  ): AsyncGenerator<ModelSignal[], void> {
    const startedMs = nowMs();
    const state: ExchangeState = { phase: "request", attempts: 0, failure: null };
    const checks = new AbortController();
    const signal = AbortSignal.any([outer, checks.signal]);
    const checked = checkInput(guardrails, turn, signal).catch((error: unknown) => checks.abort(error));

    try {
      const input: object[] = await conversationInput(turn);
      const said: object[] = [];
      for (let round = 1; ; round += 1) {
        const order = orders.order(turn, input, round);
        const { end, items, calls } = yield* streamResponse(exchange, order, state, signal);
        said.push(...items);
        if (end.kind === "incomplete") run.push(earlyEndEvent(end.reason));
        if (end.kind === "incomplete" || calls.length === 0 || round > maxToolRounds) break;

        // No function works for a message that may not be answered.
        await checked;
        signal.throwIfAborted();
        const outcome = await tools.carryOut(calls, { turn, run, signal });
        if (outcome.kind === "client") {
          const { id = null, call_id, name } = outcome.call;
          yield [{ type: "tool_called", item: { id, call_id, name } }];
          run.requestClientTool({ name, arguments: outcome.args });
          break;
        }
        input.push(...items.filter(isReplayable), ...outcome.outputs);
      }
      await checked;
      signal.throwIfAborted();
      await checkOutput(guardrails, turn, said, signal);
      if (dropped.size > 0) observe({ event: "citations.dropped", runId: turn.runId, count: dropped.size });
    } catch (error) {
      if (outer.aborted) return;
      const thrown: unknown = checks.signal.aborted ? checks.signal.reason : error;
      report(turn.runId, thrown, state, nowMs() - startedMs);
      throw thrown;
    } finally {
      checks.abort();
    }
  }

  function hear(context: CallContext, dictation: Dictation): Promise<string> {
    const startedMs = nowMs();
    const requestId = `dictation_${randomUUID()}`;
    return transcribe(
      {
        client,
        apiKey: options.apiKey,
        model: options.transcriptionModel ?? "gpt-4o-mini-transcribe",
        deadlineMs: transcriptionMs,
        maxRetries,
        retryBaseMs,
        requestId,
        onFailure: (failure, attempts) =>
          observe({
            event: "upstream.failed",
            runId: requestId,
            phase: "transcription",
            attempts,
            elapsedMs: Math.round(nowMs() - startedMs),
            failure,
          }),
      },
      context,
      dictation,
    );
  }

  function report(runId: string, thrown: unknown, state: ExchangeState, elapsedMs: number): void {
    if (!(thrown instanceof ChatKitError) || !isUpstreamFailure(thrown.reason)) return;
    const { phase, attempts, failure } = state;
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

async function* refusing(events: AsyncIterable<ResponderEvent>): AsyncGenerator<ResponderEvent, void> {
  try {
    yield* events;
  } catch (error) {
    throw error instanceof GuardrailTripped ? turnError({ message: guardrailMessage }) : error;
  }
}
