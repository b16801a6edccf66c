// Which of the page's tools and models the next message is sent with.

import type { ChatKitOptions, ModelOption, ToolOption } from "@openai/chatkit";
import type { InferenceOptions } from "@sidekit/chatkit/protocol";

export type ComposerOptions = ChatKitOptions["composer"];

/** What the user, or the page, has chosen; null is no tool, and the model that goes without saying. */
export interface Choices {
  readonly toolId: string | null;
  readonly modelId: string | null;
}

export function chosenTool({ toolId }: Choices, options: ComposerOptions): ToolOption | null {
  return options?.tools?.find(({ id }) => id === toolId) ?? null;
}

/** What is shown is what is sent: without a choice the one marked as default, else the first that may be chosen. */
export function chosenModel({ modelId }: Choices, options: ComposerOptions): ModelOption | null {
  const models = options?.models?.filter(({ disabled }) => disabled !== true) ?? [];
  return (
    models.find(({ id }) => id === modelId) ??
    models.find((model) => model.default === true) ??
    models[0] ??
    null
  );
}

export function inferenceOf(choices: Choices, options: ComposerOptions): InferenceOptions {
  const tool = chosenTool(choices, options);
  const model = chosenModel(choices, options);
  return {
    ...(tool === null ? {} : { tool_choice: { id: tool.id } }),
    ...(model === null ? {} : { model: model.id }),
  };
}
