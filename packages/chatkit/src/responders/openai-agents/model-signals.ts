// What a model of the SDK streams as signals: its own events where it speaks the Responses API, otherwise the same
// told in their terms.

import { OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE, type ResponseStreamEvent } from "@openai/agents";

import type { ModelSignal } from "../../model-run/model-run.ts";

type ResponseDone = Extract<ResponseStreamEvent, { type: "response_done" }>;
type OutputItem = ResponseDone["response"]["output"][number];

interface StreamedMessage {
  readonly id: string;
  text: string;
}

/** One for each run: it remembers the message that is being written. Text comes out once, though it arrives twice. */
export function createModelSignals(newId: () => string): (event: ResponseStreamEvent) => ModelSignal[] {
  let speaksResponses = false;
  let streamed: StreamedMessage | null = null;

  return (event) => {
    switch (event.type) {
      case "model":
        if (event.providerData?.["rawModelEventSource"] !== OPENAI_RESPONSES_RAW_MODEL_EVENT_SOURCE)
          return [];
        speaksResponses = true;
        return [{ type: "model", event: event.event }];
      case "response_started":
        speaksResponses = false;
        streamed = null;
        return [];
      case "output_text_delta":
        return speaksResponses ? [] : delta(event.delta);
      case "response_done": {
        const said = speaksResponses ? [] : done(event.response.output);
        speaksResponses = false;
        streamed = null;
        return said;
      }
      default:
        return event satisfies never;
    }
  };

  function delta(text: string): ModelSignal[] {
    const begun = streamed === null ? begin() : { message: streamed, signals: [] };
    streamed = begun.message;
    streamed.text += text;
    const { id } = streamed;
    return [
      ...begun.signals,
      {
        type: "model",
        event: { type: "response.output_text.delta", item_id: id, content_index: 0, delta: text },
      },
    ];
  }

  function begin(): { message: StreamedMessage; signals: ModelSignal[] } {
    const message = { id: newId(), text: "" };
    const item = { type: "message", id: message.id, content: [] };
    return {
      message,
      signals: [{ type: "model", event: { type: "response.output_item.added", item } }],
    };
  }

  function done(output: readonly OutputItem[]): ModelSignal[] {
    const texts = output.flatMap(textOf);
    if (streamed !== null && texts.length === 0) texts.push(streamed.text);
    return texts.flatMap((text, index) => {
      const { message, signals } = index === 0 && streamed ? { message: streamed, signals: [] } : begin();
      const content = [{ type: "output_text", text, annotations: [] }];
      return [
        ...signals,
        {
          type: "model" as const,
          event: { type: "response.output_item.done", item: { type: "message", id: message.id, content } },
        },
      ];
    });
  }
}

function textOf(item: OutputItem): string[] {
  if (!("role" in item) || item.role !== "assistant") return [];
  const text = item.content
    .map((part) => (part.type === "output_text" ? part.text : part.type === "refusal" ? part.refusal : ""))
    .join("");
  return text ? [text] : [];
}
