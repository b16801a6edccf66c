// The turn that the code at hand works for, whoever called it: what an SDK runs knows nothing of turns.

import { AsyncLocalStorage } from "node:async_hooks";

import { type ModelProvider, setDefaultModelProvider, setTracingDisabled } from "@openai/agents";

import type { ModelRun, ModelSignal } from "../../model-run/model-run.ts";
import type { Turn } from "../../ports.ts";

/** What tools, guardrails and instructions of an agent get as their context. */
export interface AgentChat {
  /** For what is to be seen meanwhile: progress, workflows, widgets, client effects. */
  readonly chat: ModelRun;
  readonly turn: Turn;
}

/** What belongs to one turn. */
export interface ChatScope extends AgentChat {
  readonly provider: ModelProvider;
  readonly signal: AbortSignal;
  /** Whether the turn is at its end, though the SDK would go on. */
  readonly halted: () => boolean;
  /** Takes what models send, at the pace of the reader. Null: it is read elsewhere. */
  readonly show: ((signals: readonly ModelSignal[]) => Promise<void>) | null;
}

const scopes = new AsyncLocalStorage<ChatScope>();

/** Runs `work`, and all that it starts, for this turn. */
export function withinChat<Result>(scope: ChatScope, work: () => Result): Result {
  return scopes.run(scope, work);
}

export function currentScope(): ChatScope | null {
  return scopes.getStore() ?? null;
}

/**
 * The turn that this code runs for: for tools of an exported workflow, which get no context. Throws Error outside a
 * turn of `agentResponder` or `workflowResponder`.
 */
export function currentChat(): AgentChat {
  const scope = scopes.getStore();
  if (!scope) throw new Error("there is no turn that this code runs for");
  return { chat: scope.chat, turn: scope.turn };
}

/**
 * Makes runners that name no provider use that of their turn. For the whole process, as the SDK has it; outside a turn
 * such a runner fails, as there is no key for it.
 */
export function routeDefaults(tracing: boolean): void {
  setTracingDisabled(!tracing);
  setDefaultModelProvider({
    getModel(name) {
      const scope = scopes.getStore();
      if (!scope) throw new Error("there is no turn that this model would be asked for");
      return scope.provider.getModel(name);
    },
  });
}
