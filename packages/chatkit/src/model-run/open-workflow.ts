// The one workflow of a run that is open, and the events that its changes amount to (protocol 10.4).

import { applyUpdate } from "../item-updates.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { ItemUpdate, Task, Workflow, WorkflowItem } from "../protocol/index.ts";

export interface OpenWorkflow {
  /** Null when none is open. */
  readonly id: string | null;
  readonly type: Workflow["type"] | null;
  readonly tasks: readonly Task[];
  /** Opens one, and closes the one before. A custom workflow without tasks shows with its first task. */
  start(workflow: Workflow): void;
  /** Goes on with one that is shown already, without an event. */
  adopt(item: WorkflowItem): void;
  /** Opens a custom workflow when none is open. */
  addTask(task: Task): void;
  /** Throws RangeError when no workflow is open, or it has no such task. */
  updateTask(index: number, task: Task): void;
  /** Follows a change that is already on its way to the client. */
  follow(update: ItemUpdate): void;
  /** Shows it as done: with the summary it has, or with how long it took. */
  end(options?: { readonly summary?: Workflow["summary"]; readonly expanded?: boolean }): void;
  /** Lets go of it without an event. */
  take(): WorkflowItem | null;
}

interface State {
  readonly item: WorkflowItem;
  readonly openedMs: number;
  shown: boolean;
}

/** `nowMs` is a monotonic clock. Nothing that has been emitted changes afterwards. */
export function createOpenWorkflow(
  turn: Pick<Turn, "thread" | "newId" | "now">,
  nowMs: () => number,
  emit: (event: ResponderEvent) => void,
): OpenWorkflow {
  let state: State | null = null;

  return {
    get id() {
      return state?.item.id ?? null;
    },
    get type() {
      return state?.item.workflow.type ?? null;
    },
    get tasks() {
      return state?.item.workflow.tasks ?? [];
    },
    start,
    adopt(item) {
      const ageMs = Date.parse(turn.now()) - Date.parse(item.created_at);
      state = { item: copyOf(item), openedMs: nowMs() - ageMs, shown: true };
    },
    addTask(task) {
      if (state === null) start({ type: "custom", tasks: [], expanded: false });
      const { item, shown } = opened();
      item.workflow.tasks.push(task);
      if (shown) update(item, "workflow.task.added", item.workflow.tasks.length - 1, task);
      else show();
    },
    updateTask(index, task) {
      const { item } = opened();
      if (!(index in item.workflow.tasks)) throw new RangeError("the open workflow has no such task");
      item.workflow.tasks[index] = task;
      update(item, "workflow.task.updated", index, task);
    },
    follow(change) {
      if (state !== null) applyUpdate(state.item, change);
    },
    end,
    take() {
      const item = state?.item ?? null;
      state = null;
      return item;
    },
  };

  function start(workflow: Workflow): void {
    end();
    const item: WorkflowItem = {
      id: turn.newId("workflow"),
      thread_id: turn.thread.id,
      created_at: turn.now(),
      type: "workflow",
      workflow: { ...workflow, expanded: workflow.expanded ?? false },
    };
    state = { item, openedMs: nowMs(), shown: false };
    if (workflow.type === "reasoning" || workflow.tasks.length > 0) show();
  }

  function end(options: { readonly summary?: Workflow["summary"]; readonly expanded?: boolean } = {}): void {
    if (state === null) return;
    const { item, openedMs } = state;
    state = null;
    const { workflow } = item;
    const duration = Math.max(0, Math.floor((nowMs() - openedMs) / 1000));
    const summary = options.summary ?? workflow.summary ?? { duration };
    const done = { ...workflow, summary, expanded: options.expanded ?? false };
    emit({ type: "thread.item.done", item: { ...item, workflow: done } });
  }

  function opened(): State {
    if (state === null) throw new RangeError("no workflow is open");
    return state;
  }

  function show(): void {
    const open = opened();
    open.shown = true;
    emit({ type: "thread.item.added", item: copyOf(open.item) });
  }

  function update(item: WorkflowItem, type: TaskUpdate, index: number, task: Task): void {
    emit({ type: "thread.item.updated", item_id: item.id, update: { type, task_index: index, task } });
  }
}

type TaskUpdate = "workflow.task.added" | "workflow.task.updated";

/** Tasks are replaced, never changed, so that their list is all there is to copy. */
function copyOf(item: WorkflowItem): WorkflowItem {
  return { ...item, workflow: { ...item.workflow, tasks: [...item.workflow.tasks] } };
}
