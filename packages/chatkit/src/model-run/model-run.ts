// One run of a model as thread stream events, whichever SDK the run comes from.
//
//   streamModelRun(turn, (run, signal) => signals, { annotation?, imageUrl?, partialImages?, … })
//
// What the model sends and what tools push through `run` is merged in order of arrival (protocol 10).

import { ChatKitError } from "../errors.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { Annotation, JsonObject, Task, WidgetRoot, Workflow } from "../protocol/index.ts";
import { createModelEvents } from "./model-events.ts";
import { createOpenWorkflow } from "./open-workflow.ts";
import { createToolRun } from "./tool-run.ts";

/** More than any tool pushes before the client has taken some of it. */
const maxQueuedEvents = 10_000;

export type ModelSignal =
  /** A stream event of the Responses API, untouched; citations in it are plain objects. */
  | { readonly type: "model"; readonly event: unknown }
  /** The model has called a function. The last one before `requestClientTool` gives that call its ids. */
  | {
      readonly type: "tool_called";
      readonly item: { readonly id?: string | null; readonly call_id: string; readonly name?: string };
    };

/**
 * What a tool may show while it works. Everything takes effect at once, in the order of the calls; what is given is
 * copied. After the end of the run nothing has an effect.
 */
export interface ModelRun {
  /** Any event. An item that is added or done closes the open workflow, calls and hidden items aside. */
  push(event: ResponderEvent): void;
  /** Opens a workflow, and closes the one before. A custom one without tasks shows with its first task. */
  startWorkflow(workflow: Workflow): void;
  /** Opens a custom workflow when none is open. */
  addTask(task: Task): void;
  /** Throws RangeError when no workflow is open, or it has no such task. */
  updateTask(index: number, task: Task): void;
  /** Without a summary the workflow says how long it took. Nothing happens when none is open. */
  endWorkflow(options?: { readonly summary?: Workflow["summary"]; readonly expanded?: boolean }): void;
  /** Resolves when the last state has been pushed. */
  widget(
    states: WidgetRoot | AsyncIterable<WidgetRoot>,
    options?: { readonly copyText?: string },
  ): Promise<void>;
  /** Ends the run's events with this call. At most once; throws on the second. */
  requestClientTool(call: { readonly name: string; readonly arguments: JsonObject }): void;
}

/** How parts of the model's answer become parts of items; each has a default. */
export interface ModelConversions {
  /** Null drops the citation. `converted` is the default's answer. */
  readonly annotation?: (citation: unknown, converted: Annotation | null) => Annotation | null;
  /** Where an image can be loaded from, such as after an upload. Default: a data URL. */
  readonly imageUrl?: (image: {
    readonly callId: string;
    readonly base64: string;
    /** Null for the final image. */
    readonly partialIndex: number | null;
  }) => string | Promise<string>;
  /** How many partial images are expected, for their progress. Default: not known, no progress. */
  readonly partialImages?: number;
}

export interface ModelRunOptions extends ModelConversions {
  /**
   * `model`: items have the ids that the model gave them. `unguessable`: an id that is too short to be unique, or
   * comes twice, is replaced, and text for a message that never began is `upstream_malformed`. Default `model`.
   */
  readonly ids?: "model" | "unguessable";
  /** Marks thoughts as loading and then complete. Default: their status stays `none`. */
  readonly thoughtProgress?: boolean;
  /** Monotonic milliseconds. */
  readonly nowMs?: () => number;
}

/** What of a `Turn` the mapping uses. */
export type ModelRunTurn = Pick<Turn, "thread" | "newId" | "now" | "history" | "keep" | "signal">;

/** For a source to throw: what this run has produced is removed, and this error comes out. */
export class GuardrailTripped extends Error {
  override readonly name = "GuardrailTripped";
  readonly kind: "input" | "output" | "tool_input" | "tool_output";

  constructor(kind: GuardrailTripped["kind"], options: ErrorOptions = {}) {
    super("A guardrail was tripped.", options);
    this.kind = kind;
  }
}

/**
 * The events of one run. The source yields signals, or several at a time, and is given `run` for its tools; its
 * signal is aborted when the turn is stopped or the events are no longer read. What it throws is rethrown; a signal
 * that cannot be mapped is an error that is thrown into it where it yielded.
 *
 * A workflow that a turn without a user message finds at the end of the thread is continued; one that is open at the
 * end is stored as it is, without an event, before the client tool call. A stopped turn stores nothing more.
 * Throws ChatKitError `upstream_malformed` for an event of the model that lacks what it must have, and `internal`
 * when more than 10,000 events wait to be read.
 */
