// One message and its answer.

import { createAnswerView } from "../answer-view.ts";
import type { Conversation } from "../conversation.ts";
import { CliError } from "../errors.ts";
import { printable, showFailure } from "../output.ts";
import type { CommandContext } from "./context.ts";

export type TurnOutcome = "completed" | "stopped" | "failed";

/** One message and its answer, shown as it comes. What goes wrong is shown too. */
export async function takeTurn(
  conversation: Conversation,
  message: string,
  { output, interrupts }: Pick<CommandContext, "output" | "interrupts">,
): Promise<TurnOutcome> {
  const view = createAnswerView(output);
  const outcome = await interrupts.during(async (signal): Promise<TurnOutcome> => {
    let failure: CliError | null = null;
    try {
      for await (const event of conversation.send(message, signal)) {
        if (output.json) output.object(event);
        else view.show(event);
        if (event.type === "error") failure = failureOf(event);
      }
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failure = error;
    }
    if (!output.json) view.finish();
    if (signal.aborted) {
      output.note(output.noteStyle.dim("Stopped.\n"));
      return "stopped";
    }
    if (failure === null) return "completed";
    showFailure(output, failure);
    return "failed";
  });
  if (output.json) output.object({ type: "sidekit.turn_ended", thread_id: conversation.threadId, outcome });
  return outcome;
}

function failureOf(event: { code: string; message?: string | undefined; allow_retry: boolean }): CliError {
  return new CliError("answer_failed", printable(event.message ?? "The answer broke off."), {
    reason: event.code,
    ...(event.allow_retry ? { mend: "Send it again to retry." } : {}),
  });
}
