// Widgets of a script, as the server's helper takes them.

import type { WidgetRoot } from "@sidekit/chatkit/protocol";
import { z } from "zod";

import type { WidgetOperation } from "./script-format.ts";

/** Trees go to the helper as they are given. */
const unchecked = z.custom<WidgetRoot>();

export interface WidgetStates {
  readonly states: WidgetRoot | AsyncIterable<WidgetRoot>;
  readonly options: { readonly copyText?: string };
}

/** A static widget, or its states in sequence. */
export function statesOf(operation: WidgetOperation): WidgetStates {
  if ("root" in operation) return { states: unchecked.parse(operation.root), options: {} };
  const { states, copyText } = operation;
  async function* inSequence() {
    for (const state of states) yield unchecked.parse(state);
  }
  return { states: inSequence(), options: { ...(copyText !== undefined && { copyText }) } };
}
