// Reasoning and other work in steps: one line that says where it stands, and the steps below when opened.

import type { Task, Workflow } from "@sidekit/chatkit/protocol";
import {
  Check,
  ChevronRight,
  FileText,
  Globe,
  Image,
  Lightbulb,
  LoaderCircle,
  type LucideIcon,
} from "lucide-react";
import { type ReactNode, useId, useState } from "react";

import type { ItemEntry } from "../conversation/conversation.ts";
import type { Strings } from "../locale.ts";
import { NamedIcon } from "./icons.tsx";
import { Markdown } from "./markdown.tsx";
import { SourceChips } from "./sources.tsx";
import { useView } from "./view-context.ts";

export function WorkflowView({ workflow, phase }: { workflow: Workflow; phase: ItemEntry["phase"] }) {
  const { strings } = useView();
  const isRunning = phase === "streaming";
  const [chosen, setChosen] = useState<boolean | null>(null);
  const stepsId = useId();
  const isOpen = chosen ?? workflow.expanded;
  return (
    <div className="workflow">
      <button
        type="button"
        className="workflow-summary"
        aria-expanded={isOpen}
        aria-controls={isOpen ? stepsId : undefined}
        onClick={() => setChosen(!isOpen)}
      >
        <ChevronRight className="chevron" aria-hidden="true" />
        <span className={isRunning ? "shimmer" : undefined}>{summaryOf(workflow, isRunning, strings)}</span>
      </button>
      {isOpen && (
        <ol className="steps" id={stepsId}>
          {workflow.tasks.map((task, at) => (
            // Tasks are only ever appended or replaced in their place.
            <li key={at}>
              <TaskView task={task} />
            </li>
          ))}
        </ol>
      )}
      {phase === "cut" && <p className="hint">{strings.cut}</p>}
    </div>
  );
}

export function TaskView({ task }: { task: Task }) {
  const { strings } = useView();
  return (
    <div className="task">
      <span className="task-mark">
        <TaskMark task={task} />
      </span>
      <div>
        <p className="task-title" dir="auto">
          {titleOf(task, strings)}
          {task.status_indicator !== "none" && (
            <span className="unseen">
              {" "}
              ({task.status_indicator === "loading" ? strings.stepLoading : strings.stepComplete})
            </span>
          )}
        </p>
        {bodyOf(task)}
      </div>
    </div>
  );
}

function TaskMark({ task }: { task: Task }) {
  if (task.status_indicator === "loading") return <LoaderCircle className="spinner" aria-hidden="true" />;
  if (task.type === "custom" && task.icon !== undefined) return <NamedIcon name={task.icon} />;
  const icons = { custom: Check, thought: Lightbulb, web_search: Globe, file: FileText, image: Image };
  const Icon: LucideIcon = icons[task.type];
  return <Icon aria-hidden="true" />;
}

/** While it runs, the newest step speaks for the whole. */
function summaryOf({ type, summary, tasks }: Workflow, isRunning: boolean, strings: Strings): string {
  if (summary !== undefined) return "title" in summary ? summary.title : strings.thoughtFor(summary.duration);
  const newest = tasks.at(-1)?.title;
  if (isRunning) return newest ?? (type === "reasoning" ? strings.thinking : strings.working);
  return type === "reasoning" ? strings.thought : strings.steps(tasks.length);
}

function titleOf(task: Task, strings: Strings): string {
  if (task.title !== undefined) return task.title;
  switch (task.type) {
    case "web_search":
      return task.title_query ?? strings.searched;
    case "file":
      return strings.files;
    case "image":
      return strings.image;
    case "thought":
      return strings.thought;
    case "custom":
      return "";
    default:
      return task satisfies never;
  }
}

function bodyOf(task: Task): ReactNode {
  const isWhole = task.status_indicator !== "loading";
  switch (task.type) {
    case "thought":
      return <Markdown text={task.content} isWhole={isWhole} />;
    case "custom":
      return task.content === undefined ? null : <Markdown text={task.content} isWhole={isWhole} />;
    case "web_search":
      return (
        <>
          {task.queries.length > 0 && (
            <p className="queries">{task.queries.map((query) => `“${query}”`).join(", ")}</p>
          )}
          <SourceChips sources={task.sources} />
        </>
      );
    case "file":
      return <SourceChips sources={task.sources} />;
    case "image":
      return null;
    default:
      return task satisfies never;
  }
}
