// Has the page carry out what the server asks of it, and puts the outcome into words for the server (protocol 11.7).

import type { ChatKitOptions } from "@openai/chatkit";
import type { ClientToolCallItem, Json } from "@sidekit/chatkit/protocol";

import { SidekitChatError } from "../errors.ts";

export interface ToolOutcome {
  readonly result: Json;
  /** Set when the result tells the server of a failure. */
  readonly error: SidekitChatError | null;
}

/**
 * Never rejects. Nothing returned is `{}`. A handler that throws, or is missing, or returns what JSON cannot carry,
 * gives `{ error: <sentence> }`, so that the answer can go on and say so.
 */
export async function runClientTool(
  handler: ChatKitOptions["onClientTool"],
  call: ClientToolCallItem,
): Promise<ToolOutcome> {
  if (handler === undefined) return failed("The page has no handler for client tools.", undefined);
  try {
    // The page's own copy: what it changes must not change the conversation.
    const returned: unknown = await handler({ name: call.name, params: structuredClone(call.arguments) });
    return { result: JSON.parse(JSON.stringify(returned ?? {})), error: null };
  } catch (cause) {
    return failed(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function failed(sentence: string, cause: unknown): ToolOutcome {
  return { result: { error: sentence }, error: new SidekitChatError("client_tool_failed", { cause }) };
}
