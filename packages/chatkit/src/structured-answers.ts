// What becomes of a structured input when the user submits it (protocol 7.6).

import type { StructuredInput, StructuredInputItem } from "./protocol/items.ts";
import type { StructuredInputSubmission } from "./protocol/requests.ts";

/** The item as it is stored from now on. Answers to questions that it does not ask are ignored. */
export function resolveStructuredInput(
  item: StructuredInputItem,
  { status, answers }: StructuredInputSubmission,
): StructuredInputItem {
  return {
    ...item,
    status,
    inputs: item.inputs.map((input) => {
      const given = status === "skipped" || !Object.hasOwn(answers, input.id) ? undefined : answers[input.id];
      return { ...input, answer: answerTo(input, given) };
    }),
  };
}

function answerTo(
  input: StructuredInput,
  given: { readonly values: readonly string[]; readonly skipped: boolean } | undefined,
): NonNullable<StructuredInput["answer"]> {
  if (given === undefined || given.skipped || given.values.length === 0) return { values: [], skipped: true };
  // The client lets people write what is not among the options, so values are taken as they are.
  const single = input.type === "multiple_choice" && !input.multiple;
  return { values: single ? given.values.slice(0, 1) : [...given.values], skipped: false };
}
