// A conversation as the input of an agent: what `conversationInput` gives, in the SDK's words.

import type { AgentInputItem } from "@openai/agents";

import type { Turn } from "../../ports.ts";
import { conversationInput } from "../conversation-input.ts";
import type { ModelInputItem, UserPart } from "../model-input.ts";

export async function agentInput(turn: Turn): Promise<AgentInputItem[]> {
  return (await conversationInput(turn)).map(inputItem);
}

function inputItem(item: ModelInputItem): AgentInputItem {
  switch (item.type) {
    case "message":
      if (item.role === "user") return { role: "user", content: item.content.map(userPart) };
      return {
        role: "assistant",
        status: "completed",
        content: item.content.map(({ text }) => ({ type: "output_text", text })),
      };
    case "function_call": {
      const { name, call_id: callId, arguments: args } = item;
      return { type: "function_call", callId, name, arguments: args, status: "completed" };
    }
    case "function_call_output": {
      const { call_id: callId, output: text } = item;
      const output = { type: "text" as const, text };
      // The wire has no name here, and the SDK does not send it.
      return { type: "function_call_result", name: "client_tool", callId, status: "completed", output };
    }
    default:
      return item satisfies never;
  }
}

function userPart(part: UserPart) {
  switch (part.type) {
    case "input_text":
      return part;
    case "input_image":
      return { type: "input_image" as const, image: part.image_url, detail: part.detail };
    case "input_file":
      return { type: "input_file" as const, file: part.file_data, filename: part.filename };
    default:
      return part satisfies never;
  }
}
