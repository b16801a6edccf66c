// Widget components that show something and hold no others (protocol 4.14.5, 4.14.6).

import { z } from "zod";

import { iconSchema } from "./icons.ts";
import {
  action,
  color,
  common,
  controlSize,
  controlVariant,
  dimensions,
  edge,
  flag,
  radius,
  size,
  spaced,
  text,
  weight,
  whole,
} from "./widget-values.ts";

const shownText = { value: z.string(), color, weight, textAlign: edge };
const textSize = z.enum(["xs", "sm", "md", "lg", "xl"]).nullish();

export const textSchema = z.strictObject({
  type: z.literal("Text"),
  ...common,
  ...shownText,
  /** Growth of the value is animated. */
  streaming: flag,
  italic: flag,
  lineThrough: flag,
  truncate: flag,
  width: size,
  size: textSize,
  minLines: whole,
  maxLines: whole,
  editable: z
    .union([
      z.literal(false),
      z.strictObject({
        name: z.string(),
        autoFocus: flag,
        autoSelect: flag,
        allowAutofillExtensions: flag,
        required: flag,
        autoComplete: text,
        pattern: text,
        placeholder: text,
      }),
    ])
    .nullish(),
});

export const markdownSchema = z.strictObject({
  type: z.literal("Markdown"),
  ...common,
  value: z.string(),
  streaming: flag,
});

export const titleSchema = z.strictObject({
  type: z.literal("Title"),
  ...common,
  ...shownText,
  truncate: flag,
  maxLines: whole,
  size: z.enum(["sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl"]).nullish(),
});

export const captionSchema = z.strictObject({
  type: z.literal("Caption"),
  ...common,
  ...shownText,
  truncate: flag,
  maxLines: whole,
  size: z.enum(["sm", "md", "lg"]).nullish(),
});

export const labelSchema = z.strictObject({
  type: z.literal("Label"),
  ...common,
  ...shownText,
  /** Name of the field that it labels. */
  fieldName: z.string(),
  size: textSize,
});

export const badgeSchema = z.strictObject({
  type: z.literal("Badge"),
  ...common,
  label: z.string(),
  color: z.enum(["secondary", "success", "danger", "warning", "info", "discovery"]).nullish(),
  variant: z.enum(["solid", "soft", "outline"]).nullish(),
  size: z.enum(["sm", "md", "lg"]).nullish(),
  pill: flag,
});

export const iconComponentSchema = z.strictObject({
  type: z.literal("Icon"),
  ...common,
  name: iconSchema,
  color,
  size: z.enum(["xs", "sm", "md", "lg", "xl", "2xl", "3xl"]).nullish(),
});

export const imageSchema = z.strictObject({
  type: z.literal("Image"),
  ...common,
  ...dimensions,
  src: z.string(),
  alt: text,
  fit: z.enum(["cover", "contain", "fill", "scale-down", "none"]).nullish(),
  position: z
    .enum([
      "top left",
      "top",
      "top right",
      "left",
      "center",
      "right",
      "bottom left",
      "bottom",
      "bottom right",
    ])
    .nullish(),
  radius,
  frame: flag,
  flush: flag,
  margin: spaced,
  background: color,
  flex: size,
});

export const buttonSchema = z.strictObject({
  type: z.literal("Button"),
  ...common,
  label: text,
  onClickAction: action,
  /** Submits the form around it. */
  submit: flag,
  iconStart: iconSchema.nullish(),
  iconEnd: iconSchema.nullish(),
  style: z.enum(["primary", "secondary"]).nullish(),
  iconSize: z.enum(["sm", "md", "lg", "xl", "2xl"]).nullish(),
  color: z
    .enum(["primary", "secondary", "info", "discovery", "success", "caution", "warning", "danger"])
    .nullish(),
  variant: controlVariant,
  size: controlSize,
  pill: flag,
  uniform: flag,
  block: flag,
  disabled: flag,
});

export const spacerSchema = z.strictObject({ type: z.literal("Spacer"), ...common, minSize: size });

export const dividerSchema = z.strictObject({
  type: z.literal("Divider"),
  ...common,
  color,
  size,
  spacing: size,
  flush: flag,
});

const series = { label: z.string().nullable(), dataKey: z.string(), color };
const stacked = { ...series, stack: text };
const curveType = z
  .enum([
    "basis",
    "basisClosed",
    "basisOpen",
    "bumpX",
    "bumpY",
    "bump",
    "linear",
    "linearClosed",
    "natural",
    "monotoneX",
    "monotoneY",
    "monotone",
    "step",
    "stepBefore",
    "stepAfter",
  ])
  .nullish();

export const chartSchema = z.strictObject({
  type: z.literal("Chart"),
  ...common,
  ...dimensions,
  data: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
  series: z.array(
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("bar"), ...stacked }),
      z.strictObject({ type: z.literal("area"), ...stacked, curveType }),
      z.strictObject({ type: z.literal("line"), ...series, curveType }),
    ]),
  ),
  xAxis: z.union([
    z.string(),
    z.strictObject({
      dataKey: z.string(),
      hide: flag,
      labels: z.record(z.string(), z.string()).nullish(),
    }),
  ]),
  showYAxis: flag,
  showLegend: flag,
  showTooltip: flag,
  /** In px. */
  barGap: whole,
  /** In px. */
  barCategoryGap: whole,
  flex: size,
});
