// The wire protocol for anyone: zod schemas and their types, fit for a browser.

export type { Json, JsonObject } from "./json.ts";
export { type Order, type Page, type PageParams, pageParamsSchema, pageSchema } from "./page.ts";
export {
  type Annotation,
  annotationSchema,
  type EntitySource,
  type FileSource,
  type UrlSource,
} from "./sources.ts";
export { type Task, taskSchema, type Workflow, workflowSchema } from "./workflows.ts";
export { type Icon, iconNames, iconSchema } from "./icons.ts";
export { type WidgetComponent, widgetComponentSchema, type WidgetRoot, widgetRootSchema } from "./widgets.ts";
export { type ActionConfig, actionConfigSchema } from "./widget-values.ts";
export {
  type Basic,
  type Card,
  type KnownComponent,
  knownComponentSchema,
  type ListView,
  type ListViewItem,
  type TableCell,
  type TableRow,
  type Widget,
  widgetSchema,
} from "./widget-components.ts";
export {
  type AssistantContent,
  assistantContentSchema,
  type AssistantMessageItem,
  type Attachment,
  attachmentSchema,
  type ClientToolCallItem,
  type EndOfTurnItem,
  type GeneratedImage,
  type GeneratedImageItem,
  type HiddenContextItem,
  type HiddenItem,
  type InferenceOptions,
  isHiddenItem,
  type SdkHiddenContextItem,
  type StoredAttachment,
  storedAttachmentSchema,
  type StoredItem,
  storedItemSchema,
  type StoredThread,
  storedThreadSchema,
  type StructuredInput,
  type StructuredInputItem,
  type TaskItem,
  type Thread,
  type ThreadItem,
  threadItemSchema,
  threadSchema,
  type ThreadStatus,
  type UploadDescriptor,
  type UserContent,
  userContentSchema,
  type UserMessageItem,
  type WidgetItem,
  type WorkflowItem,
} from "./items.ts";
export { type ItemUpdate, itemUpdateSchema, type StreamEvent, streamEventSchema } from "./events.ts";
export {
  type ActionParams,
  type ChatKitRequest,
  chatKitRequestSchema,
  isStreamingType,
  type JsonRequest,
  requestTypes,
  type StreamingRequest,
  type StructuredInputSubmission,
  type UserInput,
  userInputSchema,
  type WireAction,
} from "./requests.ts";
