// Answers with agents that know the conversation, show what they do, and ask before they act.

import { Agent, tool } from "@openai/agents";
import {
  type AgentChat,
  agentResponder,
  type AgentUpstream,
} from "@sidekit/chatkit/responders/openai-agents";
import { z } from "zod";

const orderParameters = z.object({ order: z.string() });

const refund = tool<typeof orderParameters, AgentChat>({
  name: "refund",
  description: "Pays an order back",
  parameters: orderParameters,
  needsApproval: true,
  execute({ order }, context) {
    context?.context.chat.push({ type: "progress_update", text: `Paying order ${order} back` });
    return `Order ${order} has been paid back.`;
  },
});

const desk = new Agent<AgentChat>({ name: "Desk", instructions: "Help with orders.", tools: [refund] });

export function createResponder(parts: AgentUpstream) {
  return agentResponder({ ...parts, agent: desk });
}
