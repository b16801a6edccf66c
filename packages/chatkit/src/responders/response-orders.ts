// What a response is asked for: model, input, tools, and what a message may choose of them.

import type {
  ResponseCreateParamsStreaming,
  ResponseInput,
  Tool,
  ToolChoiceFunction,
  ToolChoiceTypes,
} from "openai/resources/responses/responses";

import type { Turn } from "../ports.ts";
import type { ClientTool, FunctionTools } from "./function-tools.ts";
import type { ResponseOrder } from "./response-exchange.ts";
import type { UpstreamFailure } from "./upstream-failures.ts";

/** Families whose models reason and can say so; the upstream refuses the question for others. */
const reasoningModels = /^(?:ft:)?(?:gpt-(?:[5-9]|\d\d)|o\d)(?!.*chat)/;

/** Safe to log. */
export type OrderObservation = {
  readonly event: "upstream.reasoning_refused";
  readonly runId: string;
  readonly model: string;
};

export interface ResponseOrdersOptions {
  readonly hostedTools: readonly Tool[];
  readonly tools: FunctionTools;
  readonly clientTools: readonly ClientTool[];
  readonly maxToolRounds: number;
  readonly observe: (observation: OrderObservation) => void;
}

export interface ResponseOrders {
  /** Rounds count from 1. In the one after the last that may use functions the model has to answer. */
  order(turn: Turn, input: readonly object[], round: number): ResponseOrder;
}

/** Remembers which models refused to be asked for their thoughts. */
export function createResponseOrders(options: ResponseOrdersOptions): ResponseOrders {
  const { hostedTools, tools, clientTools, maxToolRounds, observe } = options;
  const withoutReasoning = new Set<string>();

  return {
    order: (turn, input, round) => ({
      runId: turn.runId,
      body: () => bodyOf(turn, input, round),
      addTokens: turn.addTokens,
      yieldTo: (failure) => giveReasoningUp(turn, failure),
    }),
  };

  function bodyOf(turn: Turn, input: readonly object[], round: number): ResponseCreateParamsStreaming {
    const { instructions } = turn.profile;
    const model = modelOf(turn);
    const described = [...hostedTools, ...tools.descriptions] as Tool[];
    const choice = round > maxToolRounds ? "none" : round === 1 ? toolChoiceOf(turn) : null;
    const reasoning = reasons(model);
    return {
      model,
      // The API takes an earlier answer without an id of its own; the SDK's type does not.
      input: [...input] as ResponseInput,
      ...(instructions ? { instructions } : {}),
      ...(reasoning ? { reasoning: { summary: "auto" } } : {}),
      ...(described.length > 0 ? { tools: described } : {}),
      ...(described.length > 0 && choice !== null ? { tool_choice: choice } : {}),
      // What the client carries out has to be called alone.
      ...(clientTools.length > 0 ? { parallel_tool_calls: false } : {}),
      // A model goes on thinking after a call only with its thoughts before it.
      ...(reasoning && tools.descriptions.length > 0 ? { include: ["reasoning.encrypted_content"] } : {}),
      store: false,
      stream: true,
    };
  }

  /** What the message asks for, as far as the profile offers it (S74). */
  function modelOf({ profile, userMessage }: Turn): string {
    const asked = userMessage?.inference_options.model;
    return asked !== undefined && profile.offers.models.includes(asked) ? asked : profile.model;
  }

  function toolChoiceOf({ profile, userMessage }: Turn): ToolChoiceFunction | ToolChoiceTypes | null {
    const asked = userMessage?.inference_options.tool_choice?.id;
    if (asked === undefined || !profile.offers.tools.includes(asked)) return null;
    if (tools.has(asked)) return { type: "function", name: asked };
    return hostedTools.some((tool) => tool.type === asked) ? ({ type: asked } as ToolChoiceTypes) : null;
  }

  function reasons(model: string): boolean {
    return reasoningModels.test(model) && !withoutReasoning.has(model);
  }

  /** Whether the upstream refused the question for thoughts, and the model is now asked without. */
  function giveReasoningUp(turn: Turn, failure: UpstreamFailure): boolean {
    const model = modelOf(turn);
    const about = failure.upstreamParam ?? "";
    if (failure.status !== 400 || !reasons(model) || !/^(?:reasoning|include)/.test(about)) return false;
    withoutReasoning.add(model);
    observe({ event: "upstream.reasoning_refused", runId: turn.runId, model });
    return true;
  }
}

/** Thoughts that came without their content cannot be given back: the upstream has not kept them. */
export function isReplayable(item: object): boolean {
  return (
    !("type" in item && item.type === "reasoning") ||
    ("encrypted_content" in item && Boolean(item.encrypted_content))
  );
}
