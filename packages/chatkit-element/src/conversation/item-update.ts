// How an update changes an unfinished item, by the rules that the server applies to its own copy.

import type { AssistantContent, WidgetRoot } from "@sidekit/chatkit/protocol";

import type { ShownUpdate } from "../client/wire-events.ts";
import type { ShownItem } from "../client/wire-items.ts";
import { widgetWithComponent, widgetWithDelta } from "../widgets/tree.ts";

/** A server that counts wrongly must not make the page fill its memory with empty parts. */
const maxParts = 1000;

type AssistantUpdate = Extract<ShownUpdate, { type: `assistant_message.${string}` }>;
type WidgetUpdate = Extract<ShownUpdate, { type: `widget.${string}` }>;

/** A new item; parts and tasks that the update does not touch keep their identity. Unsuitable updates change nothing. */
export function itemWithUpdate(item: ShownItem, update: ShownUpdate): ShownItem {
  switch (update.type) {
    case "workflow.task.added":
    case "workflow.task.updated": {
      if (item.type !== "workflow") return item;
      const tasks = tasksWith(item.workflow.tasks, update);
      return { ...item, workflow: { ...item.workflow, tasks } };
    }
    case "widget.streaming_text.value_delta":
    case "widget.component.updated":
    case "widget.root.updated":
      return item.type === "widget" ? { ...item, widget: widgetWith(item.widget, update) } : item;
    default: {
      if (item.type !== "assistant_message" || update.content_index >= maxParts) return item;
      const content = [...item.content];
      while (content.length <= update.content_index) content.push(emptyPart());
      content[update.content_index] = partWith(content[update.content_index] ?? emptyPart(), update);
      return { ...item, content };
    }
  }
}

function widgetWith(widget: WidgetRoot, update: WidgetUpdate): WidgetRoot {
  switch (update.type) {
    case "widget.streaming_text.value_delta":
      return widgetWithDelta(widget, update.component_id, update.delta);
    case "widget.component.updated":
      return widgetWithComponent(widget, update.component_id, update.component);
    case "widget.root.updated":
      return update.widget;
    default:
      return update satisfies never;
  }
}

function tasksWith<Task>(
  tasks: readonly Task[],
  update: { type: "workflow.task.added" | "workflow.task.updated"; task_index: number; task: Task },
): Task[] {
  if (update.type === "workflow.task.added") return [...tasks, update.task];
  return tasks.map((task, at) => (at === update.task_index ? update.task : task));
}

function partWith(part: AssistantContent, update: AssistantUpdate): AssistantContent {
  switch (update.type) {
    case "assistant_message.content_part.added":
      return update.content;
    case "assistant_message.content_part.text_delta":
      return { ...part, text: part.text + update.delta };
    case "assistant_message.content_part.annotation_added": {
      const at = Math.min(update.annotation_index, part.annotations.length);
      return { ...part, annotations: part.annotations.toSpliced(at, 0, update.annotation) };
    }
    case "assistant_message.content_part.done":
      // Model mappings send the final text without the annotations they have streamed before.
      return update.content.annotations.length > 0
        ? update.content
        : { ...update.content, annotations: part.annotations };
    default:
      return update satisfies never;
  }
}

function emptyPart(): AssistantContent {
  return { type: "output_text", text: "", annotations: [] };
}
