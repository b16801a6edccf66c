// The format of the scripts in a case, and of the model runs in them.

import type { Json } from "@sidekit/chatkit/protocol";
import { z } from "zod";

import { givenValue, scriptValue } from "./case-values.ts";
import { byMember } from "./told-apart.ts";

const count = z.int().nonnegative();

export interface ModelRunScript {
  readonly script: readonly ModelRunEntry[];
  readonly converter?: z.output<typeof converter> | undefined;
}

const converter = z.strictObject({
  partialImages: count.optional(),
  imageUrlPrefix: z.string().optional(),
  citationTitlePrefix: z.string().optional(),
  dropUrlCitations: z.boolean().optional(),
});

const widgetOperation = z.union([
  z.strictObject({ root: givenValue }),
  z.strictObject({ states: z.array(givenValue).min(1), copyText: z.string().optional() }),
]);

const endWorkflow = z.strictObject({ summary: scriptValue.optional(), expanded: z.boolean().optional() });

const modelRunEntry = byMember("entry of a model run", {
  model: z.strictObject({ model: scriptValue }),
  push: z.strictObject({ push: scriptValue }),
  toolCalled: z.strictObject({ toolCalled: scriptValue }),
  requestClientTool: z.strictObject({
    requestClientTool: z.strictObject({ name: z.string(), arguments: scriptValue }),
  }),
  startWorkflow: z.strictObject({ startWorkflow: scriptValue }),
  addTask: z.strictObject({ addTask: scriptValue }),
  updateTask: z.strictObject({ updateTask: z.strictObject({ index: count, task: scriptValue }) }),
  endWorkflow: z.strictObject({ endWorkflow }),
  widget: z.strictObject({ widget: widgetOperation }),
  guardrail: z.strictObject({ guardrail: z.enum(["input", "output"]) }),
  delayMs: z.strictObject({ delayMs: count }),
});
export type ModelRunEntry = z.output<typeof modelRunEntry>;

export const modelRun = z.strictObject({ script: z.array(modelRunEntry), converter: converter.optional() });

const thrown = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("custom"), message: z.string(), allowRetry: z.boolean().optional() }),
  z.strictObject({ kind: z.literal("stream"), code: z.string(), allowRetry: z.boolean().optional() }),
  z.strictObject({ kind: z.literal("http"), status: z.int() }),
  z.strictObject({ kind: z.literal("unexpected"), message: z.string().optional() }),
]);
export type Thrown = z.output<typeof thrown>;

const condition = z.strictObject({
  turn: z.int().optional(),
  input: z.boolean().optional(),
  sender: z.boolean().optional(),
  action: z.string().optional(),
  text: z.string().optional(),
  user: z.string().optional(),
});
export type Condition = z.output<typeof condition>;

const place = z.strictObject({
  var: z.string(),
  path: z.array(z.union([z.string(), z.number()])),
  value: scriptValue,
});
export type Place = z.output<typeof place>;

const storeWrite = byMember("store operation", {
  addItem: z.strictObject({ addItem: scriptValue }),
  saveItem: z.strictObject({ saveItem: scriptValue }),
  deleteItem: z.strictObject({ deleteItem: scriptValue }),
  saveThread: z.strictObject({ saveThread: z.literal(true) }),
});
export type StoreWrite = z.output<typeof storeWrite>;

export type Operation =
  | { readonly yield: Json }
  | { readonly throw: Thrown }
  | { readonly setThread: Record<string, Json> }
  | { readonly store: StoreWrite }
  | { readonly delayMs: number }
  | { readonly repeat: number; readonly ops: readonly Operation[] }
  | {
      readonly when: Condition;
      readonly ops: readonly Operation[];
      readonly else?: readonly Operation[] | undefined;
    }
  | { readonly awaitAbort: true }
  | { readonly gate: string }
  | { readonly widget: WidgetOperation }
  | { readonly let: string; readonly be: Json }
  | { readonly push: Place }
  | { readonly assign: Place }
  | { readonly modelRun: ModelRunScript }
  | { readonly return: Json };
export type WidgetOperation = z.output<typeof widgetOperation>;
export type Script = readonly Operation[];

export const script: z.ZodType<Operation[]> = z.array(
  z.lazy(() =>
    byMember("operation", {
      yield: z.strictObject({ yield: scriptValue }),
      throw: z.strictObject({ throw: thrown }),
      setThread: z.strictObject({ setThread: z.record(z.string(), scriptValue) }),
      store: z.strictObject({ store: storeWrite }),
      delayMs: z.strictObject({ delayMs: count }),
      repeat: z.strictObject({ repeat: count, ops: script }),
      when: z.strictObject({ when: condition, ops: script, else: script.optional() }),
      awaitAbort: z.strictObject({ awaitAbort: z.literal(true) }),
      gate: z.strictObject({ gate: z.string() }),
      widget: z.strictObject({ widget: widgetOperation }),
      let: z.strictObject({ let: z.string(), be: scriptValue }),
      push: z.strictObject({ push: place }),
      assign: z.strictObject({ assign: place }),
      modelRun: z.strictObject({ modelRun }),
      return: z.strictObject({ return: scriptValue }),
    }),
  ),
);
