// The last thing that happens to a line: nothing in it looks like a credential, ends the line or talks to a terminal.

import { scrubText } from "@sidekit/secrets";

/** JSON escapes what is below a space; these too end lines, move cursors or turn text around somewhere. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const harmful = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same JSON, with every control character and line separator escaped (S162), and without credentials (N1 to N3). */
export function safeLine(line: string): string {
  return scrubText(line).replace(harmful, (character) => escaped(character, "\\"));
}

/** As `safeLine`, of a line that is made of ids and words of ours alone. */
export function safeOwnLine(line: string): string {
  return line.replace(harmful, (character) => escaped(character, "\\"));
}

/** As `safeLine`, for a program that unpacks the JSON and writes it to a terminal: it is shown the escapes as text. */
export function safeLineForTerminal(line: string): string {
  return scrubText(line)
    .replace(harmful, (character) => escaped(character, "\\\\"))
    .replaceAll(/(?<!\\)((?:\\\\)*)\\u00([01])/g, "$1\\\\u00$2");
}

function escaped(character: string, backslash: string): string {
  return `${backslash}u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