export async function* streamModelRun(
  turn: ModelRunTurn,
  source: (run: ModelRun, signal: AbortSignal) => AsyncIterable<ModelSignal | readonly ModelSignal[]>,
  options: ModelRunOptions = {},
): AsyncGenerator<ResponderEvent, void> {
  const queue = createQueue();
  const { nowMs = () => performance.now() } = options;
  const workflow = createOpenWorkflow(turn, nowMs, queue.add);
  const modelEvents = createModelEvents(turn, workflow, options, queue.add);
  const tools = createToolRun(turn, workflow, options.ids ?? "model", queue.add);

  const newest = await turn.history(2);
  const earlierIds = new Set(newest.map((item) => item.id));
  const producedIds = new Set<string>();
  const found = newest.at(-1)?.type === "client_tool_call" ? newest.at(-2) : newest.at(-1);
  if (found?.type === "workflow") workflow.adopt(found);

  const reader = new AbortController();
  const signals = source(tools.run, AbortSignal.any([turn.signal, reader.signal]))[Symbol.asyncIterator]();
  const incoming: { arrival: Arrival | null; asked: boolean } = { arrival: null, asked: false };

  try {
    for (;;) {
      for (const event of queue.take()) {
        if (event.type === "thread.item.added" || event.type === "thread.item.done") {
          producedIds.add(event.item.id);
        }
        yield event;
        if (isTripped(incoming.arrival)) break;
      }
      if (isTripped(incoming.arrival)) throw incoming.arrival.error;
      if (!queue.isEmpty()) continue;
      if (incoming.arrival === null) {
        if (!incoming.asked) ask();
        await queue.wait();
      } else if (incoming.arrival.kind === "failed") throw incoming.arrival.error;
      else if (incoming.arrival.kind === "ended") break;
      else await accept(incoming.arrival.signals);
    }
    tools.close();
    if (turn.signal.aborted) return;
    const open = workflow.take();
    if (open !== null) await turn.keep(open);
    const call = tools.clientToolCall();
    if (call !== null) yield { type: "thread.item.done", item: call };
  } catch (error) {
    if (error instanceof GuardrailTripped) {
      for (const id of new Set([...producedIds, ...tools.calledIds])) {
        if (!earlierIds.has(id)) yield { type: "thread.item.removed", item_id: id };
      }
    }
    throw error;
  } finally {
    tools.close();
    reader.abort();
    // Not waited for: a source that is busy ends in its own time, which its signal tells it to.
    signals.return?.().catch(() => undefined);
  }

  /** Only when everything before has been read: the pace of the client is that of the model. */
  function ask(): void {
    incoming.asked = true;
    signals.next().then(
      (next) => arrive(next.done === true ? { kind: "ended" } : { kind: "signals", signals: next.value }),
      (error: unknown) => arrive({ kind: "failed", error }),
    );
  }

  function arrive(arrival: Arrival): void {
    incoming.arrival = arrival;
    incoming.asked = false;
    queue.wake();
  }

  async function accept(given: ModelSignal | readonly ModelSignal[]): Promise<void> {
    incoming.arrival = null;
    try {
      for (const signal of "type" in given ? [given] : given) {
        if (signal.type === "tool_called") tools.called(signal.item);
        else {
          const converting = modelEvents.accept(signal.event);
          if (converting !== undefined) await converting;
        }
      }
    } catch (error) {
      // What the same piece said before is still shown; the source may have to say something about its failure.
      const thrown = await signals.throw?.(error).then(
        () => error,
        (rethrown: unknown) => rethrown,
      );
      arrive({ kind: "failed", error: thrown ?? error });
    }
  }
}

type Arrival =
  | { readonly kind: "signals"; readonly signals: ModelSignal | readonly ModelSignal[] }
  | { readonly kind: "ended" }
  | { readonly kind: "failed"; readonly error: unknown };

function isTripped(
  arrival: Arrival | null,
): arrival is { readonly kind: "failed"; readonly error: GuardrailTripped } {
  return arrival?.kind === "failed" && arrival.error instanceof GuardrailTripped;
}

function createQueue() {
  let events: ResponderEvent[] = [];
  let overflown = false;
  let wake: () => void = () => undefined;
  return {
    add(event: ResponderEvent): void {
      if (events.length < maxQueuedEvents) events.push(event);
      else overflown = true;
      wake();
    },
    isEmpty: () => events.length === 0,
    take(): ResponderEvent[] {
      if (overflown) {
        throw new ChatKitError("internal", { cause: new RangeError("too many events wait to be read") });
      }
      const taken = events;
      events = [];
      return taken;
    },
    wake: () => wake(),
    async wait(): Promise<void> {
      if (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
