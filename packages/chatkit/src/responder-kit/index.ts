// What an application needs to write a responder. The functions that are called with `yield*` make events.

export { refusal, turnError } from "../errors.ts";
export type { Responder, ResponderEvent, SyncActionCall, Turn } from "../ports.ts";
export { type ClientTool, clientTool, type ClientToolHandler } from "./client-tool.ts";
export {
  type ActionDefinition,
  type ActionTurn,
  defineResponder,
  type ResponderDefinition,
  type SyncActionDefinition,
} from "./define-responder.ts";
export { generatedImage, type ImageState } from "./generated-image.ts";
export { hiddenContext, hiddenContextItem } from "./hidden-context.ts";
export type { ItemPlace } from "./new-item.ts";
export { type Question, type Questions, questions, type StructuredInputHandler } from "./questions.ts";
export { clientEffect, notice, progress } from "./signals.ts";
export { type Source, text, type TextPiece } from "./text.ts";
export { nameThread } from "./thread-name.ts";
export { escapeMarkdown, userWords } from "./user-words.ts";
export { replaceWidget, widget } from "./widget.ts";
export { type NewTask, type OpenTask, type OpenWorkflow, type TaskChange, workflow } from "./workflow.ts";
