// What an assistant text refers to.

import { z } from "zod";

import { storedIconSchema } from "./icons.ts";
import { jsonObject, optional } from "./json.ts";

const common = {
  title: z.string(),
  description: optional(z.string()),
  timestamp: optional(z.string()),
  group: optional(z.string()),
};

export const urlSourceSchema = z.object({
  type: z.literal("url"),
  ...common,
  url: z.string(),
  attribution: optional(z.string()),
});
export type UrlSource = z.infer<typeof urlSourceSchema>;

export const fileSourceSchema = z.object({ type: z.literal("file"), ...common, filename: z.string() });
export type FileSource = z.infer<typeof fileSourceSchema>;

export const entitySourceSchema = z.object({
  type: z.literal("entity"),
  ...common,
  id: z.string(),
  icon: optional(storedIconSchema),
  label: optional(z.string()),
  inline_label: optional(z.string()),
  interactive: z.boolean().default(false),
  data: jsonObject.default(() => ({})),
  preview: optional(z.literal("lazy")),
});
export type EntitySource = z.infer<typeof entitySourceSchema>;

export const annotationSchema = z.object({
  type: z.literal("annotation").default("annotation"),
  source: z.discriminatedUnion("type", [urlSourceSchema, fileSourceSchema, entitySourceSchema]),
  /** Position in the text, in UTF-16 code units, where the marker goes. */
  index: optional(z.int()),
});
export type Annotation = z.infer<typeof annotationSchema>;
