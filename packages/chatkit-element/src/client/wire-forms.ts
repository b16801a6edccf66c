// Reads what a turn asks of the user or of the page: questions and client tool calls.

import type { ClientToolCallItem, StructuredInput } from "@sidekit/chatkit/protocol";

import { isRecord, rows, textOr, texts } from "./wire-values.ts";

/** Null when it is neither kind of question. */
export function readQuestion(value: unknown): StructuredInput | null {
  if (!isRecord(value) || typeof value["id"] !== "string") return null;
  const answer = readAnswer(value["answer"]);
  const common = {
    id: value["id"],
    question: textOr(value["question"], ""),
    ...(answer === null ? {} : { answer }),
  };
  if (value["type"] === "freeform") return { ...common, type: "freeform", ...texts(value, ["description"]) };
  if (value["type"] !== "multiple_choice") return null;
  return {
    ...common,
    type: "multiple_choice",
    options: rows(value["options"], (option) =>
      isRecord(option) && typeof option["value"] === "string" ? { value: option["value"] } : null,
    ),
    multiple: value["multiple"] === true,
  };
}

/** Comes from `JSON.parse`, so whatever is in an object is JSON. */
export function readArguments(value: unknown): ClientToolCallItem["arguments"] {
  return isRecord(value) ? (value as ClientToolCallItem["arguments"]) : {};
}

function readAnswer(value: unknown): NonNullable<StructuredInput["answer"]> | null {
  if (!isRecord(value)) return null;
  return { values: rows(value["values"], (text) => textOr(text, null)), skipped: value["skipped"] === true };
}
