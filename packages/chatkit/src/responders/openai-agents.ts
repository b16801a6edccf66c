// Answers a turn with an agent of the OpenAI Agents SDK, or with a workflow that Agent Builder has exported.

import {
  type Agent,
  type AgentInputItem,
  type AgentOutputType,
  RunContext,
  Runner,
  RunState,
  type RunStreamEvent,
} from "@openai/agents";

import { turnError } from "../errors.ts";
import type { ModelRun, ModelSignal } from "../model-run/model-run.ts";
import type { Responder, Turn } from "../ports.ts";
import type { JsonObject } from "../protocol/index.ts";
import { agentInput } from "./openai-agents/agent-input.ts";
import { approvalQuestions, verdictOn } from "./openai-agents/approvals.ts";
import { type AgentChat, routeDefaults, withinChat } from "./openai-agents/current-chat.ts";
import { keepRun, takeRun } from "./openai-agents/kept-runs.ts";
import { providerFor } from "./openai-agents/model-provider.ts";
import { createModelSignals } from "./openai-agents/model-signals.ts";
import { runFailure } from "./openai-agents/run-failures.ts";
import { type AgentRunOptions, innerProvider, respondWith } from "./openai-agents/run-options.ts";
import { earlyEndEvent, responseEndOf } from "./response-end.ts";

export { clientTool } from "./openai-agents/client-tool.ts";
export { type AgentChat, currentChat } from "./openai-agents/current-chat.ts";
export type { AgentUpstream } from "./openai-agents/model-provider.ts";
export type { AgentRunOptions } from "./openai-agents/run-options.ts";
export { type RunWorkflow, workflowResponder } from "./openai-agents/workflow-responder.ts";

export type AgentResponderOptions<Output extends AgentOutputType = "text"> = AgentRunOptions & {
  /** Begins every turn; its tools find `chat` and `turn` in their context. The profile's instructions do not reach it: it has its own. */
  readonly agent: Agent<AgentChat, Output>;
  /** How often models may be asked in one turn. Default 10. */
  readonly maxTurns?: number;
  /** What is shown when an agent hands over to the one of this name; null for nothing. */
  readonly handoffText?: (agentName: string) => string | null;
  /** The responder's own `act`; without it actions are refused. */
  readonly act?: Responder["act"];
};

/** What a tool asked of the page. */
interface ClientCall {
  readonly name: string;
  readonly arguments: JsonObject;
}

/**
 * A responder over an agent. Text, thoughts, images and handoffs are shown as they come; function tools show what they
 * push. A tool that needs approval asks in the conversation, and the run goes on with the answers, also in another
 * process. A guardrail's tripwire takes the turn's items back and ends it with `guardrailMessage`.
 *
 * Failures are ChatKitErrors: `upstream_*`, none of which holds a word of the upstream's, or in words of ours when the
 * run takes too many steps. A stop ends the upstream request at once, and the turn without an error.
 */
