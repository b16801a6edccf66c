// A message on its way out: from the page's form of it to the wire's.

import type { OpenAIChatKit, UserMessageContent } from "@openai/chatkit";
import type { UserContent, UserInput } from "@sidekit/chatkit/protocol";

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
  return {
    content: wireContent(params.content ?? params.text ?? ""),
    quotedText: params.reply,
    attachments: params.attachments ?? [],
    inferenceOptions: {
      ...(params.toolChoice === undefined ? {} : { tool_choice: params.toolChoice }),
      ...(params.model === undefined ? {} : { model: params.model }),
    },
  };
}

export function wireContent(content: string | readonly UserMessageContent[]): UserContent[] {
  if (typeof content === "string") return [{ type: "input_text", text: content }];
  return content.map((part) => {
    if (part.type === "input_text") return { type: "input_text", text: part.text };
    return {
      type: "input_tag",
      id: part.id,
      text: part.text,
      // The page may put anything here; what JSON cannot carry would not arrive.
      data: JSON.parse(JSON.stringify(part.data ?? {})),
      interactive: part.interactive ?? false,
      ...(part.group === undefined ? {} : { group: part.group }),
    };
  });
}
