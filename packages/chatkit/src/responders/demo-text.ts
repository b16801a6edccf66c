// What the demo says: Markdown in which the user's words appear only as plain text.

import type { StoredItem, UserMessageItem } from "../protocol/index.ts";
import { escapeMarkdown } from "../responder-kit/user-words.ts";
import { shorten } from "./thread-title.ts";
import { plainText } from "./user-text.ts";

const scenes = ["answer", "long", "tasks", "widget", "form", "tool", "error"] as const;
export type DemoScene = (typeof scenes)[number];

export interface DemoScript {
  readonly scene: DemoScene;
  readonly thoughts?: readonly { readonly title: string; readonly content: string }[];
  readonly markdown: string;
  /** Whether a source follows the text. */
  readonly cited?: boolean;
}

const excerptLength = 80;
const longSections = 24;

const introduction =
  "I am Sidekit's built-in demo, not a model: to get real answers, start with a key, " +
  "`OPENAI_API_KEY=… npm start`.";

const commands = [
  "| Type | to see |",
  "| --- | --- |",
  "| `long` | an answer long enough to stop |",
  "| `tasks` | a list that is worked through |",
  "| `widget` | a card that grows, with a button |",
  "| `form` | questions, and what becomes of your answers |",
  "| `tool` | the page being asked for something |",
  "| `error` | a failure that you can retry |",
  "| anything else | how this conversation is remembered |",
].join("\n");

const snippet = [
  "```ts",
  'import { createChatSessionClient } from "@sidekit/chat-session/client";',
  "",
  "const chat = createChatSessionClient({ url, issuerCredential });",
  'const session = await chat.createSession({ profile: "default" });',
  "```",
].join("\n");

/** The script of one turn, from the thread so far: oldest first, the message to answer included. */
export function demoScript(history: readonly StoredItem[], message: UserMessageItem | null): DemoScript {
  const asked = history.filter((item) => item.type === "user_message");
  const firstAnswer = !history.some((item) => item.type === "assistant_message");
  const words = message ? plainText(message) : "";
  const scene = sceneOf(words);
  const paragraphs = [...(firstAnswer ? [introduction] : []), ...bodyOf(scene, words, asked)];
  const markdown = paragraphs.join("\n\n");
  return {
    scene,
    thoughts: [
      { title: "Reading", content: `The message has ${count(words.length, "character")}.` },
      {
        title: "Remembering",
        content: `The conversation has ${count(asked.length, "message")} of yours so far.`,
      },
    ],
    markdown,
    cited: true,
  };
}

/** What is said when the questions of the form have been answered. */
export function spokenAnswers(answers: { building?: string | undefined; wish?: string | undefined }): string {
  const building = answers.building === undefined ? "not told" : `“${excerpt(answers.building)}”`;
  const wish = answers.wish === undefined ? "not told" : `“${excerpt(answers.wish)}”`;
  return `Thank you. What you are building: ${building}. What it should answer: ${wish}.`;
}

/** What is said when the page has answered. */
export function spokenClock(timeZone: string): string {
  return `The page says that its time zone is ${excerpt(timeZone)}.`;
}

function sceneOf(words: string): DemoScene {
  const command = words.toLowerCase().replaceAll(/[^a-z]/g, "");
  return scenes.find((scene) => scene === command) ?? "answer";
}

function bodyOf(scene: DemoScene, words: string, asked: readonly UserMessageItem[]): string[] {
  switch (scene) {
    case "error":
      return ["You asked for an error. Here it comes; **Try again** asks for the same answer once more."];
    case "long":
      return [
        "## A long answer",
        "Press **stop** whenever you like: what has been said by then is kept.",
        ...Array.from({ length: longSections }, (_, index) => longSection(index + 1)),
      ];
    case "tasks":
      return ["A workflow is a list of tasks. This one only pretends to work: there is no model here."];
    case "widget":
      return ["This card is drawn from data that the server sends. Its button comes back to the server."];
    case "form":
      return ["A responder can ask before it goes on. Answer or skip; your answers begin the next turn."];
    case "tool":
      return [
        "A responder can ask the page to do something. This one asks for its time zone with the client tool " +
          "`get_time_zone`; a page without such a tool leaves it unanswered.",
      ];
    case "answer":
      return [
        `## Message ${asked.length}`,
        `You wrote “${excerpt(words)}”.`,
        ...memory(asked),
        "What this server streams, and you are looking at:",
        "- **formatted text**, piece by piece\n- a *thought process* above it\n- a source at its end",
        "To open a session from your own interface:",
        snippet,
        "To try more, send one of these words:",
        commands,
        "How the chat component is set up is told in the [ChatKit guide](https://platform.openai.com/docs/guides/chatkit).",
      ];
    default:
      return scene satisfies never;
  }
}

function memory(asked: readonly UserMessageItem[]): string[] {
  const first = asked[0];
  if (asked.length < 2 || !first) return [];
  return [
    `This is message ${asked.length} of our conversation, which began with “${excerpt(plainText(first))}”.`,
  ];
}

function longSection(number: number): string {
  return (
    `### Part ${number} of ${longSections}\n\n` +
    "A model sends its answer in small pieces. Each of them travels as one event, is shown as it arrives, and is part " +
    "of what would be stored if you pressed stop now."
  );
}

function excerpt(words: string): string {
  return escapeMarkdown(shorten(words.replaceAll(/\s+/g, " ").trim(), excerptLength));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
