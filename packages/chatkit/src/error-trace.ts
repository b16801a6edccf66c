// Where an error came from, and nothing of what it says: its message may quote anything.

const maxFrames = 8;
const plainName = /^[A-Za-z_$][\w$.]{0,63}$/;
/** What a stack begins with before the message: the class, and the code that Node puts beside it. */
const stackHead = /^[\w$.]{1,64}(?: \[\w{1,64}\])?/;
const frameStart = "    at ";
const calledFunction = /^((?:async )?(?:new )?[\w$.<>#]{1,128}) /;
/** The file without the folders that it is in: those are the user's business (N12). */
const fileAndLine = /([\w$.@+-]{1,128}:\d{1,9}:\d{1,9})\)?$/;

export interface ErrorTrace {
  readonly name: string;
  /** The innermost calls: `functionName (file.ts:12:5)`. */
  readonly at: readonly string[];
}

/** Safe to log at every level: no message, no folder. */
export function errorTrace(thrown: unknown): ErrorTrace {
  if (!(thrown instanceof Error)) return { name: typeof thrown, at: [] };
  const name = textOf(() => thrown.name);
  return { name: plainName.test(name) ? name : "Error", at: framesOf(thrown) };
}

/** None when the message was changed since: it could not be told apart from the frames that follow it. */
function framesOf(error: Error): string[] {
  const stack = textOf(() => error.stack);
  const message = textOf(() => error.message);
  const head = `${stackHead.exec(stack)?.[0] ?? ""}${message === "" ? "" : `: ${message}`}\n`;
  if (!stack.startsWith(head)) return [];
  return stack.slice(head.length).split("\n").flatMap(shortFrame).slice(0, maxFrames);
}

function shortFrame(line: string): string[] {
  if (!line.startsWith(frameStart)) return [];
  const frame = line.slice(frameStart.length);
  const place = fileAndLine.exec(frame)?.[1];
  if (place === undefined) return [];
  const called = calledFunction.exec(frame)?.[1];
  return [called === undefined ? place : `${called} (${place})`];
}

/** An application may have made of it what it likes. */
function textOf(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}
