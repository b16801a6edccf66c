// Calls that a person has to approve, as questions in the conversation.

import type { RunToolApprovalItem } from "@openai/agents";

import type { Turn } from "../../ports.ts";
import type { StructuredInput, StructuredInputItem } from "../../protocol/index.ts";
import { shorten } from "../thread-title.ts";

const approve = "Approve";
const reject = "Reject";
const maxArgumentsLength = 500;

export type Verdict = { readonly approved: true } | { readonly approved: false; readonly reason: string };

/** Two questions for each call: whether, and if not, why. */
export function approvalQuestions(turn: Turn, calls: readonly RunToolApprovalItem[]): StructuredInputItem {
  return {
    id: turn.newId("message"),
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "structured_input",
    status: "pending",
    inputs: calls.flatMap(questionsFor),
  };
}

/** Of the call at this place. Only the word for it approves: a skipped question or any other answer rejects. */
export function verdictOn(item: StructuredInputItem, index: number): Verdict {
  const answer = answerTo(item, approvalId(index));
  if (answer === approve) return { approved: true };
  const words = [answer === reject ? "" : answer, answerTo(item, reasonId(index))].filter(Boolean).join(" ");
  return { approved: false, reason: words ? `The user rejected this: ${words}` : "The user rejected this." };
}

function questionsFor(call: RunToolApprovalItem, index: number): StructuredInput[] {
  const args =
    call.arguments && call.arguments !== "{}" ? ` with ${shorten(call.arguments, maxArgumentsLength)}` : "";
  return [
    {
      id: approvalId(index),
      type: "multiple_choice",
      question: `May ${call.name ?? "this tool"} be used${args}?`,
      multiple: false,
      options: [{ value: approve }, { value: reject }],
    },
    { id: reasonId(index), type: "freeform", question: "If not, why?" },
  ];
}

function approvalId(index: number): string {
  return `approval.${index}`;
}

function reasonId(index: number): string {
  return `approval.${index}.reason`;
}

function answerTo(item: StructuredInputItem, id: string): string {
  const answer = item.inputs.find((input) => input.id === id)?.answer;
  return answer && !answer.skipped ? (answer.values[0] ?? "") : "";
}
