// Widget trees. Everything below the root is passed through as it is: components are added with every release of the
// vendor's element, and a tree must not change by passing through here.

import { z } from "zod";

import { json } from "./json.ts";

export const widgetComponentSchema = z.looseObject({
  type: z.string(),
  id: z.string().nullish(),
  key: z.string().nullish(),
});
export type WidgetComponent = z.infer<typeof widgetComponentSchema>;

export const widgetRootSchema = z.looseObject({
  type: z.enum(["Card", "ListView", "Basic"]),
  id: z.string().nullish(),
  key: z.string().nullish(),
});
export type WidgetRoot = z.infer<typeof widgetRootSchema>;

/** What a component does when it is used. Found inside widget trees. */
export const actionConfigSchema = z.looseObject({
  type: z.string(),
  payload: json.optional(),
  handler: z.enum(["server", "client"]).optional(),
  loadingBehavior: z.enum(["auto", "none", "self", "container"]).optional(),
  streaming: z.boolean().optional(),
});
export type ActionConfig = z.infer<typeof actionConfigSchema>;
