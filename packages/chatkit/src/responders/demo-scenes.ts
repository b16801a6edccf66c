// What the demo shows: each scene as the events of the protocol that it is made of.

import { z } from "zod";

import type { ResponderEvent, Turn } from "../ports.ts";
import type { UrlSource, WidgetRoot } from "../protocol/index.ts";
import { clientTool } from "../responder-kit/client-tool.ts";
import { questions } from "../responder-kit/questions.ts";
import { progress } from "../responder-kit/signals.ts";
import { text } from "../responder-kit/text.ts";
import { widget } from "../responder-kit/widget.ts";
import { workflow } from "../responder-kit/workflow.ts";
import type { DemoScript } from "./demo-text.ts";

/** Characters that are sent at once, about as many as a model's token has. */
const pieceLength = 6;

const guide: UrlSource = {
  type: "url",
  title: "ChatKit guide",
  url: "https://platform.openai.com/docs/guides/chatkit",
  attribution: "OpenAI",
};

/** A page that offers this tool says where its reader is. */
export const pageClock = clientTool({
  name: "get_time_zone",
  arguments: z.object({}),
  output: z.object({ timeZone: z.string().max(64) }),
});

export const demoForm = questions({
  name: "demo",
  ask: {
    building: {
      type: "multiple_choice",
      question: "What are you building?",
      options: ["A web product", "A desktop app", "An editor extension"],
    },
    wish: { type: "freeform", question: "What should it answer?", description: "A word or two will do." },
  },
  answers: z.object({ building: z.string().optional(), wish: z.string().optional() }),
});

/** The events of one script. */
export async function* show(
  turn: Turn,
  { scene, thoughts = [], markdown, cited = false }: DemoScript,
): AsyncGenerator<ResponderEvent> {
  if (thoughts.length > 0) yield* think(turn, thoughts);
  yield* text(turn, [...piecesOf(markdown), ...(cited ? [guide] : [])]);
  switch (scene) {
    case "error":
      yield {
        type: "error",
        code: "custom",
        message: "This is the error you asked for. Nothing is broken.",
        allow_retry: true,
      };
      return;
    case "tasks":
      yield* work(turn);
      return;
    case "widget":
      yield* widget(turn, growingCard(), { copyText: "Counted so far: 0" });
      return;
    case "form":
      yield* demoForm.ask(turn);
      return;
    case "tool":
      yield* progress("Waiting for the page", "clock");
      yield* pageClock.call(turn, {});
      return;
    case "answer":
    case "long":
      return;
    default:
      scene satisfies never;
  }
}

/** A card whose button counts: each press replaces it. */
export function counterCard(count: number): WidgetRoot {
  return {
    type: "Card",
    size: "sm",
    children: [
      { type: "Title", value: "A widget", size: "sm" },
      { type: "Text", id: "counted", value: `Counted so far: ${count}`, streaming: false },
      {
        type: "Button",
        label: "Count",
        style: "primary",
        onClickAction: { type: "demo.count", payload: { count } },
      },
    ],
  };
}

async function* think(
  turn: Turn,
  thoughts: NonNullable<DemoScript["thoughts"]>,
): AsyncGenerator<ResponderEvent> {
  const thinking = yield* workflow(turn, { type: "reasoning" });
  for (const { title, content } of thoughts) {
    const [first = "", ...others] = piecesOf(content);
    const thought = yield* thinking.add({ type: "thought", title, content: first });
    let soFar = first;
    for (const piece of others) {
      soFar += piece;
      yield* thought.update({ content: soFar });
    }
    yield* thought.complete();
  }
  yield* thinking.end();
}

async function* work(turn: Turn): AsyncGenerator<ResponderEvent> {
  yield* progress("Working through a list", "bolt");
  const work = yield* workflow(turn, { expanded: true });
  const plan = yield* work.add({ type: "custom", title: "Making a plan", icon: "notebook" });
  yield* plan.complete({ title: "Made a plan" });
  const search = yield* work.add({
    type: "web_search",
    title: "Searching",
    title_query: "chatkit",
    queries: ["chatkit", "chatkit protocol"],
  });
  yield* search.complete({ title: "Pretended to search", sources: [guide] });
  const reading = yield* work.add({ type: "file", title: "Reading a file" });
  yield* reading.complete({
    title: "Pretended to read",
    sources: [{ type: "file", title: "Settings", filename: "settings.md" }],
  });
  yield* work.end({ title: "Three tasks, and nothing done", icon: "check-circle" });
}

/** A text of the card is written piece by piece, then the whole card takes its place. */
async function* growingCard(): AsyncGenerator<WidgetRoot> {
  const sentence = "A widget can grow while it is shown.";
  let value = "";
  for (const piece of piecesOf(sentence)) {
    value += piece;
    yield { type: "Card", size: "sm", children: [{ type: "Text", id: "growing", value, streaming: true }] };
  }
  yield counterCard(0);
}

/** Cuts between characters, never inside one that takes two code units. */
function piecesOf(markdown: string): string[] {
  const characters = [...markdown];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += pieceLength) {
    pieces.push(characters.slice(start, start + pieceLength).join(""));
  }
  return pieces;
}
