// Answers questions from documents: looks through a library, shows the work as tasks, cites what it found. A worked
// example without a model; the library is Sidekit's own documentation.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Responder } from "@sidekit/chatkit";
import {
  defineResponder,
  escapeMarkdown,
  nameThread,
  progress,
  text,
  type TextPiece,
  type Turn,
  userWords,
  workflow,
} from "@sidekit/chatkit/responder-kit";
import type { FileSource, UrlSource } from "@sidekit/chatkit/protocol";

const documentation = join(import.meta.dirname, "../../../docs");
const shownSections = 3;
const shownLinks = 5;
const quoteLength = 280;
/** Every question has them, and no document is about them. */
const questionWords = new Set("and are can does for how the what when where which who why with".split(" "));

/** What a model would be asked to read. */
interface Section {
  readonly file: string;
  readonly heading: string;
  readonly body: string;
}

export const responder = createResearchAssistant({ libraryDir: documentation });

/** Looks through the Markdown files of this folder, anew for every question. */
export function createResearchAssistant({ libraryDir }: { readonly libraryDir: string }): Responder {
  return defineResponder({
    async *respond(turn) {
      nameThread(turn);
      const words = searchWords(userWords(turn));
      yield* progress("Looking through the documentation", "search");

      const work = yield* workflow(turn);
      const reading = yield* work.add({ type: "file", title: "Reading the library" });
      const library = await readLibrary(libraryDir, turn.signal);
      const files = [...new Set(library.map(({ file }) => file))];
      yield* reading.complete({
        title: `Read ${files.length} documents`,
        sources: files.map((filename) => ({ type: "file", title: filename, filename })),
      });

      const search = yield* work.add({
        type: "custom",
        title: `Searching for: ${words.join(", ") || "nothing"}`,
        icon: "search",
      });
      const found = bestSections(library, words).slice(0, shownSections);
      yield* search.complete({ content: found.map(({ heading }) => `- ${heading}`).join("\n") });

      const links = found.flatMap(({ body }) => linksIn(body)).slice(0, shownLinks);
      if (links.length > 0) {
        const collecting = yield* work.add({ type: "web_search", title: "Collecting links", queries: words });
        yield* collecting.complete({ title: "Collected links, unopened", sources: links });
      }
      yield* work.end();

      yield* text(turn, found.length === 0 ? nothingFound(words) : answer(turn, found));
    },
  });
}

/** Each quotation is followed by the source that it is from. */
function* answer(turn: Turn, found: readonly Section[]): Generator<TextPiece> {
  yield `This is what the documentation says about “${escapeMarkdown(userWords(turn))}”. `;
  yield "I am an example without a model: I find, quote and cite, and conclude nothing.\n\n";
  for (const { file, heading, body } of found) {
    const source: FileSource = { type: "file", title: heading, filename: file };
    yield `**${escapeMarkdown(heading)}**\n\n> ${escapeMarkdown(excerpt(body))}`;
    yield source;
    yield "\n\n";
  }
}

function nothingFound(words: readonly string[]): string {
  const asked =
    words.length === 0 ? "no word that I could look for" : "nothing that the documentation speaks of";
  return (
    `Your question has ${asked}. I am the research example: without a model, and with Sidekit's documentation as my ` +
    "whole library. Ask about profiles, keys, errors or attachments."
  );
}

async function readLibrary(dir: string, signal: AbortSignal): Promise<Section[]> {
  const files = (await readdir(dir)).filter((name) => name.endsWith(".md")).toSorted();
  const documents = await Promise.all(
    files.map(async (file) =>
      sectionsOf(file, await readFile(join(dir, file), { encoding: "utf8", signal })),
    ),
  );
  return documents.flat();
}

function sectionsOf(file: string, markdown: string): Section[] {
  return markdown
    .split(/^(?=#+ )/m)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [, heading = file, body = part] = /^#+ (.+)\n([^]*)$/.exec(part) ?? [];
      return { file, heading, body };
    })
    .filter(({ body }) => body.trim() !== "");
}

function searchWords(question: string): string[] {
  const words = question.toLowerCase().match(/\p{L}[\p{L}\d]{2,}/gu) ?? [];
  return [...new Set(words)].filter((word) => !questionWords.has(word)).slice(0, 20);
}

/** A word counts for more the fewer sections have it, and three times in a heading. */
function bestSections(library: readonly Section[], words: readonly string[]): Section[] {
  const texts = library.map(({ heading, body }) => ({
    heading: heading.toLowerCase(),
    body: body.toLowerCase(),
  }));
  const weights = words.map((word) => {
    const having = texts.filter(({ heading, body }) => heading.includes(word) || body.includes(word)).length;
    return having === 0 ? 0 : Math.log((library.length + 1) / having);
  });
  return library
    .map((section, at) => {
      const { heading = "", body = "" } = texts[at] ?? {};
      const score = words.reduce((sum, word, nth) => {
        const counted = (heading.includes(word) ? 3 : 0) + (body.includes(word) ? 1 : 0);
        return sum + counted * (weights[nth] ?? 0);
      }, 0);
      return { section, score };
    })
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score)
    .map(({ section }) => section);
}

function linksIn(markdown: string): UrlSource[] {
  const links = markdown.matchAll(/\[([^\]]+)\]\((https:\/\/[^()\s]+)\)/g);
  return [...links].map(([, title = "", url = ""]) => ({ type: "url", title, url }));
}

/** The beginning, as one line without the marks of Markdown. */
function excerpt(markdown: string): string {
  const plain = markdown
    .replaceAll(/^```[^]*?^```/gm, "")
    .replaceAll(/\[([^\]]+)\]\([^()]+\)/g, "$1")
    .replaceAll(/[`*|#]|-{3,}/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  return plain.length <= quoteLength ? plain : `${plain.slice(0, quoteLength).trimEnd()}…`;
}
