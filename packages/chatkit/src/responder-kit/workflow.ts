// A list of tasks that the reader sees being worked through.

import type { ResponderEvent, Turn } from "../ports.ts";
import type { Task, Workflow, WorkflowItem } from "../protocol/index.ts";
import { newItem } from "./new-item.ts";

type Defaulted = "status_indicator" | "queries" | "sources";
type Begun<Whole> = Whole extends Task
  ? Omit<Whole, Defaulted> & Partial<Pick<Whole, Defaulted & keyof Whole>>
  : never;

/** A task as it is begun: `loading` unless it says otherwise; queries and sources may come later. */
export type NewTask = Begun<Task>;

/** What of a task has changed. */
export type TaskChange<Type extends Task["type"]> = Partial<Omit<Extract<Task, { type: Type }>, "type">>;

/** A task that is being shown. */
export interface OpenTask<Type extends Task["type"]> {
  /** Shows the task with these members changed. */
  update(change: TaskChange<Type>): Generator<ResponderEvent, void>;
  /** The same, with the check mark that says that it is complete. */
  complete(change?: TaskChange<Type>): Generator<ResponderEvent, void>;
}

/** A workflow that is being shown. It is stored when it ends, and not before. */
export interface OpenWorkflow {
  /** Shows one more task. */
  add<New extends NewTask>(task: New): Generator<ResponderEvent, OpenTask<New["type"]>>;
  /**
   * Stores the workflow as it now is, under this heading; without one the heading says how long it took, in whole
   * seconds and at least one. Nothing may be added afterwards.
   */
  end(summary?: Workflow["summary"]): Generator<ResponderEvent, WorkflowItem>;
}

/**
 * Opens a list of tasks: `custom` for what the application does, `reasoning` for a model's thoughts. Tasks are added,
 * changed and completed while the turn goes on (protocol 4.10, 4.11).
 */
export function* workflow(
  turn: Turn,
  options: { readonly type?: Workflow["type"]; readonly expanded?: boolean } = {},
): Generator<ResponderEvent, OpenWorkflow> {
  const { type = "custom", expanded = false } = options;
  const startedMs = performance.now();
  const tasks: Task[] = [];
  const item: WorkflowItem = {
    ...newItem(turn, "workflow"),
    type: "workflow",
    workflow: { type, tasks: [], expanded },
  };
  yield { type: "thread.item.added", item };

  function* show(
    index: number,
    task: Task,
    event: "workflow.task.added" | "workflow.task.updated",
  ): Generator<ResponderEvent, void> {
    tasks[index] = task;
    yield {
      type: "thread.item.updated",
      item_id: item.id,
      update: { type: event, task_index: index, task },
    };
  }

  return {
    *add<New extends NewTask>(begun: New) {
      const index = tasks.length;
      let task = wholeTask(begun);
      yield* show(index, task, "workflow.task.added");
      function* change(members: Partial<Task>): Generator<ResponderEvent, void> {
        task = { ...task, ...members } as Task;
        yield* show(index, task, "workflow.task.updated");
      }
      return {
        update: change,
        complete: (members) => change({ ...members, status_indicator: "complete" }),
      } satisfies OpenTask<New["type"]>;
    },
    *end(summary) {
      const duration = Math.max(1, Math.round((performance.now() - startedMs) / 1000));
      const done: WorkflowItem = {
        ...item,
        workflow: { type, tasks: [...tasks], summary: summary ?? { duration }, expanded },
      };
      yield { type: "thread.item.done", item: done };
      return done;
    },
  };
}

function wholeTask(begun: NewTask): Task {
  const status_indicator = begun.status_indicator ?? "loading";
  switch (begun.type) {
    case "web_search":
      return { ...begun, status_indicator, queries: begun.queries ?? [], sources: begun.sources ?? [] };
    case "file":
      return { ...begun, status_indicator, sources: begun.sources ?? [] };
    default:
      return { ...begun, status_indicator };
  }
}
