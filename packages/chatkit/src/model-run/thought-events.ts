// A model's thoughts as tasks of the open workflow (protocol 10.2).

import type { z } from "zod";

import type { Task } from "../protocol/index.ts";
import type { OpenWorkflow } from "./open-workflow.ts";
import type { summaryDeltaEvent, summaryDoneEvent } from "./response-schemas.ts";

export interface ThoughtEvents {
  /** Only the first thought of a workflow streams. */
  delta(event: z.infer<typeof summaryDeltaEvent>): void;
  /** A thought that did not stream appears now. */
  done(event: z.infer<typeof summaryDoneEvent>): void;
  /** A thought that was cut short does not go on loading. */
  closeWorkflow(): void;
}

/** With `showProgress` a thought is loading, then complete; otherwise it has no status. */
export function createThoughtEvents(workflow: OpenWorkflow, showProgress: boolean): ThoughtEvents {
  /** The summary whose text the workflow's first thought follows. */
  let streamed: { readonly workflowId: string; readonly key: string } | null = null;

  return {
    delta(event) {
      if (workflow.id === null) return;
      if (workflow.type === "reasoning" && workflow.tasks.length === 0) {
        streamed = { workflowId: workflow.id, key: summaryKey(event) };
        workflow.addTask(thought(event.delta, "loading"));
      } else if (isStreamed(event)) {
        workflow.updateTask(0, thought(firstThought() + event.delta, "loading"));
      }
    },
    done(event) {
      if (workflow.id === null) return;
      const task = thought(event.text, "complete");
      if (!isStreamed(event)) return workflow.addTask(task);
      streamed = null;
      workflow.updateTask(0, task);
    },
    closeWorkflow() {
      if (showProgress && streamed !== null && streamed.workflowId === workflow.id) {
        workflow.updateTask(0, thought(firstThought(), "complete"));
      }
      streamed = null;
      workflow.end();
    },
  };

  function isStreamed(event: { item_id: string; summary_index: number }): boolean {
    return streamed?.workflowId === workflow.id && streamed?.key === summaryKey(event);
  }

  function firstThought(): string {
    const [first] = workflow.tasks;
    return first?.type === "thought" ? first.content : "";
  }

  function thought(content: string, status: "loading" | "complete"): Task {
    return { type: "thought", status_indicator: showProgress ? status : "none", content };
  }
}

function summaryKey(event: { item_id: string; summary_index: number }): string {
  return `${event.summary_index}:${event.item_id}`;
}
