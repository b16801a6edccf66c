// Widgets as an author writes them: every component that is known, and nothing else. What is stored and sent is not
// held against this (see widgets.ts).

import { z } from "zod";

import { iconSchema } from "./icons.ts";
import {
  badgeSchema,
  buttonSchema,
  captionSchema,
  chartSchema,
  dividerSchema,
  iconComponentSchema,
  imageSchema,
  labelSchema,
  markdownSchema,
  spacerSchema,
  textSchema,
  titleSchema,
} from "./widget-content.ts";
import {
  checkboxSchema,
  datePickerSchema,
  inputSchema,
  radioGroupSchema,
  selectSchema,
  textareaSchema,
} from "./widget-controls.ts";
import {
  action,
  actionConfigSchema,
  align,
  border,
  color,
  common,
  dimensions,
  direction,
  edge,
  flag,
  justify,
  radius,
  size,
  spaced,
  spacingOnly,
  text,
  theme,
} from "./widget-values.ts";

const layout = {
  ...common,
  ...dimensions,
  align,
  justify,
  wrap: z.enum(["nowrap", "wrap", "wrap-reverse"]).nullish(),
  flex: size,
  gap: size,
  padding: spaced,
  margin: spaced,
  border,
  radius,
  background: color,
};

const status = z
  .union([
    z.strictObject({ text: z.string(), favicon: text, frame: flag }),
    z.strictObject({ text: z.string(), icon: iconSchema.nullish() }),
  ])
  .nullish();

const cardAction = z.strictObject({ label: z.string(), action: actionConfigSchema }).nullish();

// Members without children: a type that is inferred from a schema cannot mention itself.
const boxMembers = z.strictObject({ type: z.literal("Box"), ...layout, direction });
const rowMembers = z.strictObject({ type: z.literal("Row"), ...layout });
const colMembers = z.strictObject({ type: z.literal("Col"), ...layout });
const formMembers = z.strictObject({
  type: z.literal("Form"),
  ...layout,
  direction,
  onSubmitAction: action,
});
const transitionMembers = z.strictObject({ type: z.literal("Transition"), ...common });
const tableMembers = z.strictObject({ type: z.literal("Table"), ...common });
const tableRowMembers = z.strictObject({ type: z.literal("Table.Row"), ...common, header: flag });
const tableCellMembers = z.strictObject({
  type: z.literal("Table.Cell"),
  ...common,
  width: size,
  padding: spacingOnly,
  colSpan: z.number().nullish(),
  rowSpan: z.number().nullish(),
  align: edge,
  vAlign: edge,
  colSize: z.enum(["xs", "sm", "md", "lg", "xl"]).nullish(),
});
const listViewItemMembers = z.strictObject({
  type: z.literal("ListViewItem"),
  ...common,
  onClickAction: action,
  gap: size,
  align,
});
const cardMembers = z.strictObject({
  type: z.literal("Card"),
  ...common,
  /** Its controls are a form, and `confirm` submits it. */
  asForm: flag,
  background: color,
  size: z.enum(["sm", "md", "lg", "full"]).nullish(),
  padding: spaced,
  status,
  collapsed: flag,
  confirm: cardAction,
  cancel: cardAction,
  theme,
  border,
});
const listViewMembers = z.strictObject({
  type: z.literal("ListView"),
  ...common,
  /** How many items are shown at first. */
  limit: z.union([z.int(), z.literal("auto")]).nullish(),
  status,
  theme,
});
const basicMembers = z.strictObject({
  type: z.literal("Basic"),
  ...common,
  theme,
  direction,
  gap: size,
  padding: spaced,
  align,
  justify,
});

type Children = { children?: KnownComponent[] | null | undefined };
type OwnChildren<Child> = { children: Child[] };

export type TableCell = z.infer<typeof tableCellMembers> & Children;
export type TableRow = z.infer<typeof tableRowMembers> & { children?: TableCell[] | null | undefined };
export type ListViewItem = z.infer<typeof listViewItemMembers> & OwnChildren<KnownComponent>;
export type Card = z.infer<typeof cardMembers> & OwnChildren<KnownComponent>;
export type ListView = z.infer<typeof listViewMembers> & OwnChildren<ListViewItem>;
export type Basic = z.infer<typeof basicMembers> & {
  children?: KnownComponent | (KnownComponent | Widget)[] | null | undefined;
};

/** A component that may stand anywhere below a root, except where rows or cells are asked for. */
export type KnownComponent =
  | z.infer<typeof textSchema>
  | z.infer<typeof markdownSchema>
  | z.infer<typeof titleSchema>
  | z.infer<typeof captionSchema>
  | z.infer<typeof labelSchema>
  | z.infer<typeof badgeSchema>
  | z.infer<typeof iconComponentSchema>
  | z.infer<typeof imageSchema>
  | z.infer<typeof buttonSchema>
  | z.infer<typeof spacerSchema>
  | z.infer<typeof dividerSchema>
  | z.infer<typeof chartSchema>
  | z.infer<typeof inputSchema>
  | z.infer<typeof textareaSchema>
  | z.infer<typeof selectSchema>
  | z.infer<typeof datePickerSchema>
  | z.infer<typeof checkboxSchema>
  | z.infer<typeof radioGroupSchema>
  | (z.infer<typeof boxMembers> & Children)
  | (z.infer<typeof rowMembers> & Children)
  | (z.infer<typeof colMembers> & Children)
  | (z.infer<typeof formMembers> & Children)
  | (z.infer<typeof transitionMembers> & { children: KnownComponent | null })
  | (z.infer<typeof tableMembers> & { children?: TableRow[] | null | undefined });

/** A whole widget. For authors: `const card = { … } satisfies Widget`. */
export type Widget = Card | ListView | Basic;

const component: z.ZodType<KnownComponent> = z.lazy(() => knownComponentSchema);
const children = z.array(component);
const someChildren = children.nullish();

const tableCellSchema = tableCellMembers.extend({ children: someChildren });
const tableRowSchema = tableRowMembers.extend({ children: z.array(tableCellSchema).nullish() });
const listViewItemSchema = listViewItemMembers.extend({ children });

/** Refuses components and members that it does not know. */
export const knownComponentSchema = z.discriminatedUnion("type", [
  textSchema,
  markdownSchema,
  titleSchema,
  captionSchema,
  labelSchema,
  badgeSchema,
  iconComponentSchema,
  imageSchema,
  buttonSchema,
  spacerSchema,
  dividerSchema,
  chartSchema,
  inputSchema,
  textareaSchema,
  selectSchema,
  datePickerSchema,
  checkboxSchema,
  radioGroupSchema,
  boxMembers.extend({ children: someChildren }),
  rowMembers.extend({ children: someChildren }),
  colMembers.extend({ children: someChildren }),
  formMembers.extend({ children: someChildren }),
  transitionMembers.extend({ children: component.nullable() }),
  tableMembers.extend({ children: z.array(tableRowSchema).nullish() }),
]);

const root: z.ZodType<Widget> = z.lazy(() => widgetSchema);

/**
 * A widget as the protocol knows it (protocol 4.14), for authors and for trees that a model has written. Refuses
 * components and members that it does not know; the server itself takes and keeps them.
 */
export const widgetSchema = z.discriminatedUnion("type", [
  cardMembers.extend({ children }),
  listViewMembers.extend({ children: z.array(listViewItemSchema) }),
  basicMembers.extend({ children: z.union([component, z.array(z.union([component, root]))]).nullish() }),
]);
