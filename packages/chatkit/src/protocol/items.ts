// Threads and what is in them, and which kinds of item never leave the server.

import { z } from "zod";

import { json, jsonObject, optional } from "./json.ts";
import { pageSchema } from "./page.ts";
import { annotationSchema } from "./sources.ts";
import { widgetRootSchema } from "./widgets.ts";
import { taskSchema, workflowSchema } from "./workflows.ts";

export const threadStatusSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("active") }),
  z.object({ type: z.literal("locked"), reason: optional(z.string()) }),
  z.object({ type: z.literal("closed"), reason: optional(z.string()) }),
]);
export type ThreadStatus = z.infer<typeof threadStatusSchema>;

export const userContentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("input_text"), text: z.string() }),
  z.object({
    type: z.literal("input_tag"),
    id: z.string(),
    text: z.string(),
    data: jsonObject.default(() => ({})),
    group: optional(z.string()),
    interactive: z.boolean().default(false),
  }),
]);
export type UserContent = z.infer<typeof userContentSchema>;

export const inferenceOptionsSchema = z.object({
  tool_choice: optional(z.object({ id: z.string() })),
  model: optional(z.string()),
});
export type InferenceOptions = z.infer<typeof inferenceOptionsSchema>;

export const assistantContentSchema = z.object({
  type: z.literal("output_text").default("output_text"),
  /** Markdown. */
  text: z.string(),
  annotations: z.array(annotationSchema).default(() => []),
});
export type AssistantContent = z.infer<typeof assistantContentSchema>;

export const uploadDescriptorSchema = z.object({
  url: z.string(),
  method: z.enum(["POST", "PUT"]),
  headers: z.record(z.string(), z.string()).default(() => ({})),
});
export type UploadDescriptor = z.infer<typeof uploadDescriptorSchema>;

const attachmentMembers = {
  id: z.string(),
  name: z.string(),
  mime_type: z.string(),
  /** There until the bytes have been uploaded. */
  upload_descriptor: optional(uploadDescriptorSchema),
  thread_id: optional(z.string()),
};

export const attachmentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("file"), ...attachmentMembers }),
  z.object({ type: z.literal("image"), ...attachmentMembers, preview_url: z.string() }),
]);
export type Attachment = z.infer<typeof attachmentSchema>;

const storedAttachmentMembers = {
  ...attachmentMembers,
  /** The application's own; never sent. */
  metadata: optional(jsonObject),
  /** In bytes, as far as it counts against a quota; never sent. */
  size: optional(z.int().nonnegative()),
};

/** An attachment as it is stored: with what no client gets to see. */
export const storedAttachmentSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("file"), ...storedAttachmentMembers }),
  z.object({ type: z.literal("image"), ...storedAttachmentMembers, preview_url: z.string() }),
]);
export type StoredAttachment = z.infer<typeof storedAttachmentSchema>;

const structuredInputMembers = {
  id: z.string(),
  question: z.string(),
  answer: optional(
    z.object({ values: z.array(z.string()).default(() => []), skipped: z.boolean().default(false) }),
  ),
};

export const structuredInputSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("multiple_choice"),
    ...structuredInputMembers,
    options: z.array(z.object({ value: z.string() })),
    multiple: z.boolean().default(false),
  }),
  z.object({ type: z.literal("freeform"), ...structuredInputMembers, description: optional(z.string()) }),
]);
export type StructuredInput = z.infer<typeof structuredInputSchema>;

export const generatedImageSchema = z.object({ id: z.string(), url: z.string() });
export type GeneratedImage = z.infer<typeof generatedImageSchema>;

const itemMembers = {
  id: z.string().min(1),
  thread_id: z.string(),
  /** ISO 8601, UTC. */
  created_at: z.string(),
};

const visibleUserMessageSchema = userMessageSchema(attachmentSchema);
/** With snapshots of its attachments as they were stored, private members included. */
const userMessageItemSchema = userMessageSchema(storedAttachmentSchema);

const assistantMessageItemSchema = z.object({
  ...itemMembers,
  type: z.literal("assistant_message"),
  content: z.array(assistantContentSchema),
});

const clientToolCallItemSchema = z.object({
  ...itemMembers,
  type: z.literal("client_tool_call"),
  status: z.enum(["pending", "completed"]).default("pending"),
  call_id: z.string(),
  name: z.string(),
  arguments: jsonObject,
  output: optional(json),
});

