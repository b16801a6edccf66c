// Answers without a model, so that everything around one can be tried before there is a key.

import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import type { Responder, ResponderEvent, Turn } from "../ports.ts";
import { defineResponder } from "../responder-kit/define-responder.ts";
import { nameThread } from "../responder-kit/thread-name.ts";
import { replaceWidget } from "../responder-kit/widget.ts";
import { counterCard, demoForm, pageClock, show } from "./demo-scenes.ts";
import { demoScript, spokenAnswers, spokenClock } from "./demo-text.ts";

const historyItems = 100;

/** Milliseconds between two pieces, about as fast as a model. */
const defaultPaceMs = 20;

export interface DemoOptions {
  /** Milliseconds between two pieces; 0 leaves no pause at all. */
  readonly paceMs?: number;
}

/**
 * A responder that says what it is and then shows the protocol: thoughts, streamed Markdown, a source. The words
 * `long`, `tasks`, `widget`, `form`, `tool` and `error` bring a long answer, a workflow, a widget with actions, questions,
 * a client tool and a failure. Names an untitled thread. A stop ends it at the next piece.
 */
export function createDemoResponder(options: DemoOptions = {}): Responder {
  const paceMs = options.paceMs ?? defaultPaceMs;

  return defineResponder({
    async *respond(turn) {
      nameThread(turn);
      yield* paced(turn, show(turn, demoScript(await turn.history(historyItems), turn.userMessage)), paceMs);
    },
    actions: {
      "demo.count": {
        payload: z.object({ count: z.int().min(0).max(999) }),
        async *handle(_turn, { count }, sender) {
          if (sender !== null) yield* replaceWidget(sender, counterCard(count + 1));
        },
      },
    },
    clientTools: [
      pageClock.answered((turn, { timeZone }) =>
        paced(turn, show(turn, { scene: "answer", markdown: spokenClock(timeZone) }), paceMs),
      ),
    ],
    structuredInputs: [
      demoForm.answered((turn, answers) =>
        paced(turn, show(turn, { scene: "answer", markdown: spokenAnswers(answers) }), paceMs),
      ),
    ],
  });
}

/** A pause after every event, and the end of it at once when the turn is stopped. */
async function* paced(
  turn: Turn,
  events: AsyncIterable<ResponderEvent>,
  paceMs: number,
): AsyncGenerator<ResponderEvent> {
  try {
    for await (const event of events) {
      if (turn.signal.aborted) return;
      yield event;
      if (paceMs > 0) await sleep(paceMs, undefined, { signal: turn.signal });
    }
  } catch (error) {
    if (!turn.signal.aborted) throw error;
  }
}
