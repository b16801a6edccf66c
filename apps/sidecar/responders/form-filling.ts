// Fills a form of the page: asks for what it needs, then lets the page fill it. A worked example without a model.

import {
  clientTool,
  defineResponder,
  escapeMarkdown,
  hiddenContext,
  nameThread,
  notice,
  progress,
  questions,
  text,
} from "@sidekit/chatkit/responder-kit";
import { z } from "zod";

/** What is asked, and what may be answered: people answer in their own words, so nights may come as anything. */
const trip = questions({
  name: "trip",
  ask: {
    destination: {
      type: "multiple_choice",
      question: "Where do you want to go?",
      options: ["Lisbon", "Oslo", "Prague"],
    },
    nights: { type: "freeform", question: "For how many nights?", description: "A number from 1 to 30." },
    extras: {
      type: "multiple_choice",
      question: "What else do you need?",
      options: ["A bicycle", "Breakfast", "A late check-out"],
      multiple: true,
    },
  },
  answers: z.object({
    destination: z.string().trim().min(1).max(80),
    nights: z.coerce.number().int().min(1).max(30),
    extras: z.array(z.string().max(80)).max(10).default([]),
  }),
});

/** The page puts these into its booking form, and tells which fields it has. */
const fillForm = clientTool({
  name: "fill_form",
  arguments: z.object({
    destination: z.string(),
    nights: z.number(),
    extras: z.array(z.string()),
  }),
  output: z.object({ filled: z.array(z.enum(["destination", "nights", "extras"])) }),
});

export const responder = defineResponder({
  async *respond(turn) {
    nameThread(turn, "A trip");
    yield* text(
      turn,
      "I am the form filling example, and no model. Tell me about your trip, and I fill the page's form with it.",
    );
    yield* trip.ask(turn);
  },

  structuredInputs: [
    trip.answered(
      async function* (turn, answers) {
        const { destination, nights } = answers;
        yield* text(
          turn,
          `${escapeMarkdown(destination)}, ${nights === 1 ? "one night" : `${nights} nights`}. Over to the page.`,
        );
        yield* progress("The page fills its form", "write");
        yield* fillForm.call(turn, answers);
      },
      async function* (turn, unfit) {
        if (turn.cause.kind === "structured_input" && turn.cause.item.status === "skipped") {
          yield* text(turn, "No trip, then. Write again when you want one.");
          return;
        }
        yield* notice("warning", `Please look at this once more: ${unfit.join(", ")}.`);
        yield* trip.ask(turn);
      },
    ),
  ],

  clientTools: [
    fillForm.answered(async function* (turn, { filled }, wanted) {
      const missing = Object.keys(wanted).filter((field) => !filled.some((done) => done === field));
      yield* hiddenContext(turn, { form: wanted, missing });
      yield* text(
        turn,
        missing.length === 0
          ? "The form is filled. Look it over, then send it yourself."
          : `The page has no field for this: ${missing.join(", ")}. Everything else is filled in.`,
      );
    }),
  ],
});
