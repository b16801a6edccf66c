// Whether what is being typed asks for something to insert: "@" for a tag, "/" for a command. Pure.

export interface Trigger {
  readonly kind: "tag" | "command";
  /** Where the sign stands. */
  readonly start: number;
  /** What follows it, up to the caret. */
  readonly query: string;
}

/** Longer than this it is prose. */
const longestQuery = 40;

const begins = String.raw`(?:^|[\s([{"'“«])`;
const signs = {
  // A command's query is one word, a name may be of several.
  command: new RegExp(String.raw`${begins}\/([^\s/]*)$`, "u"),
  tag: new RegExp(String.raw`${begins}@((?:[^\s@][^\n@]*)?)$`, "u"),
} as const;

/** For a caret that is in the text. The signs count at the beginning of a word alone: neither an address of mail nor a path asks for anything. */
export function triggerAt(text: string, caret: number): Trigger | null {
  // With the letter before the sign, which tells whether the word begins there.
  const before = text.slice(Math.max(0, caret - longestQuery - 2), caret);
  for (const kind of ["command", "tag"] as const) {
    const query = signs[kind].exec(before)?.[1];
    if (query !== undefined && query.length <= longestQuery)
      return { kind, start: caret - query.length - 1, query };
  }
  return null;
}
