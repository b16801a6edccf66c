// A message on its way out: from the page's form of it to the wire's.

import type { OpenAIChatKit, UserMessageContent } from "@openai/chatkit";
import type { UserContent, UserInput } from "@sidekit/chatkit/protocol";

import { entityOf, tagOf } from "./draft.ts";

export interface OutgoingMessage {
  readonly content: UserContent[];
  readonly attachments?: readonly {
    readonly id: string;
    readonly name: string;
    readonly mime_type: string;
    readonly preview_url?: string | undefined;
  }[];
  readonly quotedText?: string | undefined;
  readonly inferenceOptions?: UserInput["inference_options"];
}

export function outgoingMessage(params: Parameters<OpenAIChatKit["sendUserMessage"]>[0]): OutgoingMessage {
  const reply = params.reply?.trim() ?? "";
  return {
    content: wireContent(params.content ?? params.text ?? ""),
    attachments: params.attachments ?? [],
    inferenceOptions: {
      ...(params.toolChoice === undefined ? {} : { tool_choice: { id: params.toolChoice.id } }),
      ...(params.model === undefined ? {} : { model: params.model }),
    },
    ...(reply === "" ? {} : { quotedText: reply }),
  };
}

export function wireContent(content: string | readonly UserMessageContent[]): UserContent[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "input_text", text: content }];
  return content.map((part) =>
    part.type === "input_text" ? { type: "input_text", text: part.text } : tagOf(entityOf(part)),
  );
}

/** A server has nothing to answer then. */
export function isBlank({ content, attachments = [] }: OutgoingMessage): boolean {
  return (
    attachments.length === 0 && content.every(({ type, text }) => type === "input_text" && text.trim() === "")
  );
}
