// The values that members of widget components take (protocol 4.14.2, 4.15).

import { z } from "zod";

import { json } from "./json.ts";

/** What a component does when it is used. Found inside widget trees. */
export const actionConfigSchema = z.looseObject({
  type: z.string(),
  payload: json.optional(),
  /** `client`: the page handles it, and nothing is sent. Absent means `server`. */
  handler: z.enum(["server", "client"]).nullish(),
  loadingBehavior: z.enum(["auto", "none", "self", "container"]).nullish(),
  /** False: answered at once, without a stream. Absent means true. */
  streaming: z.boolean().nullish(),
});
export type ActionConfig = z.infer<typeof actionConfigSchema>;

export const text = z.string().nullish();
export const flag = z.boolean().nullish();
export const whole = z.int().nullish();
export const action = actionConfigSchema.nullish();

/** A number in the unit of its context, or a CSS size. */
export const size = z.union([z.number(), z.string()]).nullish();

const singleColor = z.string();
/** A token, a primitive such as `red-100` or a CSS color; or one for each theme. */
export const colorSchema = z.union([singleColor, z.strictObject({ light: singleColor, dark: singleColor })]);
export const color = colorSchema.nullish();

const spacing = z.strictObject({ top: size, right: size, bottom: size, left: size, x: size, y: size });
export const spacingOnly = spacing.nullish();
export const spaced = z.union([z.number(), z.string(), spacing]).nullish();

const oneBorder = z.strictObject({
  size: z.int(),
  color,
  style: z.enum(["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"]).nullish(),
});
const side = z.union([z.int(), oneBorder]).nullish();
export const border = z
  .union([
    z.int(),
    oneBorder,
    z.strictObject({ top: side, right: side, bottom: side, left: side, x: side, y: side }),
  ])
  .nullish();

export const radius = z
  .enum(["2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "full", "100%", "none"])
  .nullish();
export const align = z.enum(["start", "center", "end", "baseline", "stretch"]).nullish();
export const justify = z.enum(["start", "center", "end", "between", "around", "evenly", "stretch"]).nullish();
export const edge = z.enum(["start", "center", "end"]).nullish();
export const direction = z.enum(["row", "col"]).nullish();
export const theme = z.enum(["light", "dark"]).nullish();
export const weight = z.enum(["normal", "medium", "semibold", "bold"]).nullish();
export const controlVariant = z.enum(["solid", "soft", "outline", "ghost"]).nullish();
export const controlSize = z.enum(["3xs", "2xs", "xs", "sm", "md", "lg", "xl", "2xl", "3xl"]).nullish();

/** Members that every component has. */
export const common = {
  /** Needed by a text that streams; not twice in a tree. */
  id: text,
  /** Who this is across renderings. */
  key: text,
};

export const dimensions = {
  height: size,
  width: size,
  size,
  minHeight: size,
  minWidth: size,
  minSize: size,
  maxHeight: size,
  maxWidth: size,
  maxSize: size,
  aspectRatio: size,
};
