// What both responders over the SDK are given.

import type { ModelProvider } from "@openai/agents";

import { turnError } from "../../errors.ts";
import {
  GuardrailTripped,
  type ModelConversions,
  type ModelRun,
  type ModelSignal,
  streamModelRun,
} from "../../model-run/model-run.ts";
import type { ResponderEvent, Turn } from "../../ports.ts";
import { titleThread } from "../thread-title.ts";
import { type AgentUpstream, createUpstreamProvider } from "./model-provider.ts";

export type AgentRunOptions = (AgentUpstream | { readonly modelProvider: ModelProvider }) & {
  /** Between two pieces of a model's answer. Default 60 s (L17). */
  readonly silenceMs?: number;
  /** Sends traces to the vendor, as the SDK has it for the whole process. Default false. */
  readonly tracing?: boolean;
  /** Told to the user when a guardrail takes the answer back. */
  readonly guardrailMessage?: string;
  readonly conversions?: ModelConversions;
};

export function innerProvider(options: AgentRunOptions): ModelProvider {
  return "modelProvider" in options ? options.modelProvider : createUpstreamProvider(options);
}

/** One turn of either responder: what the source sends, its tripwires told to the user. */
export async function* respondWith(
  turn: Turn,
  options: AgentRunOptions,
  source: (run: ModelRun, signal: AbortSignal) => AsyncIterable<ModelSignal | readonly ModelSignal[]>,
): AsyncGenerator<ResponderEvent, void> {
  titleThread(turn.thread, turn.userMessage);
  try {
    yield* streamModelRun(turn, source, {
      ...options.conversions,
      ids: "unguessable",
      thoughtProgress: true,
    });
  } catch (error) {
    if (!(error instanceof GuardrailTripped)) throw error;
    throw turnError({ message: options.guardrailMessage ?? "This cannot be answered here." });
  }
}
