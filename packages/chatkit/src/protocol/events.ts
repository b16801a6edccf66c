// What a streaming response is made of.

import { z } from "zod";

import { iconSchema } from "./icons.ts";
import { jsonObject, optional } from "./json.ts";
import { assistantContentSchema, generatedImageSchema, threadItemSchema, threadSchema } from "./items.ts";
import { annotationSchema } from "./sources.ts";
import { widgetComponentSchema, widgetRootSchema } from "./widgets.ts";
import { taskSchema } from "./workflows.ts";

const index = z.int().nonnegative();

/** A change of an item that is not done yet. */
export const itemUpdateSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("assistant_message.content_part.added"),
    content_index: index,
    content: assistantContentSchema,
  }),
  z.object({
    type: z.literal("assistant_message.content_part.text_delta"),
    content_index: index,
    delta: z.string(),
  }),
  z.object({
    type: z.literal("assistant_message.content_part.annotation_added"),
    content_index: index,
    annotation_index: index,
    annotation: annotationSchema,
  }),
  z.object({
    type: z.literal("assistant_message.content_part.done"),
    content_index: index,
    content: assistantContentSchema,
  }),
  z.object({
    type: z.literal("widget.streaming_text.value_delta"),
    component_id: z.string(),
    delta: z.string(),
    done: z.boolean(),
  }),
  z.object({
    type: z.literal("widget.component.updated"),
    component_id: z.string(),
    component: widgetComponentSchema,
  }),
  z.object({ type: z.literal("widget.root.updated"), widget: widgetRootSchema }),
  z.object({ type: z.literal("workflow.task.added"), task_index: index, task: taskSchema }),
  z.object({ type: z.literal("workflow.task.updated"), task_index: index, task: taskSchema }),
  z.object({
    type: z.literal("generated_image.updated"),
    image: generatedImageSchema,
    /** 0 to 1. */
    progress: optional(z.number()),
  }),
]);
export type ItemUpdate = z.infer<typeof itemUpdateSchema>;

const itemUpdatedSchema = z.object({
  type: z.literal("thread.item.updated"),
  item_id: z.string(),
  update: itemUpdateSchema,
});

const itemRemovedSchema = z.object({ type: z.literal("thread.item.removed"), item_id: z.string() });

const progressUpdateSchema = z.object({
  type: z.literal("progress_update"),
  text: z.string(),
  icon: optional(iconSchema),
});

const clientEffectSchema = z.object({
  type: z.literal("client_effect"),
  name: z.string(),
  data: jsonObject.default(() => ({})),
});

const errorSchema = z.object({
  type: z.literal("error"),
  /** `custom` with a message, or a code for which the client has its own words, such as `stream.error`. */
  code: z.string().default("custom"),
  message: optional(z.string()),
  allow_retry: z.boolean().default(false),
});

const noticeSchema = z.object({
  type: z.literal("notice"),
  level: z.enum(["info", "warning", "danger"]),
  message: z.string(),
  title: optional(z.string()),
});

const streamOptionsSchema = z.object({
  type: z.literal("stream_options"),
  stream_options: z.object({ allow_cancel: z.boolean() }),
});

/** Events without an item or a thread in them. */
export const plainEventSchema = z.discriminatedUnion("type", [
  itemUpdatedSchema,
  itemRemovedSchema,
  progressUpdateSchema,
  clientEffectSchema,
  errorSchema,
  noticeSchema,
]);

/** One frame of a streaming response. */
export const streamEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("thread.created"), thread: threadSchema }),
  z.object({ type: z.literal("thread.updated"), thread: threadSchema }),
  z.object({ type: z.literal("thread.item.added"), item: threadItemSchema }),
  itemUpdatedSchema,
  z.object({ type: z.literal("thread.item.done"), item: threadItemSchema }),
  itemRemovedSchema,
  z.object({ type: z.literal("thread.item.replaced"), item: threadItemSchema }),
  streamOptionsSchema,
  progressUpdateSchema,
  clientEffectSchema,
  errorSchema,
  noticeSchema,
]);
export type StreamEvent = z.infer<typeof streamEventSchema>;
