// Checks of what is asked and what is answered, beside the model.

import { ChatKitError } from "../errors.ts";
import { GuardrailTripped } from "../model-run/model-run.ts";
import type { Turn } from "../ports.ts";
import { untilAborted } from "../until-aborted.ts";
import { plainText } from "./user-text.ts";

/** A check that takes longer fails the turn: what is not checked is not shown. */
const checkMs = 30_000;

export interface GuardrailCheck {
  readonly turn: Turn;
  /** What the user wrote, or what the model answered. */
  readonly text: string;
  readonly signal: AbortSignal;
}

/** True, or a GuardrailTripped that is thrown: the answer is taken back and the turn ends. */
export type Guardrail = (check: GuardrailCheck) => boolean | Promise<boolean>;

export interface Guardrails {
  /** Runs while the model answers, so that it costs no time; asked of user messages only. */
  readonly input?: Guardrail;
  /** Runs once, when the answer is complete. */
  readonly output?: Guardrail;
}

export async function checkInput(guardrails: Guardrails, turn: Turn, signal: AbortSignal): Promise<void> {
  if (!guardrails.input || !turn.userMessage) return;
  const text = plainText(turn.userMessage);
  if (await verdict(guardrails.input, { turn, text, signal })) throw new GuardrailTripped("input");
}

/** `items` are the finished items of a response. */
export async function checkOutput(
  guardrails: Guardrails,
  turn: Turn,
  items: readonly object[],
  signal: AbortSignal,
): Promise<void> {
  if (!guardrails.output) return;
  const text = items.map(textOf).filter(Boolean).join("\n");
  if (await verdict(guardrails.output, { turn, text, signal })) throw new GuardrailTripped("output");
}

async function verdict(guardrail: Guardrail, check: GuardrailCheck): Promise<boolean> {
  const deadline = AbortSignal.timeout(checkMs);
  const signal = AbortSignal.any([check.signal, deadline]);
  try {
    return await untilAborted(async () => guardrail({ ...check, signal }), signal);
  } catch (error) {
    throw deadline.aborted
      ? new ChatKitError("internal", { cause: new Error("a guardrail took too long") })
      : error;
  }
}

function textOf(item: object): string {
  if (!("content" in item) || !Array.isArray(item.content)) return "";
  return item.content
    .map((part: unknown) =>
      typeof part === "object" && part !== null && "text" in part && typeof part.text === "string"
        ? part.text
        : "",
    )
    .join("");
}
