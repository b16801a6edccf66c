// Asks for one message at a terminal, with editing and history.

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

const maxHistory = 100;

export interface LinePrompt {
  /** The next message; null when the person leaves with Ctrl-C or Ctrl-D. */
  ask(): Promise<string | null>;
}

/**
 * What is pasted at once is one message, and a line that ends in a backslash goes on in the next. The terminal is the
 * prompt's only while it asks, so that Ctrl-C is a signal again during an answer.
 */
export function createLinePrompt(options: {
  readonly input: Readable;
  readonly output: Writable;
  readonly prompt: string;
}): LinePrompt {
  let history: string[] = [];

  return {
    ask: () =>
      new Promise((resolve) => {
        const { input, output, prompt } = options;
        const lines: string[] = [];
        const reader = createInterface({
          input,
          output,
          prompt,
          terminal: true,
          history,
          historySize: maxHistory,
        });
        let answer: string | null = null;
        reader.on("history", (entries) => (history = [...entries]));
        reader.on("line", (line) => {
          const count = lines.push(line);
          setImmediate(() => {
            // More of the same paste has come after this line, or is in the line that is being edited.
            if (count !== lines.length || reader.line !== "") return;
            if (line.endsWith("\\")) {
              reader.setPrompt("… ");
              reader.prompt();
              return;
            }
            answer = lines.map((part) => part.replace(/\\$/, "")).join("\n");
            reader.close();
          });
        });
        reader.on("SIGINT", () => reader.close());
        reader.on("close", () => {
          if (answer === null) output.write("\n");
          resolve(answer);
        });
        reader.prompt();
      }),
  };
}
