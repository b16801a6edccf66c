// Answers a turn with a workflow as Agent Builder exports it: a function from what the user wrote to the last output.

import { z } from "zod";

import { ChatKitError } from "../../errors.ts";
import type { ModelRun, ModelSignal } from "../../model-run/model-run.ts";
import type { Responder, Turn } from "../../ports.ts";
import { earlyEndEvent, responseEndOf } from "../response-end.ts";
import { plainText } from "../user-text.ts";
import { routeDefaults, withinChat } from "./current-chat.ts";
import { providerFor } from "./model-provider.ts";
import { type AgentRunOptions, innerProvider, respondWith } from "./run-options.ts";
import { runFailure } from "./run-failures.ts";

/** As Agent Builder exports it. What it returns: an object with `output_text`, a text, or anything else as JSON. */
export type RunWorkflow = (workflow: { input_as_text: string }) => unknown;

const resultSchema = z.union([
  z.string(),
  z.object({ output_text: z.string() }).transform((result) => result.output_text),
  z.object({ finalOutput: z.string() }).transform((result) => result.finalOutput),
]);

/**
 * Runs the exported function as it is. Its agents ask their models through the turn, so that text streams though the
 * export asks for it in one piece: every plain text that an agent writes is shown; structured output stays inside. The
 * result follows as a message, unless it is the text that was shown last.
 *
 * The function sees this message alone, as the exported one does: no history, no attachments. Its guardrails and
 * branches are code of its own, and end in what it returns; a tripwire takes the answer back. A stop ends what its
 * models send; the function itself is left to end. Failures are those of `agentResponder`.
 */
export function workflowResponder(runWorkflow: RunWorkflow, options: AgentRunOptions): Responder {
  routeDefaults(options.tracing ?? false);
  const inner = innerProvider(options);

  return {
    respond: (turn) => respondWith(turn, options, (run, signal) => carryOut(turn, run, signal)),
  };

  async function* carryOut(
    turn: Turn,
    run: ModelRun,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ModelSignal[], void> {
    if (!turn.userMessage) return;
    const text = plainText(turn.userMessage);
    const channel = createChannel(signal);
    const provider = providerFor(turn, inner, options.silenceMs ?? 60_000);
    const scope = { chat: run, turn, provider, signal, show: channel.show, halted: () => false };
    const work = withinChat(scope, async () => runWorkflow({ input_as_text: text })).finally(channel.close);
    // Looked at below; it may fail while what came before is still being read.
    work.catch(() => undefined);

    let shown = "";
    try {
      for await (const signals of channel.taken()) {
        for (const { type, ...signal } of signals) {
          if (type !== "model" || !("event" in signal)) continue;
          const end = responseEndOf(signal.event);
          if (end?.kind === "incomplete") run.push(earlyEndEvent(end.reason));
          shown = messageText(signal.event) ?? shown;
        }
        yield signals;
      }
      if (signal.aborted) return;
      const result = textOf(await work);
      if (result !== null && result !== shown) yield wholeMessage(turn.newId("message"), result);
    } catch (error) {
      if (signal.aborted) return;
      throw runFailure(error);
    } finally {
      channel.close();
    }
  }
}

const messageDoneSchema = z.object({
  type: z.literal("response.output_item.done"),
  item: z.object({ type: z.literal("message"), content: z.array(z.object({ text: z.string().optional() })) }),
});

/** Null for an event that completes no message. */
function messageText(event: unknown): string | null {
  const done = messageDoneSchema.safeParse(event).data;
  return done ? done.item.content.map((part) => part.text ?? "").join("") : null;
}

/** Null when the workflow ended without anything to say. */
function textOf(result: unknown): string | null {
  if (result === undefined || result === null) return null;
  return resultSchema.safeParse(result).data ?? JSON.stringify(result);
}

function wholeMessage(id: string, text: string): ModelSignal[] {
  const content = [{ type: "output_text", text, annotations: [] }];
  return [
    {
      type: "model",
      event: { type: "response.output_item.added", item: { type: "message", id, content: [] } },
    },
    { type: "model", event: { type: "response.output_item.done", item: { type: "message", id, content } } },
  ];
}

/** From the models of a run to its reader: whoever sends waits until it has been taken, or nobody reads any more. */
function createChannel(signal: AbortSignal) {
  const waiting: { readonly signals: readonly ModelSignal[]; readonly release: () => void }[] = [];
  let open = true;
  let wake: () => void = () => undefined;
  signal.addEventListener("abort", close, { once: true });
  return { show, taken, close };

  async function show(signals: readonly ModelSignal[]): Promise<void> {
    if (!open) throw new ChatKitError("internal", { cause: new Error("nobody reads this run") });
    await new Promise<void>((release) => {
      waiting.push({ signals, release });
      wake();
    });
  }

  async function* taken(): AsyncGenerator<readonly ModelSignal[], void> {
    for (;;) {
      const next = waiting.shift();
      if (next) {
        yield next.signals;
        next.release();
      } else if (open) await new Promise<void>((resolve) => (wake = resolve));
      else return;
    }
  }

  function close(): void {
    open = false;
    signal.removeEventListener("abort", close);
    if (signal.aborted) for (const { release } of waiting.splice(0)) release();
    wake();
  }
}