export function agentResponder<Output extends AgentOutputType = "text">(
  options: AgentResponderOptions<Output>,
): Responder {
  const { agent, maxTurns = 10, tracing = false, silenceMs = 60_000 } = options;
  const { handoffText = (name: string) => `Handing over to ${name}` } = options;
  routeDefaults(tracing);
  const inner = innerProvider(options);

  return {
    respond: (turn) => respondWith(turn, options, (run, signal) => carryOut(turn, run, signal)),
    ...(options.act ? { act: options.act } : {}),
  };

  async function* carryOut(
    turn: Turn,
    run: ModelRun,
    outer: AbortSignal,
  ): AsyncGenerator<ModelSignal[], void> {
    const left = new AbortController();
    const signal = AbortSignal.any([outer, left.signal]);
    const asked: ClientCall[] = [];
    const chat: ModelRun = {
      ...run,
      requestClientTool(call) {
        if (asked.length > 0) throw new TypeError("the page has been asked already");
        asked.push(structuredClone(call));
      },
    };
    const context = new RunContext<AgentChat>(chatContext(chat, turn));
    const calls = new Map<string, { call_id: string; id: string | null }>();
    const signalsOf = createModelSignals(() => turn.newId("message"));

    try {
      const provider = providerFor(turn, inner, silenceMs);
      const runner = new Runner({ modelProvider: provider, tracingDisabled: !tracing });
      const input = await inputOf(turn, context);
      const result = await withinChat(
        { chat, turn, provider, signal, show: null, halted: () => asked.length > 0 },
        () => runner.run(agent, input, { stream: true, context, signal, maxTurns }),
      );
      for await (const event of result) {
        const signals = told(event, run);
        if (signals.length > 0) yield signals;
        // An abort drops what has not been read, so it comes only now.
        if (asked.length > 0 && isOutput(event)) break;
      }
      if (outer.aborted) return;
      const [call] = asked;
      if (call) {
        left.abort();
        const seen = calls.get(call.name);
        if (seen) yield [{ type: "tool_called", item: { ...seen, name: call.name } }];
        return run.requestClientTool(call);
      }
      await result.completed;
      if (result.interruptions.length > 0) {
        const item = approvalQuestions(turn, result.interruptions);
        await keepRun(turn, item.id, result.state.toString());
        run.push({ type: "thread.item.done", item });
      }
    } catch (error) {
      if (outer.aborted) return;
      throw runFailure(error);
    } finally {
      left.abort();
    }

    function told(event: RunStreamEvent, run: ModelRun): ModelSignal[] {
      if (event.type === "raw_model_stream_event") {
        if (event.data.type === "response_done") {
          for (const item of event.data.response.output) {
            if (item.type === "function_call")
              calls.set(item.name, { call_id: item.callId, id: item.id ?? null });
          }
        }
        const signals = signalsOf(event.data);
        for (const signal of signals) {
          const end = signal.type === "model" ? responseEndOf(signal.event) : null;
          if (end?.kind === "incomplete") run.push(earlyEndEvent(end.reason));
        }
        return signals;
      }
      if (event.type === "run_item_stream_event" && event.item.type === "handoff_output_item") {
        const text = handoffText(event.item.targetAgent.name);
        if (text !== null) run.push({ type: "progress_update", text });
      }
      return [];
    }
  }

  async function inputOf(
    turn: Turn,
    context: RunContext<AgentChat>,
  ): Promise<AgentInputItem[] | RunState<AgentChat, Agent<AgentChat, Output>>> {
    if (turn.cause.kind !== "structured_input") return agentInput(turn);
    const { item } = turn.cause;
    const kept = await takeRun(turn, item.id);
    // Questions that a tool has asked are part of the conversation.
    if (kept === null) return agentInput(turn);
    const state = await restored(kept, context);
    for (const [index, call] of state.getInterruptions().entries()) {
      const verdict = verdictOn(item, index);
      if (verdict.approved) state.approve(call);
      else state.reject(call, { message: verdict.reason });
    }
    return state;
  }

  /** Whoever changes an agent under a run that waits cannot go on with it. */
  async function restored(
    kept: string,
    context: RunContext<AgentChat>,
  ): Promise<RunState<AgentChat, Agent<AgentChat, Output>>> {
    try {
      return await RunState.fromStringWithContext<AgentChat, Agent<AgentChat, Output>>(agent, kept, context);
    } catch {
      throw turnError({ message: "This cannot be continued any more. Please ask again." });
    }
  }
}

function isOutput(event: RunStreamEvent): boolean {
  return event.type === "run_item_stream_event" && event.name === "tool_output";
}

/** A kept run holds its context as JSON: nothing of this one. */
function chatContext(chat: ModelRun, turn: Turn): AgentChat & { toJSON(): object } {
  return { chat, turn, toJSON: () => ({}) };
}
