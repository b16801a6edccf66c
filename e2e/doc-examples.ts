// The Markdown of the repository as its tests read it: files, fenced blocks, links and what they lead to.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");

const foreignFolders = new Set(["node_modules", "dist", ".git", ".sidekit"]);
const fence = /^```(\w*)\n([^]*?)^```$/gm;
const link = /\]\(([^()\s]+)\)/g;

export interface CodeBlock {
  /** Empty when the fence names none. */
  readonly language: string;
  readonly code: string;
}

/** Paths below the root. */
export function markdownFiles(): string[] {
  const exclude = (path: string) => path.split("/").some((part) => foreignFolders.has(part));
  return globSync("**/*.md", { cwd: root, exclude }).toSorted();
}

/** In the order of the text. */
export function codeBlocks(file: string): CodeBlock[] {
  return [...read(file).matchAll(fence)].map(([, language = "", code = ""]) => ({ language, code }));
}

/** The code of the blocks of one language. */
export function blocksOf(file: string, language: string): string[] {
  return codeBlocks(file)
    .filter((block) => block.language === language)
    .map(({ code }) => code);
}

/** Whether this line of a block is for the terminal command. */
export function isSidekitLine(line: string): boolean {
  return /\bpnpm (-s )?sidekit /.test(line);
}

/** Targets within the repository, as they are written. */
export function relativeLinks(file: string): string[] {
  return [...read(file).replaceAll(fence, "").matchAll(link)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** What a link can name behind `#`. */
export function anchors(file: string): string[] {
  return [
    ...read(file)
      .replaceAll(fence, "")
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}
