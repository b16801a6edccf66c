// A tool of the page, for an agent: the run ends with the call, and the next turn goes on with its output.

import { type FunctionTool, tool } from "@openai/agents";
import { z } from "zod";

import type { AgentChat } from "./current-chat.ts";

/**
 * For `tools` of an agent. Nothing after the call is carried out in this turn; calls beside it that had begun are not
 * told their outputs. What the model sends is checked against `parameters`, an object without optional members.
 */
export function clientTool(definition: {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodObject;
}): FunctionTool<AgentChat, z.ZodObject, string> {
  return tool<z.ZodObject, AgentChat, string>({
    ...definition,
    execute(args, runContext) {
      const chat = runContext?.context.chat;
      if (!chat) throw new TypeError("a client tool needs the context of a chat");
      chat.requestClientTool({
        name: definition.name,
        arguments: z.record(z.string(), z.json()).parse(args),
      });
      return "The page was asked.";
    },
  });
}
