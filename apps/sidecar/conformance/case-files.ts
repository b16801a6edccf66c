// Finds the case files below folders, and reads them.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { type Case, MalformedCase, parseCase } from "./case-format.ts";

export interface CaseFile {
  /** As it was given, and from there on. */
  readonly path: string;
  /** The case, or what is wrong with the file. */
  readonly content: Case | MalformedCase;
}

/** In the order of their paths. Throws what the file system throws on a folder that cannot be read. */
export function readCaseFiles(folders: readonly string[]): CaseFile[] {
  return folders.flatMap(filesBelow).map((path) => ({ path, content: contentOf(path) }));
}

/** The name of a file, for a case that cannot tell its own. */
export function nameOf({ path, content }: CaseFile): string {
  return content instanceof MalformedCase ? path : content.id;
}

function filesBelow(folder: string): string[] {
  if (statSync(folder).isFile()) return [folder];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
    .map(({ parentPath, name }) => join(folder, relative(folder, join(parentPath, name))))
    .sort();
}

function contentOf(path: string): CaseFile["content"] {
  try {
    return parseCase(readFileSync(path, "utf8"));
  } catch (thrown) {
    return thrown instanceof MalformedCase ? thrown : new MalformedCase(`cannot be read (${codeOf(thrown)})`);
  }
}

function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown reason";
}
