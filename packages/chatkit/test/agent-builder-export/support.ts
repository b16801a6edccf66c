// Answers with the workflow that Agent Builder has exported.

import { type AgentUpstream, workflowResponder } from "@sidekit/chatkit/responders/openai-agents";

import { runWorkflow } from "./support/workflow.ts";

export function createResponder(parts: AgentUpstream) {
  return workflowResponder(runWorkflow, parts);
}
