// Reads threads and items of the wire: every member that is drawn is checked, everything else is left behind.

import type {
  Annotation,
  AssistantContent,
  Attachment,
  FileSource,
  GeneratedImage,
  Page,
  Task,
  Thread,
  ThreadItem,
  ThreadStatus,
  UrlSource,
  UserContent,
  Workflow,
} from "@sidekit/chatkit/protocol";

import { readWidget } from "../widgets/tree.ts";
import { readArguments, readQuestion } from "./wire-forms.ts";
import { count, isRecord, oneOf, rows, textOr, texts, type WireRecord } from "./wire-values.ts";

/** Kinds that are drawn as they are; the rest of the protocol's kinds, and tomorrow's, get a placeholder. */
type DrawnKind =
  | "user_message"
  | "assistant_message"
  | "workflow"
  | "task"
  | "widget"
  | "structured_input"
  | "client_tool_call"
  | "generated_image";

export type DrawnItem = Extract<ThreadItem, { type: DrawnKind }>;

export interface OtherItem {
  readonly type: "other";
  readonly id: string;
  readonly thread_id: string;
  readonly created_at: string;
  /** The kind's name on the wire. */
  readonly kind: string;
}

export type ShownItem = DrawnItem | OtherItem;

/** A thread without its items. */
export type ThreadRecord = Pick<Thread, "id" | "created_at" | "title" | "status" | "allowed_image_domains">;

const formWords = ["pending", "answered", "skipped"] as const;
const statusWords = ["none", "loading", "complete"] as const;

/** Null when it lacks what every item has, or when it is a kind that we draw and its content is not what it must be. */
export function readItem(value: unknown): ShownItem | null {
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["type"] !== "string") return null;
  const common = {
    id: value["id"],
    thread_id: textOr(value["thread_id"], ""),
    created_at: textOr(value["created_at"], ""),
  };
  switch (value["type"]) {
    case "user_message":
      return {
        ...common,
        type: "user_message",
        content: rows(value["content"], readUserContent),
        attachments: rows(value["attachments"], readAttachment),
        inference_options: readInferenceOptions(value["inference_options"]),
        ...texts(value, ["quoted_text"]),
      };
    case "assistant_message":
      return { ...common, type: "assistant_message", content: rows(value["content"], readAssistantContent) };
    case "workflow": {
      const workflow = readWorkflow(value["workflow"]);
      return workflow && { ...common, type: "workflow", workflow };
    }
    case "task": {
      const task = readTask(value["task"]);
      return task && { ...common, type: "task", task };
    }
    case "widget": {
      const widget = readWidget(value["widget"]);
      if (widget !== null) return { ...common, type: "widget", widget, ...texts(value, ["copy_text"]) };
      return { ...common, type: "other", kind: "widget" };
    }
    case "structured_input":
      return {
        ...common,
        type: "structured_input",
        status: oneOf(value["status"], formWords, "pending"),
        inputs: rows(value["inputs"], readQuestion),
      };
    case "client_tool_call":
      if (typeof value["name"] !== "string") return { ...common, type: "other", kind: "client_tool_call" };
      return {
        ...common,
        type: "client_tool_call",
        status: oneOf(value["status"], ["pending", "completed"] as const, "pending"),
        call_id: textOr(value["call_id"], ""),
        name: value["name"],
        arguments: readArguments(value["arguments"]),
      };
    case "generated_image": {
      const image = readImage(value["image"]);
      return { ...common, type: "generated_image", ...(image === null ? {} : { image }) };
    }
    default:
      return { ...common, type: "other", kind: value["type"] };
  }
}

export function readThread(value: unknown): ThreadRecord | null {
  if (!isRecord(value) || typeof value["id"] !== "string") return null;
  const domains = value["allowed_image_domains"];
  return {
    id: value["id"],
    created_at: textOr(value["created_at"], ""),
    status: readStatus(value["status"]),
    ...texts(value, ["title"]),
    ...(Array.isArray(domains)
      ? { allowed_image_domains: domains.filter((domain) => typeof domain === "string") }
      : {}),
  };
}

/** Rows that cannot be read are left out; null when it is not a page at all. */
export function readPage<Row>(value: unknown, read: (row: unknown) => Row | null): Page<Row> | null {
  if (!isRecord(value) || !Array.isArray(value["data"])) return null;
  return {
    data: rows(value["data"], read),
    has_more: value["has_more"] === true,
    ...texts(value, ["after"]),
  };
}

export function readAssistantContent(value: unknown): AssistantContent | null {
  if (!isRecord(value) || typeof value["text"] !== "string") return null;
  return {
    type: "output_text",
    text: value["text"],
    annotations: rows(value["annotations"], readAnnotation),
  };
}

