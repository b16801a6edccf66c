// Work that the page does in the middle of an answer.

import type { z } from "zod";

import { turnError } from "../errors.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { ClientToolCallItem } from "../protocol/index.ts";
import { newItem } from "./new-item.ts";

/** What a page can be asked to do, and what it answers. */
export interface ClientTool<Arguments extends z.ZodType, Output extends z.ZodType> {
  readonly name: string;
  /**
   * Asks the page. The last item of its turn: the page works when the stream has ended, and its answer begins a turn of
   * its own. Throws when the arguments do not fit their schema, so that a model's may be handed over as they are.
   */
  call(turn: Turn, args: z.input<Arguments>): Generator<ResponderEvent, void>;
  /** What goes on with the page's answer. For `clientTools` of `defineResponder`. */
  answered(
    handle: (
      turn: Turn,
      output: z.output<Output>,
      args: z.output<Arguments>,
    ) => AsyncIterable<ResponderEvent>,
  ): ClientToolHandler;
}

/** Made by `answered`. */
export interface ClientToolHandler {
  readonly name: string;
  resume(turn: Turn, call: ClientToolCallItem): AsyncIterable<ResponderEvent>;
}

/**
 * Declares a client tool by the application's own schemas. What the page answers is untrusted: an output that does not
 * fit ends the turn with an error that says so, and the handler is not called (protocol 7.5, 11.7).
 */
export function clientTool<Arguments extends z.ZodType, Output extends z.ZodType>(options: {
  readonly name: string;
  readonly arguments: Arguments;
  readonly output: Output;
}): ClientTool<Arguments, Output> {
  const { name } = options;
  return {
    name,
    *call(turn, args) {
      options.arguments.parse(args);
      const item: ClientToolCallItem = {
        ...newItem(turn, "tool_call"),
        type: "client_tool_call",
        status: "pending",
        call_id: turn.newId("tool_call"),
        name,
        // The schema's input, and not its output, is what it can read again when the page has answered.
        arguments: JSON.parse(JSON.stringify(args)),
      };
      yield { type: "thread.item.done", item };
    },
    answered: (handle) => ({
      name,
      async *resume(turn, call) {
        const args = await options.arguments.safeParseAsync(call.arguments);
        // A stored null is left out (protocol 4.5).
        const output = await options.output.safeParseAsync(call.output ?? null);
        if (!args.success || !output.success) {
          throw turnError({ message: `What the page answered to "${name}" cannot be used.` });
        }
        yield* handle(turn, output.data, args.data);
      },
    }),
  };
}