const widgetItemSchema = z.object({
  ...itemMembers,
  type: z.literal("widget"),
  widget: widgetRootSchema,
  copy_text: optional(z.string()),
});

const generatedImageItemSchema = z.object({
  ...itemMembers,
  type: z.literal("generated_image"),
  image: optional(generatedImageSchema),
});

const structuredInputItemSchema = z.object({
  ...itemMembers,
  type: z.literal("structured_input"),
  status: z.enum(["pending", "answered", "skipped"]).default("pending"),
  inputs: z.array(structuredInputSchema),
});

const workflowItemSchema = z.object({
  ...itemMembers,
  type: z.literal("workflow"),
  workflow: workflowSchema,
});

const taskItemSchema = z.object({ ...itemMembers, type: z.literal("task"), task: taskSchema });

const endOfTurnItemSchema = z.object({ ...itemMembers, type: z.literal("end_of_turn") });

const hiddenContextItemSchema = z.object({
  ...itemMembers,
  type: z.literal("hidden_context_item"),
  content: json,
});

const sdkHiddenContextItemSchema = z.object({
  ...itemMembers,
  type: z.literal("sdk_hidden_context"),
  content: z.string(),
});

const commonKinds = [
  assistantMessageItemSchema,
  clientToolCallItemSchema,
  widgetItemSchema,
  generatedImageItemSchema,
  structuredInputItemSchema,
  workflowItemSchema,
  taskItemSchema,
  endOfTurnItemSchema,
] as const;

const hiddenKinds = [hiddenContextItemSchema, sdkHiddenContextItemSchema] as const;

/** An item that a client may see. */
export const threadItemSchema = z.discriminatedUnion("type", [visibleUserMessageSchema, ...commonKinds]);
export type ThreadItem = z.infer<typeof threadItemSchema>;

/** Every kind of item, those that never leave the server included. */
export const storedItemSchema = z.discriminatedUnion("type", [
  userMessageItemSchema,
  ...commonKinds,
  ...hiddenKinds,
]);
export type StoredItem = z.infer<typeof storedItemSchema>;

export type UserMessageItem = z.infer<typeof userMessageItemSchema>;
export type AssistantMessageItem = z.infer<typeof assistantMessageItemSchema>;
export type ClientToolCallItem = z.infer<typeof clientToolCallItemSchema>;
export type WidgetItem = z.infer<typeof widgetItemSchema>;
export type GeneratedImageItem = z.infer<typeof generatedImageItemSchema>;
export type StructuredInputItem = z.infer<typeof structuredInputItemSchema>;
export type WorkflowItem = z.infer<typeof workflowItemSchema>;
export type TaskItem = z.infer<typeof taskItemSchema>;
export type EndOfTurnItem = z.infer<typeof endOfTurnItemSchema>;
export type HiddenContextItem = z.infer<typeof hiddenContextItemSchema>;
export type SdkHiddenContextItem = z.infer<typeof sdkHiddenContextItemSchema>;
/** Stored, given to the model, never sent to a client. */
export type HiddenItem = HiddenContextItem | SdkHiddenContextItem;

export function isHiddenItem(item: StoredItem): item is HiddenItem {
  return item.type === "hidden_context_item" || item.type === "sdk_hidden_context";
}

const threadMembers = {
  id: z.string().min(1),
  /** ISO 8601, UTC. */
  created_at: z.string(),
  title: optional(z.string()),
  status: threadStatusSchema.default(() => ({ type: "active" as const })),
  /** Hosts from which a client may show images. */
  allowed_image_domains: optional(z.array(z.string())),
};

/** A thread as a client sees it: `metadata` is private and always empty here. */
export const threadSchema = z.object({
  ...threadMembers,
  metadata: z.object({}).default(() => ({})),
  items: pageSchema(threadItemSchema),
});
export type Thread = z.infer<typeof threadSchema>;

/** A thread as it is stored: with its private metadata, without items. */
export const storedThreadSchema = z.object({ ...threadMembers, metadata: jsonObject.default(() => ({})) });
export type StoredThread = z.infer<typeof storedThreadSchema>;

function userMessageSchema<Attachment extends z.ZodType>(attachment: Attachment) {
  return z.object({
    ...itemMembers,
    type: z.literal("user_message"),
    content: z.array(userContentSchema),
    attachments: z.array(attachment).default(() => []),
    quoted_text: optional(z.string()),
    inference_options: inferenceOptionsSchema.default(() => ({})),
  });
}