export function readAnnotation(value: unknown): Annotation | null {
  if (!isRecord(value)) return null;
  const source = readSource(value["source"]);
  const index = count(value["index"]);
  return source && { type: "annotation", source, ...(index === null ? {} : { index }) };
}

export function readTask(value: unknown): Task | null {
  if (!isRecord(value)) return null;
  const common = {
    status_indicator: oneOf(value["status_indicator"], statusWords, "none"),
    ...texts(value, ["title"]),
  };
  switch (value["type"]) {
    case "custom":
      return { ...common, type: "custom", ...texts(value, ["icon", "content"]) };
    case "thought":
      return { ...common, type: "thought", content: textOr(value["content"], "") };
    case "web_search":
      return {
        ...common,
        type: "web_search",
        queries: rows(value["queries"], (query) => textOr(query, null)),
        sources: rows(value["sources"], readUrlSource),
        ...texts(value, ["title_query"]),
      };
    case "file":
      return { ...common, type: "file", sources: rows(value["sources"], readFileSource) };
    case "image":
      return { ...common, type: "image" };
    default:
      return null;
  }
}

function readWorkflow(value: unknown): Workflow | null {
  if (!isRecord(value)) return null;
  const summary = readSummary(value["summary"]);
  return {
    type: oneOf(value["type"], ["custom", "reasoning"] as const, "custom"),
    tasks: rows(value["tasks"], readTask),
    expanded: value["expanded"] === true,
    ...(summary === null ? {} : { summary }),
  };
}

function readSummary(value: unknown): NonNullable<Workflow["summary"]> | null {
  if (!isRecord(value)) return null;
  if (typeof value["title"] === "string") return { title: value["title"], ...texts(value, ["icon"]) };
  const duration = count(value["duration"]);
  return duration === null ? null : { duration };
}

function readUserContent(value: unknown): UserContent | null {
  if (!isRecord(value) || typeof value["text"] !== "string") return null;
  if (value["type"] === "input_text") return { type: "input_text", text: value["text"] };
  if (value["type"] !== "input_tag") return null;
  return {
    type: "input_tag",
    id: textOr(value["id"], ""),
    text: value["text"],
    data: readArguments(value["data"]),
    interactive: value["interactive"] === true,
    ...texts(value, ["group"]),
  };
}

/** As a message carries it; null when it has no id. */
export function readAttachment(value: unknown): Attachment | null {
  if (!isRecord(value) || typeof value["id"] !== "string") return null;
  const common = {
    id: value["id"],
    name: textOr(value["name"], ""),
    mime_type: textOr(value["mime_type"], ""),
  };
  const preview = textOr(value["preview_url"], null);
  if (value["type"] !== "image" || preview === null) return { ...common, type: "file" };
  return { ...common, type: "image", preview_url: preview };
}

function readImage(value: unknown): GeneratedImage | null {
  if (!isRecord(value) || typeof value["url"] !== "string") return null;
  return { id: textOr(value["id"], ""), url: value["url"] };
}

function readInferenceOptions(value: unknown) {
  if (!isRecord(value)) return {};
  const choice = value["tool_choice"];
  return {
    ...texts(value, ["model"]),
    ...(isRecord(choice) && typeof choice["id"] === "string" ? { tool_choice: { id: choice["id"] } } : {}),
  };
}

function readSource(value: unknown): Annotation["source"] | null {
  if (!isRecord(value)) return null;
  if (value["type"] === "url") return readUrlSource(value);
  if (value["type"] === "file") return readFileSource(value);
  if (value["type"] !== "entity") return null;
  return {
    type: "entity",
    id: textOr(value["id"], ""),
    interactive: value["interactive"] === true,
    data: readArguments(value["data"]),
    ...sourceTexts(value),
    ...texts(value, ["icon", "label", "inline_label"]),
  };
}

function readUrlSource(value: unknown): UrlSource | null {
  if (!isRecord(value) || typeof value["url"] !== "string") return null;
  return { type: "url", url: value["url"], ...sourceTexts(value), ...texts(value, ["attribution"]) };
}

function readFileSource(value: unknown): FileSource | null {
  if (!isRecord(value) || typeof value["filename"] !== "string") return null;
  return { type: "file", filename: value["filename"], ...sourceTexts(value) };
}

function sourceTexts(value: WireRecord) {
  return {
    title: textOr(value["title"], ""),
    ...texts(value, ["description", "timestamp", "group"]),
  };
}

function readStatus(value: unknown): ThreadStatus {
  if (!isRecord(value)) return { type: "active" };
  const type = oneOf(value["type"], ["active", "locked", "closed"] as const, "active");
  return type === "active" ? { type } : { type, ...texts(value, ["reason"]) };
}
