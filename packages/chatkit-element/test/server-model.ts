// A server's part in a conversation, as small as it can be: what it stores, and the frames by which it tells of it.

import type { ThreadItem } from "@sidekit/chatkit/protocol";
import * as fc from "fast-check";

const kinds = ["answer", "workflow", "widget", "image", "task", "call", "form", "unknown"] as const;
type Kind = (typeof kinds)[number];

/** What a responder does next; `which` picks among the items there are. */
export type Step =
  | { readonly kind: "begin"; readonly what: Kind; readonly isWhole: boolean }
  | {
      readonly kind: "grow" | "finish" | "remove" | "replace";
      readonly which: number;
      readonly words: string;
    }
  | { readonly kind: "plain"; readonly frame: object };

/** `brokenAt` is told in thousandths of the frames. */
export interface Turn {
  readonly opening: "message" | "retry" | "action" | "form" | "call";
  readonly steps: readonly Step[];
  readonly ending: "whole" | "error" | "stopped";
  readonly brokenAt: number;
}

const words = fc.string({ unit: "grapheme", maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("begin"), what: fc.constantFrom(...kinds), isWhole: fc.boolean() }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("grow", "grow", "grow", "finish", "remove", "replace"),
      which: fc.nat({ max: 1000 }),
      words,
    }),
  },
  fc.record({
    kind: fc.constant("plain"),
    frame: fc.constantFrom(
      { type: "progress_update", text: "Looking", icon: "search" },
      { type: "notice", level: "warning", message: "Note" },
      { type: "client_effect", name: "refresh", data: {} },
    ),
  }),
);

export const turn: fc.Arbitrary<Turn> = fc.record({
  opening: fc.constantFrom("message", "message", "retry", "action", "form", "call"),
  steps: fc.array(step, { maxLength: 25, size: "max" }),
  ending: fc.constantFrom("whole", "whole", "error", "stopped"),
  brokenAt: fc.nat({ max: 1000 }),
});

export interface Played {
  readonly opening: Turn["opening"];
  /** The item that the request was about. */
  readonly itemId: string | null;
  readonly frames: readonly object[];
  /** What is stored, and the thread, after as many frames. */
  readonly stored: readonly (readonly ThreadItem[])[];
}

export interface ServerModel {
  /** Answers one request; an opening that nothing stands for becomes a message. */
  play(turn: Turn): Played;
}

