// Replays the cases that concern one function for widgets.

import type { Json, JsonObject, WidgetRoot } from "@sidekit/chatkit/protocol";
import { accumulateText, diffWidget, loadWidgetTemplate } from "@sidekit/chatkit/widgets";
import { z } from "zod";

import { createBindings } from "./bindings.ts";
import type { CaseOf } from "./case-format.ts";
import { match, type Mismatch } from "./match.ts";
import { toJson, toObject } from "./plain-json.ts";

/** Given to the functions as they are in the case. */
const unchecked = {
  widget: z.custom<WidgetRoot>(),
  text: z.custom<Parameters<typeof accumulateText>[0]>(),
  deltas: z.custom<Parameters<typeof accumulateText>[1]>(),
};

/** Null when everything is as expected; so for all of them. */
export async function runWidgetDiffCase(testCase: CaseOf<"widget-diff">): Promise<Mismatch | null> {
  const updates = diffWidget(unchecked.widget.parse(testCase.before), unchecked.widget.parse(testCase.after));
  return match({ ...testCase.expect }, { updates: toJson(updates) }, createBindings(), "expect");
}

export async function runWidgetTemplateCase(testCase: CaseOf<"widget-template">): Promise<Mismatch | null> {
  const { template, data, expect } = testCase;
  return match({ ...expect }, built(template, data), createBindings(), "expect");
}

export async function runTextAccumulationCase(
  testCase: CaseOf<"text-accumulation">,
): Promise<Mismatch | null> {
  const { base, deltas, expect } = testCase;
  const states: Json[] = [];
  for await (const state of accumulateText(unchecked.text.parse(base), unchecked.deltas.parse(deltas))) {
    states.push(toJson(state));
  }
  return match({ ...expect }, { states }, createBindings(), "expect");
}

function built(template: Json, data: Json | undefined): JsonObject {
  try {
    const { build } = loadWidgetTemplate(JSON.stringify(template));
    return { tree: toJson(build(data === undefined ? undefined : toObject(data))) };
  } catch {
    return { throws: true };
  }
}
