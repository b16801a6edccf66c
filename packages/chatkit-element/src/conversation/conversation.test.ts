import type { AssistantContent, ThreadItem } from "@sidekit/chatkit/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readEvent, type ShownEvent } from "../client/wire-events.ts";
import { readItem, type ShownItem, type ThreadRecord } from "../client/wire-items.ts";
import {
  changeConversation,
  type Conversation,
  type ConversationChange,
  emptyConversation,
} from "./conversation.ts";

const thread: ThreadRecord = { id: "thr_1", created_at: at(0), status: { type: "active" } };

describe("a stream and what a reload shows of it", () => {
  test.each(["completed", "stopped"] as const)("are the same for every turn that was %s", (how) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const { frames, stored } = asServer(steps, how);
        const streamed = changed(emptyConversation, [
          { type: "started" },
          ...frames.map((frame): ConversationChange => ({ type: "received", event: shown(frame) })),
          { type: "ended", how },
        ]);
        const reloaded = changed(emptyConversation, [
          { type: "loaded", thread, items: stored.map((item) => shownItem(item)) },
        ]);
        expect(itemsOf(streamed).filter(isStored)).toEqual(itemsOf(reloaded));

        function isStored(item: ShownItem): boolean {
          // Work that was cut short stays on screen; no server keeps it.
          return item.type !== "workflow" || stored.some(({ id }) => id === item.id);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("are the same when the message on its way is older by this computer's clock than the server's", () => {
    const asked = userMessage("local_1", at(90_000));
    const streamed = changed(emptyConversation, [
      { type: "submitted", message: asked },
      { type: "started" },
      received({ type: "thread.item.done", item: userMessage("msg_1", at(10)) }),
      received({ type: "thread.item.done", item: answer("msg_2", 20, "Hello") }),
      { type: "ended", how: "completed" },
    ]);
    expect(itemsOf(streamed).map(({ id }) => id)).toEqual(["msg_1", "msg_2"]);
  });
});

describe("a message on its way", () => {
  const sent = changed(emptyConversation, [
    { type: "submitted", message: userMessage("local_1", at(0)) },
    { type: "started" },
  ]);

  test("gives its place on screen to the stored one", () => {
    const after = changed(sent, [received({ type: "thread.item.done", item: userMessage("msg_1", at(10)) })]);
    expect(after.entries).toMatchObject([{ key: "local_1", item: { id: "msg_1" }, phase: "done" }]);
  });

  test("is marked when the turn fails before the server has confirmed it", () => {
    const failed = changed(sent, [
      { type: "failed", failure: { code: "unreachable", message: null, canRetry: true } },
    ]);
    expect(failed.entries).toMatchObject([{ phase: "unsent" }]);
    const again = changed(failed, [
      { type: "submitted", message: userMessage("local_2", at(5)) },
      received({ type: "thread.item.done", item: userMessage("msg_2", at(20)) }),
    ]);
    expect(again.entries).toMatchObject([
      { key: "local_1", phase: "unsent" },
      { key: "local_2", phase: "done" },
    ]);
  });
});

describe("the end of a turn", () => {
  const half = changed(emptyConversation, [
    { type: "started" },
    received({ type: "progress_update", text: "Looking" }),
    received({ type: "thread.item.added", item: answer("msg_1", 10, "") }),
    received({ type: "thread.item.added", item: answer("msg_2", 20, "") }),
    received({
      type: "thread.item.updated",
      item_id: "msg_1",
      update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Half an ans" },
    }),
  ]);

  test("by a stop keeps what was said and drops what was not", () => {
    const stopped = changed(half, [{ type: "ended", how: "stopped" }]);
    expect(stopped.entries).toMatchObject([{ phase: "cut", item: { content: [{ text: "Half an ans" }] } }]);
    expect(stopped.entries).toHaveLength(1);
    expect(stopped.run).toBeNull();
  });

  test("leaves no step in progress, and no workflow without a step", () => {
    const thinking = workflow("wf_1", 30);
    const task = { type: "thought" as const, status_indicator: "loading" as const, content: "Hm" };
    const stopped = changed(half, [
      received({ type: "thread.item.added", item: shownItem(thinking) }),
      received({
        type: "thread.item.updated",
        item_id: "wf_1",
        update: { type: "workflow.task.added", task_index: 0, task },
      }),
      received({ type: "thread.item.added", item: shownItem(workflow("wf_2", 40)) }),
      { type: "ended", how: "stopped" },
    ]);
    expect(itemsOf(stopped).map(({ id }) => id)).toEqual(["msg_1", "wf_1"]);
    expect(stopped.entries[1]).toMatchObject({
      phase: "cut",
      item: { workflow: { tasks: [{ status_indicator: "none", content: "Hm" }] } },
    });
  });

  test("by a failure shows it, and the next message takes it away", () => {
    const failed = changed(half, [
      { type: "failed", failure: { code: "connection_lost", message: null, canRetry: true } },
    ]);
    expect(failed).toMatchObject({ run: null, failure: { code: "connection_lost" } });
    expect(
      changed(failed, [{ type: "submitted", message: userMessage("local_9", at(0)) }]).failure,
    ).toBeNull();
  });
});

test("an error event shows with its own sentence and does not end the turn", () => {
  const state = changed(emptyConversation, [
    { type: "started" },
    received({ type: "error", code: "custom", message: "No more rivers.", allow_retry: false }),
  ]);
  expect(state.failure).toEqual({ code: "custom", message: "No more rivers.", canRetry: false });
  expect(state.run).not.toBeNull();
});

test("a status line gives way to the first words", () => {
  const looking = changed(emptyConversation, [
    { type: "started" },
    received({ type: "progress_update", text: "Looking", icon: "search" }),
  ]);
  expect(looking.progress).toEqual({ text: "Looking", icon: "search" });
  expect(
    changed(looking, [received({ type: "thread.item.added", item: answer("m", 1, "") })]).progress,
  ).toBeNull();
});

test("a retry drops what came after the message, and keeps the message", () => {
  const state = changed(emptyConversation, [
    received({ type: "thread.item.done", item: userMessage("msg_1", at(1)) }),
    received({ type: "thread.item.done", item: answer("msg_2", 2, "Wrong") }),
    { type: "retrying", itemId: "msg_1" },
  ]);
  expect(itemsOf(state).map(({ id }) => id)).toEqual(["msg_1"]);
});

test("of very many notices the newest are kept", () => {
  const changes = Array.from({ length: 80 }, (_, n) =>
    received({ type: "notice", level: "info", message: `Notice ${n}` }),
  );
  const { entries } = changed(emptyConversation, changes);
  expect(entries).toHaveLength(50);
  expect(entries.at(-1)).toMatchObject({ message: "Notice 79" });
});

test("a content index out of all reason changes nothing", () => {
  const state = changed(emptyConversation, [
    received({ type: "thread.item.added", item: answer("msg_1", 1, "Hello") }),
    received({
      type: "thread.item.updated",
      item_id: "msg_1",
      update: { type: "assistant_message.content_part.text_delta", content_index: 1e9, delta: "x" },
    }),
  ]);
  expect(state.entries).toMatchObject([{ item: { content: [{ text: "Hello" }] } }]);
});

// What a server may do in one turn, by the item it does it to.
type Step =
  | { readonly kind: "add" | "reserve" | "finish" | "remove" | "replace" | "task"; readonly which: number }
  | { readonly kind: "text"; readonly which: number; readonly part: number; readonly words: string }
  | { readonly kind: "cite"; readonly which: number; readonly part: number; readonly place: number }
  | { readonly kind: "other"; readonly frame: object };

const which = fc.nat({ max: 3 });
const part = fc.nat({ max: 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("add", "reserve", "finish", "remove", "replace", "task"), which }),
  fc.record({ kind: fc.constant("text"), which, part, words: fc.string({ unit: "grapheme" }) }),
  fc.record({ kind: fc.constant("cite"), which, part, place: fc.nat({ max: 3 }) }),
  fc.record({
    kind: fc.constant("other"),
    frame: fc.constantFrom(
      { type: "progress_update", text: "Looking" },
      { type: "notice", level: "info", message: "Note" },
      { type: "stream_options", stream_options: { allow_cancel: true } },
      { type: "client_effect", name: "refresh", data: {} },
      {
        type: "thread.updated",
        thread: { ...thread, title: "New", metadata: {}, items: { data: [], has_more: false } },
      },
    ),
  }),
);

/**
 * Plays the steps as a server would: copies of unfinished items, and a store of finished ones. A reserved item has its
 * time and is not announced before it is done. A stop keeps the words of unfinished answers.
 */
function asServer(
  steps: readonly Step[],
  how: "completed" | "stopped",
): { frames: object[]; stored: ThreadItem[] } {
  const frames: object[] = [];
  const unfinished = new Map<string, ThreadItem>();
  const reserved = new Map<string, ThreadItem>();
  const stored = new Map<string, ThreadItem>();
  let clock = 0;
  for (const step of steps) {
    if (step.kind === "other") frames.push(step.frame);
    else play(step, `item_${step.which}`);
  }
  for (const item of [...unfinished.values(), ...reserved.values()]) {
    if (how === "completed") finish(item);
    else if (item.type === "assistant_message" && item.content.some(({ text }) => text.trim() !== "")) {
      if (unfinished.has(item.id)) stored.set(item.id, item);
    }
  }
  return {
    frames,
    stored: [...stored.values()].toSorted((a, b) => a.created_at.localeCompare(b.created_at)),
  };

  function play(step: Exclude<Step, { kind: "other" }>, id: string): void {
    // A server begins what it is about to fill; so every update finds something to change.
    if (step.kind === "text" || step.kind === "cite" || step.kind === "task")
      play({ kind: "add", which: step.which }, id);
    const open = unfinished.get(id);
    switch (step.kind) {
      case "add": {
        if (open !== undefined || stored.has(id) || reserved.has(id)) return;
        const item = step.which % 2 === 0 ? answer(id, (clock += 1), "") : workflow(id, (clock += 1));
        unfinished.set(id, structuredClone(item));
        frames.push({ type: "thread.item.added", item });
        return;
      }
      case "reserve":
        if (open !== undefined || stored.has(id) || reserved.has(id)) return;
        reserved.set(id, answer(id, (clock += 1), "Late"));
        return;
      case "finish": {
        const item = open ?? reserved.get(id);
        if (item !== undefined) finish(item);
        return;
      }
      case "remove":
        if (open === undefined && !stored.has(id)) return;
        unfinished.delete(id);
        stored.delete(id);
        frames.push({ type: "thread.item.removed", item_id: id });
        return;
      case "replace": {
        const before = stored.get(id);
        if (before === undefined) return;
        const item = { ...answer(id, 0, "Replaced"), created_at: before.created_at };
        stored.set(id, item);
        frames.push({ type: "thread.item.replaced", item });
        return;
      }
      case "task": {
        if (open?.type !== "workflow") return;
        const task = {
          type: "thought" as const,
          status_indicator: "none" as const,
          content: `Thought ${frames.length}`,
        };
        open.workflow.tasks.push(task);
        const task_index = open.workflow.tasks.length - 1;
        frames.push({
          type: "thread.item.updated",
          item_id: id,
          update: { type: "workflow.task.added", task_index, task },
        });
        return;
      }
      case "text": {
        if (open?.type !== "assistant_message") return;
        partAt(open.content, step.part).text += step.words;
        update(id, { type: "text_delta", content_index: step.part, delta: step.words });
        return;
      }
      case "cite": {
        if (open?.type !== "assistant_message") return;
        const annotation = {
          type: "annotation" as const,
          source: { type: "url" as const, title: `Source ${frames.length}`, url: "https://example.com/" },
        };
        const { annotations } = partAt(open.content, step.part);
        annotations.splice(Math.min(step.place, annotations.length), 0, annotation);
        update(id, {
          type: "annotation_added",
          content_index: step.part,
          annotation_index: step.place,
          annotation,
        });
        return;
      }
      default:
        step satisfies never;
    }
  }

  function update(id: string, { type, ...members }: { type: string; [member: string]: unknown }): void {
    frames.push({
      type: "thread.item.updated",
      item_id: id,
      update: { type: `assistant_message.content_part.${type}`, ...members },
    });
  }

  function finish(item: ThreadItem): void {
    unfinished.delete(item.id);
    reserved.delete(item.id);
    stored.set(item.id, item);
    frames.push({ type: "thread.item.done", item });
  }
}

function partAt(content: AssistantContent[], index: number): AssistantContent {
  while (content.length <= index) content.push({ type: "output_text", text: "", annotations: [] });
  return content[index] ?? { type: "output_text", text: "", annotations: [] };
}

function changed(state: Conversation, changes: readonly ConversationChange[]): Conversation {
  return changes.reduce(changeConversation, state);
}

function received(event: ShownEvent): ConversationChange {
  return { type: "received", event };
}

function itemsOf(state: Conversation): ShownItem[] {
  return state.entries.flatMap((entry) => (entry.kind === "item" ? [entry.item] : []));
}

function shown(frame: object): ShownEvent {
  const event = readEvent(JSON.parse(JSON.stringify(frame)));
  if (event === null || event === "ignored") throw new Error(`not read: ${JSON.stringify(frame)}`);
  return event;
}

function shownItem(item: ThreadItem): ShownItem {
  const read = readItem(JSON.parse(JSON.stringify(item)));
  if (read === null) throw new Error(`not read: ${JSON.stringify(item)}`);
  return read;
}

function at(ms: number): string {
  return new Date(Date.UTC(2026, 10, 1) + ms).toISOString();
}

function answer(id: string, ms: number, text: string) {
  const content: AssistantContent[] = text === "" ? [] : [{ type: "output_text", text, annotations: [] }];
  return { type: "assistant_message" as const, id, thread_id: "thr_1", created_at: at(ms), content };
}

function workflow(id: string, ms: number): Extract<ThreadItem, { type: "workflow" }> {
  return {
    type: "workflow",
    id,
    thread_id: "thr_1",
    created_at: at(ms),
    workflow: { type: "reasoning", tasks: [], expanded: false },
  };
}

function userMessage(id: string, created_at: string): Extract<ThreadItem, { type: "user_message" }> {
  return {
    type: "user_message",
    id,
    thread_id: "thr_1",
    created_at,
    content: [{ type: "input_text", text: "Hello" }],
    attachments: [],
    inference_options: {},
  };
}