export function createServerModel(): ServerModel {
  let clock = 0;
  /** In the order in which they were first stored, which is that of their time unless it says otherwise. */
  let stored: ThreadItem[] = [];
  /** What a retried message was answered with, until something new is stored. */
  let former: ThreadItem[] = [];

  return {
    play(turn) {
      const frames: object[] = [];
      const snapshots: ThreadItem[][] = [];
      const open = new Map<string, ThreadItem>();
      former = [];
      const { opening, itemId } = begun(turn.opening, tell, save);
      tell({ type: "stream_options", stream_options: { allow_cancel: true } });
      for (const step of turn.steps) play(step);
      for (const item of open.values()) {
        if (turn.ending === "whole") finish(item);
        else if (item.type === "assistant_message" && item.content.some(({ text }) => text.trim() !== ""))
          save(item);
      }
      if (turn.ending === "error") stored = [...stored, ...former];
      if (turn.ending === "error") tell({ type: "error", code: "stream.error", allow_retry: true });
      const after = snapshots[0] ?? [];
      return { opening, itemId, frames, stored: [after, ...snapshots.slice(1), copied()] };

      function tell(frame: object): void {
        frames.push(structuredClone(frame));
        snapshots.push(copied());
      }

      function finish(item: ThreadItem): void {
        open.delete(item.id);
        save(item);
        tell({ type: "thread.item.done", item });
      }

      function play(step: Step): void {
        if (step.kind === "plain") return tell(step.frame);
        if (step.kind === "begin") {
          const item = newItem(step.what);
          if (step.isWhole) return finish(item);
          open.set(item.id, structuredClone(item));
          return tell({ type: "thread.item.added", item });
        }
        const target =
          step.kind === "grow" || step.kind === "finish"
            ? picked([...open.values()], step.which)
            : picked([...open.values(), ...stored], step.which);
        if (target === null) return;
        if (step.kind === "finish") return finish(target);
        if (step.kind === "grow") {
          const update = grown(target, step.words);
          if (update !== null) tell({ type: "thread.item.updated", item_id: target.id, update });
          return;
        }
        if (step.kind === "remove") {
          open.delete(target.id);
          former = [];
          stored = stored.filter(({ id }) => id !== target.id);
          return tell({ type: "thread.item.removed", item_id: target.id });
        }
        if (target.type === "user_message") return;
        const { id, created_at } = target;
        const item = { ...newItem("answer"), id, created_at };
        open.delete(id);
        save(item);
        tell({ type: "thread.item.replaced", item });
      }
    },
  };

  function begun(opening: Turn["opening"], tell: (frame: object) => void, save: (item: ThreadItem) => void) {
    const found = {
      message: null,
      action: null,
      retry: stored.findLast(({ type }) => type === "user_message") ?? null,
      form: stored.findLast((item) => item.type === "structured_input" && item.status === "pending") ?? null,
      call: isPendingCall(stored.at(-1)) ? (stored.at(-1) ?? null) : null,
    }[opening];
    if (opening === "action" && stored.length > 0) return { opening, itemId: null };
    if (opening === "retry" && found !== null) {
      const next = stored.findIndex(({ id }) => id === found.id) + 1;
      former = stored.slice(next);
      stored = stored.slice(0, next);
      return { opening, itemId: found.id };
    }
    if (opening === "call" && found?.type === "client_tool_call") {
      stored = stored.filter((item) => item === found || !isPendingCall(item));
      save({ ...found, status: "completed" });
      return { opening, itemId: found.id };
    }
    if (opening === "form" && found?.type === "structured_input") {
      const item = { ...found, status: "answered" as const };
      save(item);
      tell({ type: "thread.item.replaced", item });
      return { opening, itemId: found.id };
    }
    const item: ThreadItem = {
      ...common("msg"),
      type: "user_message",
      content: [{ type: "input_text", text: "Hello" }],
      attachments: [],
      inference_options: {},
    };
    save(item);
    tell({ type: "thread.item.done", item });
    return { opening: "message" as const, itemId: null };
  }

  function save(item: ThreadItem): void {
    former = [];
    const kept = structuredClone(item);
    const at = stored.findIndex(({ id }) => id === item.id);
    if (at >= 0) stored[at] = kept;
    else stored.push(kept);
    stored.sort((one, other) => one.created_at.localeCompare(other.created_at));
  }

  function copied(): ThreadItem[] {
    return structuredClone(stored);
  }

  function common(prefix: string) {
    clock += 1;
    const created_at = new Date(Date.UTC(2026, 10, 1) + clock).toISOString();
    return { id: `${prefix}_${clock}`, thread_id: "thr_1", created_at };
  }

  function newItem(kind: Kind): ThreadItem {
    switch (kind) {
      case "answer":
        return { ...common("msg"), type: "assistant_message", content: [] };
      case "workflow":
        return {
          ...common("wf"),
          type: "workflow",
          workflow: { type: "custom", tasks: [], expanded: false, summary: { title: "Work" } },
        };
      case "widget":
        return {
          ...common("wig"),
          type: "widget",
          widget: { type: "Card", children: [{ type: "Text", id: "text", value: "" }] },
        };
      case "image":
        return {
          ...common("img"),
          type: "generated_image",
          image: { id: "one", url: "https://example.com/a" },
        };
      case "task":
        return {
          ...common("tsk"),
          type: "task",
          task: { type: "thought", status_indicator: "none", content: "Hm" },
        };
      case "call":
        return {
          ...common("ctc"),
          type: "client_tool_call",
          status: "pending",
          call_id: "call",
          name: "look",
          arguments: {},
        };
      case "form":
        return { ...common("frm"), type: "structured_input", status: "pending", inputs: [] };
      case "unknown":
        return { ...common("eot"), type: "end_of_turn" };
      default:
        return kind satisfies never;
    }
  }
}

/** Changes the server's copy, and gives the update that says so. */
function grown(item: ThreadItem, words: string): object | null {
  if (item.type === "assistant_message") {
    const part = item.content[0];
    if (part === undefined) {
      const content = { type: "output_text" as const, text: words, annotations: [] };
      item.content.push(content);
      return {
        type: "assistant_message.content_part.added",
        content_index: 0,
        content: structuredClone(content),
      };
    }
    part.text += words;
    return { type: "assistant_message.content_part.text_delta", content_index: 0, delta: words };
  }
  if (item.type === "workflow") {
    const task = { type: "thought" as const, status_indicator: "none" as const, content: words };
    const { tasks } = item.workflow;
    const isNew = tasks.length < 2;
    const task_index = isNew ? tasks.push(task) - 1 : 0;
    tasks[task_index] = task;
    return { type: `workflow.task.${isNew ? "added" : "updated"}`, task_index, task };
  }
  if (item.type !== "widget" || item.widget.type !== "Card") return null;
  const text = { type: "Text" as const, id: "text", value: textIn(item.widget) + words };
  item.widget = { ...item.widget, children: [text] };
  return { type: "widget.streaming_text.value_delta", component_id: "text", delta: words, done: false };
}

function textIn(widget: object): string {
  const children: unknown = Reflect.get(widget, "children");
  const [text] = Array.isArray(children) ? children : [];
  return String(text?.value ?? "");
}

function isPendingCall(item: ThreadItem | undefined): boolean {
  return item?.type === "client_tool_call" && item.status === "pending";
}

function picked<Item>(items: readonly Item[], which: number): Item | null {
  return items[which % Math.max(1, items.length)] ?? null;
}
