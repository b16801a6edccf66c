// What the tools of a run push into it, with the same bookkeeping as the model's own events (protocol 10.4, 10.5).

import { isHiddenItem, type ClientToolCallItem } from "../protocol/index.ts";
import type { ResponderEvent } from "../ports.ts";
import { widgetEvents } from "../widgets/widget-events.ts";
import type { ModelRun, ModelRunOptions, ModelRunTurn, ModelSignal } from "./model-run.ts";
import type { OpenWorkflow } from "./open-workflow.ts";

/** Long enough that two upstreams, or two answers of one, do not choose the same. */
const unguessableItemId = /^fc_[0-9A-Za-z]{32,128}$/;

type CalledItem = Extract<ModelSignal, { type: "tool_called" }>["item"];

export interface ToolRun {
  readonly run: ModelRun;
  /** Item ids of the function calls that have been reported. */
  readonly calledIds: ReadonlySet<string>;
  called(item: CalledItem): void;
  /** The call that the client is to carry out, with the ids of the function call reported last. */
  clientToolCall(): ClientToolCallItem | null;
  /** From here on nothing that is pushed has an effect. */
  close(): void;
}

export function createToolRun(
  turn: ModelRunTurn,
  workflow: OpenWorkflow,
  ids: NonNullable<ModelRunOptions["ids"]>,
  emit: (event: ResponderEvent) => void,
): ToolRun {
  const calledIds = new Set<string>();
  let lastCalled: CalledItem | null = null;
  let requested: Parameters<ModelRun["requestClientTool"]>[0] | null = null;
  let closed = false;

  const run: ModelRun = {
    push(given) {
      if (closed) return;
      const event = structuredClone(given);
      keepAccount(event);
      emit(event);
    },
    startWorkflow(given) {
      if (!closed) workflow.start(structuredClone(given));
    },
    addTask(task) {
      if (!closed) workflow.addTask(structuredClone(task));
    },
    updateTask(index, task) {
      if (!closed) workflow.updateTask(index, structuredClone(task));
    },
    endWorkflow(options) {
      if (!closed) workflow.end(structuredClone(options));
    },
    async widget(states, options) {
      for await (const event of widgetEvents(turn, states, options)) run.push(event);
    },
    requestClientTool(call) {
      if (requested !== null) throw new RangeError("one client tool call in a run is all there may be");
      requested = structuredClone(call);
    },
  };

  return {
    run,
    calledIds,
    called(item) {
      lastCalled = item;
      if (item.id) calledIds.add(item.id);
    },
    clientToolCall() {
      if (requested === null) return null;
      const id = lastCalled?.id;
      const usable = id && (ids === "model" || unguessableItemId.test(id));
      return {
        id: usable ? id : turn.newId("tool_call"),
        thread_id: turn.thread.id,
        created_at: turn.now(),
        type: "client_tool_call",
        status: "pending",
        call_id: lastCalled?.call_id ?? turn.newId("tool_call"),
        name: requested.name,
        arguments: requested.arguments,
      };
    },
    close() {
      closed = true;
    },
  };

  function keepAccount(event: ResponderEvent): void {
    switch (event.type) {
      case "thread.item.added":
      case "thread.item.done": {
        const { item } = event;
        if (item.id !== workflow.id && item.type !== "client_tool_call" && !isHiddenItem(item))
          workflow.end();
        if (item.type !== "workflow") return;
        if (event.type === "thread.item.added") workflow.adopt(item);
        else if (item.id === workflow.id) workflow.take();
        return;
      }
      case "thread.item.replaced":
        if (event.item.type === "workflow" && event.item.id === workflow.id) workflow.adopt(event.item);
        return;
      case "thread.item.removed":
        if (event.item_id === workflow.id) workflow.take();
        return;
      case "thread.item.updated":
        if (event.item_id === workflow.id) workflow.follow(event.update);
        return;
      default:
        return;
    }
  }
}
