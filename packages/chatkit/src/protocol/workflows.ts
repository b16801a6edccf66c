// Tasks, and workflows made of them.

import { z } from "zod";

import { storedIconSchema } from "./icons.ts";
import { optional } from "./json.ts";
import { fileSourceSchema, urlSourceSchema } from "./sources.ts";

const common = {
  status_indicator: z.enum(["none", "loading", "complete"]).default("none"),
  title: optional(z.string()),
};

export const taskSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("custom"),
    ...common,
    icon: optional(storedIconSchema),
    content: optional(z.string()),
  }),
  z.object({
    type: z.literal("web_search"),
    ...common,
    title_query: optional(z.string()),
    queries: z.array(z.string()).default(() => []),
    sources: z.array(urlSourceSchema).default(() => []),
  }),
  z.object({ type: z.literal("thought"), ...common, content: z.string() }),
  z.object({ type: z.literal("file"), ...common, sources: z.array(fileSourceSchema).default(() => []) }),
  z.object({ type: z.literal("image"), ...common }),
]);
export type Task = z.infer<typeof taskSchema>;

export const workflowSchema = z.object({
  type: z.enum(["custom", "reasoning"]),
  tasks: z.array(taskSchema),
  /** A title, or the time it took in whole seconds. With a title it is the first, whatever else it holds. */
  summary: optional(
    z.union([
      z.object({ title: z.string(), icon: optional(storedIconSchema) }),
      z.object({ duration: z.int() }),
    ]),
  ),
  expanded: z.boolean().default(false),
});
export type Workflow = z.infer<typeof workflowSchema>;
