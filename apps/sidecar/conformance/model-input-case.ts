// Replays a case of kind `model-input`: stored items as a model gets to read them.

import type { Json, JsonObject } from "@sidekit/chatkit/protocol";
import {
  modelInput,
  type ModelInputHooks,
  type ModelInputItem,
  type UserPart,
} from "@sidekit/chatkit/responders/model-input";
import { z } from "zod";

import { createBindings } from "./bindings.ts";
import type { CaseOf } from "./case-format.ts";
import { resolve } from "./case-values.ts";
import { match, type Mismatch } from "./match.ts";
import { toItem, toJson } from "./plain-json.ts";

const threadId = "thr_1";
/** What the hooks of an application make is passed on as it is. */
const unchecked = { part: z.custom<UserPart>(), item: z.custom<ModelInputItem>() };

/** Null when everything is as expected. */
export async function runModelInputCase({
  items,
  hooks,
  expect,
}: CaseOf<"model-input">): Promise<Mismatch | null> {
  const bindings = createBindings();
  const made = (value: Json, facts: JsonObject) =>
    resolve(value, { bindings, facts: () => facts, kept: new Map() });
  const { tag: tagPart, attachment: filePart, hiddenContext } = hooks ?? {};
  const converters: ModelInputHooks = {
    ...(tagPart !== undefined && { tag: (tag) => unchecked.part.parse(made(tagPart, { tag: toJson(tag) })) }),
    ...(filePart !== undefined && {
      attachment: (file) => unchecked.part.parse(made(filePart, { attachment: toJson(file) })),
    }),
    ...(hiddenContext !== undefined && {
      hiddenContext: (item) => unchecked.item.parse(made(hiddenContext, { item: toJson(item) })),
    }),
  };
  const stored = items.map((item) => toItem(item, threadId));
  const result: JsonObject = await modelInput(stored, converters).then(
    (input) => ({ input: toJson(input) }),
    () => ({ throws: true }),
  );
  return match({ ...expect }, result, bindings, "expect");
}
