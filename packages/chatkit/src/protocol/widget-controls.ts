// Widget components that take input: their values join the payload of actions in the same form (protocol 4.14.7).

import { z } from "zod";

import {
  action,
  common,
  controlSize,
  controlVariant,
  direction,
  edge,
  flag,
  text,
  whole,
} from "./widget-values.ts";

const control = { ...common, name: z.string(), disabled: flag };
const variant = z.enum(["soft", "outline"]).nullish();
const gutterSize = z.enum(["2xs", "xs", "sm", "md", "lg", "xl"]).nullish();

const typed = {
  ...control,
  defaultValue: text,
  pattern: text,
  placeholder: text,
  required: flag,
  allowAutofillExtensions: flag,
  autoSelect: flag,
  autoFocus: flag,
  variant,
  size: controlSize,
  gutterSize,
};

const picked = {
  ...control,
  onChangeAction: action,
  placeholder: text,
  defaultValue: text,
  variant: controlVariant,
  size: controlSize,
  pill: flag,
  block: flag,
  clearable: flag,
};

export const inputSchema = z.strictObject({
  type: z.literal("Input"),
  ...typed,
  inputType: z.enum(["number", "email", "text", "password", "tel", "url"]).nullish(),
  pill: flag,
});

export const textareaSchema = z.strictObject({
  type: z.literal("Textarea"),
  ...typed,
  autoResize: flag,
  rows: whole,
  maxRows: whole,
});

export const selectSchema = z.strictObject({
  type: z.literal("Select"),
  ...picked,
  options: z.array(
    z.strictObject({ value: z.string(), label: z.string(), disabled: flag, description: text }),
  ),
  searchable: flag,
});

/** `defaultValue`, `min` and `max` are ISO 8601 date-times; the bounds belong to the range. */
export const datePickerSchema = z.strictObject({
  type: z.literal("DatePicker"),
  ...picked,
  min: text,
  max: text,
  side: z.enum(["top", "bottom", "left", "right"]).nullish(),
  align: edge,
});

export const checkboxSchema = z.strictObject({
  type: z.literal("Checkbox"),
  ...control,
  label: text,
  defaultChecked: flag,
  onChangeAction: action,
  required: flag,
});

export const radioGroupSchema = z.strictObject({
  type: z.literal("RadioGroup"),
  ...control,
  options: z.array(z.strictObject({ label: z.string(), value: z.string(), disabled: flag })),
  ariaLabel: text,
  defaultValue: text,
  onChangeAction: action,
  direction,
  required: flag,
});
