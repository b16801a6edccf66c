// The `./protocol` entry: fit for a browser, lenient where the protocol is, closed where it is.

import { fileURLToPath } from "node:url";

import {
  chatKitRequestSchema,
  itemUpdateSchema,
  requestTypes,
  storedItemSchema,
  streamEventSchema,
  threadItemSchema,
  threadSchema,
} from "@sidekit/chatkit/protocol";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

const input = { content: [{ type: "input_text", text: "Hi" }], attachments: [], inference_options: {} };
const at = { id: "i", thread_id: "t", created_at: "2026-01-02T03:04:05Z" };
const thread = {
  id: "t",
  created_at: at.created_at,
  status: { type: "active" },
  metadata: {},
  items: { data: [], has_more: false },
};
const part = { type: "output_text", text: "x", annotations: [] };
const task = { type: "thought", content: "hm", status_indicator: "none" };

test("all sixteen requests", () => {
  const action = { thread_id: "t", item_id: null, action: { type: "press" } };
  const params: Record<string, object> = {
    "threads.create": { input },
    "threads.add_user_message": { thread_id: "t", input },
    "threads.add_client_tool_output": { thread_id: "t", result: null },
    "threads.add_structured_input": { thread_id: "t", item_id: "i", input: { answers: { q: {} } } },
    "threads.retry_after_item": { thread_id: "t", item_id: "i" },
    "threads.custom_action": action,
    "threads.sync_custom_action": action,
    "threads.get_by_id": { thread_id: "t" },
    "threads.list": {},
    "threads.update": { thread_id: "t", title: "" },
    "threads.delete": { thread_id: "t" },
    "items.list": { thread_id: "t", limit: 5, order: "asc", after: "i" },
    "items.feedback": { thread_id: "t", item_ids: [], kind: "positive" },
    "attachments.create": { name: "a", size: 1, mime_type: "text/plain" },
    "attachments.delete": { attachment_id: "a" },
    "input.transcribe": { audio_base64: "", mime_type: "audio/webm" },
  };
  expect(Object.keys(params)).toEqual(requestTypes);
  for (const type of requestTypes) {
    expect(chatKitRequestSchema.parse({ type, params: { ...params[type], later: 1 }, later: 1 }).type).toBe(
      type,
    );
    expect(chatKitRequestSchema.safeParse({ type }).success).toBe(false);
  }
  const withoutResult = { type: "threads.add_client_tool_output", params: { thread_id: "t" } };
  expect(chatKitRequestSchema.safeParse(withoutResult).success).toBe(false);
  const withoutType = { type: "threads.custom_action", params: { thread_id: "t", action: {} } };
  expect(chatKitRequestSchema.safeParse(withoutType).success).toBe(false);
});

test("all twelve events, with their defaults", () => {
  const events = [
    { type: "thread.created", thread },
    { type: "thread.updated", thread },
    { type: "thread.item.added", item: { ...at, type: "end_of_turn" } },
    {
      type: "thread.item.updated",
      item_id: "i",
      update: { type: "widget.root.updated", widget: { type: "Basic" } },
    },
    { type: "thread.item.done", item: { ...at, type: "task", task } },
    { type: "thread.item.removed", item_id: "i" },
    { type: "thread.item.replaced", item: { ...at, type: "end_of_turn" } },
    { type: "stream_options", stream_options: { allow_cancel: true } },
    { type: "progress_update", text: "x" },
    { type: "client_effect", name: "x", data: {} },
    { type: "error", code: "custom", allow_retry: false },
    { type: "notice", level: "danger", message: "x" },
  ];
  for (const event of events) expect(streamEventSchema.parse({ ...event, later: 1 })).toEqual(event);
  expect(streamEventSchema.parse({ type: "error" })).toEqual({
    type: "error",
    code: "custom",
    allow_retry: false,
  });
  expect(streamEventSchema.parse({ type: "client_effect", name: "x" })).toMatchObject({ data: {} });
  expect(streamEventSchema.safeParse({ type: "later" }).success).toBe(false);
});

test("all ten item updates", () => {
  const updates = [
    { type: "assistant_message.content_part.added", content_index: 0, content: part },
    { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "" },
    {
      type: "assistant_message.content_part.annotation_added",
      content_index: 0,
      annotation_index: 0,
      annotation: { type: "annotation", source: { type: "file", title: "f", filename: "f" } },
    },
    { type: "assistant_message.content_part.done", content_index: 0, content: part },
    { type: "widget.streaming_text.value_delta", component_id: "c", delta: "x", done: false },
    { type: "widget.component.updated", component_id: "c", component: { type: "Later", deep: [null] } },
    { type: "widget.root.updated", widget: { type: "ListView", children: [] } },
    { type: "workflow.task.added", task_index: 0, task },
    { type: "workflow.task.updated", task_index: 0, task },
    { type: "generated_image.updated", image: { id: "i", url: "u" }, progress: 0 },
  ];
  for (const update of updates) expect(itemUpdateSchema.parse(update)).toEqual(update);
});

describe("items and threads", () => {
  test("S68: hidden kinds are stored, and are no items for a client", () => {
    for (const hidden of [
      { ...at, type: "hidden_context_item", content: null },
      { ...at, type: "sdk_hidden_context", content: "x" },
    ]) {
      expect(storedItemSchema.parse(hidden)).toEqual(hidden);
      expect(threadItemSchema.safeParse(hidden).success).toBe(false);
      expect(threadItemSchema.safeParse({ ...hidden, type: "hologram" }).success).toBe(false);
    }
  });

  test("nulls of declared members mean absent; nulls in free values are kept", () => {
    const parsed = threadItemSchema.parse({
      ...at,
      type: "client_tool_call",
      call_id: "c",
      name: "n",
      arguments: { kept: null },
      output: null,
    });
    expect(JSON.parse(JSON.stringify(parsed))).toEqual({
      ...at,
      type: "client_tool_call",
      status: "pending",
      call_id: "c",
      name: "n",
      arguments: { kept: null },
    });
  });

  test("S69: private members are dropped: thread metadata, attachment metadata", () => {
    expect(threadSchema.parse({ ...thread, metadata: { secret: 1 } }).metadata).toEqual({});
    const attachment = { type: "file", id: "a", name: "n", mime_type: "m", metadata: { secret: 1 } };
    const item = threadItemSchema.parse({
      ...at,
      type: "user_message",
      content: [],
      attachments: [attachment],
    });
    expect(JSON.stringify(item)).not.toContain("secret");
  });

  test("a widget tree passes through untouched; only the root's kind is checked", () => {
    const widget = {
      type: "Card",
      asForm: true,
      children: [{ type: "Later", list: [1, null], payload: { a: null } }],
    };
    expect(threadItemSchema.parse({ ...at, type: "widget", widget })).toMatchObject({ widget });
    expect(threadItemSchema.safeParse({ ...at, type: "widget", widget: { type: "Box" } }).success).toBe(
      false,
    );
  });
});

test("a bundle for the browser holds zod and nothing of the server", async () => {
  const entry = fileURLToPath(import.meta.resolve("@sidekit/chatkit/protocol"));
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: "browser",
    format: "esm",
    metafile: true,
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
  });
  const ours = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules"));
  expect(ours.every((file) => file.startsWith("src/protocol/"))).toBe(true);
  const packages = Object.keys(metafile.inputs).filter((file) => file.includes("node_modules"));
  expect(packages.every((file) => file.includes("node_modules/zod/"))).toBe(true);
});
