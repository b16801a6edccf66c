// The two streams of the program: results on standard output, everything for people on standard error.

import type { CliError } from "./errors.ts";

/** The part of a stream that is written to; a terminal says so. */
export interface TextSink {
  write(text: string): boolean;
  readonly isTTY?: boolean;
}

/** Marks text, where the stream is a terminal that takes colours. */
export type Style = Readonly<Record<"dim" | "red" | "green" | "yellow", (text: string) => string>>;

export interface Output {
  /** True when standard output carries objects for programs. */
  readonly json: boolean;
  /** Both streams end on the same screen, so that one has to close its line before the other writes. */
  readonly oneScreen: boolean;
  /** Text for a person on standard output; nothing when that carries objects. */
  result(text: string): void;
  /** One object on a line of its own on standard output. */
  object(value: unknown): void;
  /** Text for a person on standard error. */
  note(text: string): void;
  readonly resultStyle: Style;
  readonly noteStyle: Style;
}

/** `plain` leaves out every escape sequence, as does a stream that is not a terminal. */
export function createOutput(options: {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly json: boolean;
  readonly plain: boolean;
}): Output {
  const { stdout, stderr, json } = options;
  return {
    json,
    oneScreen: stdout.isTTY === true && stderr.isTTY === true,
    result: (text) => {
      if (!json) stdout.write(text);
    },
    object: (value) => stdout.write(`${escapeControls(JSON.stringify(value))}\n`),
    note: (text) => stderr.write(text),
    resultStyle: createStyle(!options.plain && stdout.isTTY === true),
    noteStyle: createStyle(!options.plain && stderr.isTTY === true),
  };
}

/** In words on standard error, and with `--json` as an object on standard output. */
export function showFailure(output: Output, { message, mend, reason }: CliError): void {
  output.note(`${output.noteStyle.red(message)}${mend === null ? "" : ` ${mend}`}\n`);
  if (output.json) output.object({ type: "sidekit.error", code: reason, message, mend });
}

/**
 * Text from elsewhere, fit for a terminal: without the control characters that move the cursor, set the title or
 * write the clipboard. Line feeds and tabs stay. Works on any slice of a longer text.
 */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, "");
}

function createStyle(coloured: boolean): Style {
  const style = (open: number, close: number) => (text: string) =>
    coloured ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { dim: style(2, 22), red: style(31, 39), green: style(32, 39), yellow: style(33, 39) };
}

/** JSON escapes the first 32 control characters by itself; terminals heed the second 33 too. */
function escapeControls(json: string): string {
  return json.replaceAll(/\p{Cc}/gu, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
}
