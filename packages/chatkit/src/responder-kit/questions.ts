// Questions that are asked in the conversation and answered with a form.

import type { z } from "zod";

import { turnError } from "../errors.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { StructuredInput, StructuredInputItem } from "../protocol/index.ts";
import { newItem } from "./new-item.ts";

/** One question. People may answer any of them in their own words, whatever the options are. */
export type Question =
  | {
      readonly type: "multiple_choice";
      readonly question: string;
      readonly options: readonly string[];
      /** More than one may be chosen: the answer is a list. */
      readonly multiple?: boolean;
    }
  | { readonly type: "freeform"; readonly question: string; readonly description?: string };

/** A set of questions, and what may be answered. */
export interface Questions<Name extends string, Answers extends z.ZodType> {
  /** Asks all of them. What comes after it in this turn does not wait: the answers begin a turn of their own. */
  ask(turn: Turn): Generator<ResponderEvent, void>;
  /**
   * What goes on with the answers, once they fit. `unfit` is told the questions whose answers do not, to ask again for
   * instance; without it such answers end the turn with an error. For `structuredInputs` of `defineResponder`.
   */
  answered(
    handle: (turn: Turn, answers: z.output<Answers>) => AsyncIterable<ResponderEvent>,
    unfit?: (turn: Turn, names: readonly Name[]) => AsyncIterable<ResponderEvent>,
  ): StructuredInputHandler;
}

/** Made by `answered`. */
export interface StructuredInputHandler {
  /** Whether these are the questions that were asked. */
  owns(item: StructuredInputItem): boolean;
  resume(turn: Turn, item: StructuredInputItem): AsyncIterable<ResponderEvent>;
}

/**
 * Declares questions by name, and the application's own schema of the answers: an object with the same names, each a
 * string, a list of strings where `multiple` is set, or missing when the question was skipped (protocol 4.12, 7.6).
 */
export function questions<
  const Asked extends Readonly<Record<string, Question>>,
  Answers extends z.ZodType,
>(options: {
  /** Tells these questions from others of the application; goes into stored ids. */
  readonly name: string;
  readonly ask: Asked;
  readonly answers: Answers;
}): Questions<keyof Asked & string, Answers> {
  const { name, ask, answers } = options;
  const prefix = `${name}.`;
  const names = Object.keys(ask) as (keyof Asked & string)[];

  return {
    *ask(turn) {
      const inputs = Object.entries(ask).map(([key, question]) => inputOf(prefix + key, question));
      const item: StructuredInputItem = {
        ...newItem(turn, "message"),
        type: "structured_input",
        status: "pending",
        inputs,
      };
      yield { type: "thread.item.done", item };
    },
    answered: (handle, unfit = refuse) => ({
      owns: ({ inputs }) => inputs.length > 0 && inputs.every(({ id }) => id.startsWith(prefix)),
      async *resume(turn, item) {
        const given = await answers.safeParseAsync(givenAnswers(item, prefix));
        if (given.success) yield* handle(turn, given.data);
        else {
          const wrong = new Set(given.error.issues.map(({ path: [key] }) => key));
          yield* unfit(
            turn,
            names.filter((key) => wrong.has(key)),
          );
        }
      },
    }),
  };
}

// oxlint-disable-next-line require-yield -- it throws
async function* refuse(): AsyncGenerator<ResponderEvent> {
  throw turnError({ message: "These answers cannot be used." });
}

function inputOf(id: string, question: Question): StructuredInput {
  if (question.type === "freeform") return { ...question, id };
  const { options, multiple = false, ...others } = question;
  return { ...others, id, multiple, options: options.map((value) => ({ value })) };
}

/** Skipped questions are left out. */
function givenAnswers(item: StructuredInputItem, prefix: string): Record<string, string | string[]> {
  return Object.fromEntries(
    item.inputs.flatMap((input) => {
      const { values = [], skipped = true } = input.answer ?? {};
      if (skipped) return [];
      const many = input.type === "multiple_choice" && input.multiple;
      const answer = many ? values : values[0];
      return answer === undefined ? [] : [[input.id.slice(prefix.length), answer] as const];
    }),
  );
}
