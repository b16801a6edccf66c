// Reads one frame of a stream. What cannot be read is null, and the caller says so in its log.

import type { ItemUpdate, StreamEvent } from "@sidekit/chatkit/protocol";

import { readComponent, readWidget } from "../widgets/tree.ts";
import {
  readAnnotation,
  readAssistantContent,
  readItem,
  readTask,
  readThread,
  type ShownItem,
  type ThreadRecord,
} from "./wire-items.ts";
import { count, isRecord, oneOf, textOr, texts, type WireRecord } from "./wire-values.ts";

/** Updates of kinds that are drawn. */
export type ShownUpdate = Extract<
  ItemUpdate,
  { type: `assistant_message.${string}` | `workflow.${string}` | `widget.${string}` }
>;

type PlainType = "thread.item.removed" | "stream_options" | "client_effect" | "error" | "notice";

/** A stream event with what this element draws of it. */
export type ShownEvent =
  | { type: "thread.created" | "thread.updated"; thread: ThreadRecord }
  | { type: "thread.item.added" | "thread.item.done" | "thread.item.replaced"; item: ShownItem }
  | { type: "thread.item.updated"; item_id: string; update: ShownUpdate }
  // An icon that is not known is drawn as none: no reason to lose the words.
  | { type: "progress_update"; text: string; icon?: string }
  | Extract<StreamEvent, { type: PlainType }>;

/** "ignored": well-formed, and about something that is not drawn yet. Null: not an event. */
export function readEvent(value: unknown): ShownEvent | "ignored" | null {
  if (!isRecord(value)) return null;
  switch (value["type"]) {
    case "thread.created":
    case "thread.updated": {
      const thread = readThread(value["thread"]);
      return thread && { type: value["type"], thread };
    }
    case "thread.item.added":
    case "thread.item.done":
    case "thread.item.replaced": {
      const item = readItem(value["item"]);
      return item && { type: value["type"], item };
    }
    case "thread.item.updated": {
      const update = readUpdate(value["update"]);
      if (update === null || update === "ignored" || typeof value["item_id"] !== "string")
        return update && "ignored";
      return { type: "thread.item.updated", item_id: value["item_id"], update };
    }
    case "thread.item.removed":
      return typeof value["item_id"] === "string"
        ? { type: "thread.item.removed", item_id: value["item_id"] }
        : null;
    default:
      return readPlain(value);
  }
}

function readPlain(value: WireRecord): ShownEvent | null {
  switch (value["type"]) {
    case "stream_options": {
      const options = value["stream_options"];
      if (!isRecord(options)) return null;
      return { type: "stream_options", stream_options: { allow_cancel: options["allow_cancel"] === true } };
    }
    case "progress_update":
      return { type: "progress_update", text: textOr(value["text"], ""), ...texts(value, ["icon"]) };
    case "client_effect":
      if (typeof value["name"] !== "string") return null;
      return { type: "client_effect", name: value["name"], data: jsonObject(value["data"]) };
    case "error":
      return {
        type: "error",
        code: textOr(value["code"], "custom"),
        allow_retry: value["allow_retry"] === true,
        ...texts(value, ["message"]),
      };
    case "notice":
      return {
        type: "notice",
        level: oneOf(value["level"], ["info", "warning", "danger"] as const, "info"),
        message: textOr(value["message"], ""),
        ...texts(value, ["title"]),
      };
    default:
      return null;
  }
}

function readUpdate(value: unknown): ShownUpdate | "ignored" | null {
  if (!isRecord(value) || typeof value["type"] !== "string") return null;
  switch (value["type"]) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done": {
      const content = readAssistantContent(value["content"]);
      const content_index = count(value["content_index"]);
      return content && content_index !== null ? { type: value["type"], content_index, content } : null;
    }
    case "assistant_message.content_part.text_delta": {
      const content_index = count(value["content_index"]);
      const delta = textOr(value["delta"], null);
      return delta !== null && content_index !== null ? { type: value["type"], content_index, delta } : null;
    }
    case "assistant_message.content_part.annotation_added": {
      const content_index = count(value["content_index"]);
      const annotation_index = count(value["annotation_index"]);
      const annotation = readAnnotation(value["annotation"]);
      if (content_index === null || annotation_index === null || annotation === null) return null;
      return { type: value["type"], content_index, annotation_index, annotation };
    }
    case "workflow.task.added":
    case "workflow.task.updated": {
      const task = readTask(value["task"]);
      const task_index = count(value["task_index"]);
      return task && task_index !== null ? { type: value["type"], task_index, task } : null;
    }
    case "widget.streaming_text.value_delta": {
      const component_id = textOr(value["component_id"], null);
      const delta = textOr(value["delta"], null);
      if (component_id === null || delta === null) return null;
      return { type: value["type"], component_id, delta, done: value["done"] === true };
    }
    case "widget.component.updated": {
      const component_id = textOr(value["component_id"], null);
      const component = readComponent(value["component"]);
      return component && component_id !== null ? { type: value["type"], component_id, component } : null;
    }
    case "widget.root.updated": {
      const widget = readWidget(value["widget"]);
      return widget && { type: value["type"], widget };
    }
    default:
      return "ignored";
  }
}

/** Comes from `JSON.parse`, so whatever is in an object is JSON. */
function jsonObject(value: unknown): Extract<ShownEvent, { type: "client_effect" }>["data"] {
  return isRecord(value) ? (value as Extract<ShownEvent, { type: "client_effect" }>["data"]) : {};
}
