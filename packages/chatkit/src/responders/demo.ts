// Answers without a model, so that everything around one can be tried before there is a key.

import { setTimeout as sleep } from "node:timers/promises";

import type {
  Annotation,
  AssistantContent,
  AssistantMessageItem,
  Task,
  WorkflowItem,
} from "../protocol/index.ts";
import type { Responder, ResponderEvent, Turn } from "../ports.ts";
import { demoScript, type DemoScript } from "./demo-text.ts";
import { titleThread } from "./thread-title.ts";

const historyItems = 100;

/** Milliseconds between two pieces, about as fast as a model. */
const defaultPaceMs = 20;

/** Characters that are sent at once, about as many as a model's token has. */
const pieceLength = 6;

export interface DemoOptions {
  /** Milliseconds between two pieces; 0 leaves no pause at all. */
  readonly paceMs?: number;
}

/**
 * A responder that says what it is and then shows the protocol: thoughts, streamed Markdown, a source. The words
 * `long` and `error` bring a long answer and a failure. Names an untitled thread. A stop ends it at the next piece.
 */
export function createDemoResponder(options: DemoOptions = {}): Responder {
  const paceMs = options.paceMs ?? defaultPaceMs;

  return async function* answer(turn: Turn): AsyncGenerator<ResponderEvent> {
    titleThread(turn.thread, turn.userMessage);
    const script = demoScript(await turn.history(historyItems), turn.userMessage);
    try {
      for (const event of shown(turn, script)) {
        if (turn.signal.aborted) return;
        yield event;
        if (paceMs > 0) await sleep(paceMs, undefined, { signal: turn.signal });
      }
    } catch (error) {
      if (!turn.signal.aborted) throw error;
    }
  };
}

function* shown(turn: Turn, script: DemoScript): Generator<ResponderEvent> {
  yield* thinking(turn, script.thoughts);
  yield* speaking(turn, script);
  if (script.scene === "error") {
    yield {
      type: "error",
      code: "custom",
      message: "This is the error you asked for. Nothing is broken.",
      allow_retry: true,
    };
  }
}

function* thinking(turn: Turn, thoughts: DemoScript["thoughts"]): Generator<ResponderEvent> {
  const startedMs = performance.now();
  const item: WorkflowItem = {
    id: turn.newId("workflow"),
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "workflow",
    workflow: { type: "reasoning", tasks: [], expanded: false },
  };
  yield { type: "thread.item.added", item };

  const tasks: Task[] = [];
  for (const [index, { title, content }] of thoughts.entries()) {
    let soFar = "";
    for (const piece of piecesOf(content)) {
      const first = soFar === "";
      soFar += piece;
      yield taskEvent(
        item,
        index,
        { type: "thought", title, content: soFar, status_indicator: "loading" },
        first,
      );
    }
    const task: Task = { type: "thought", title, content, status_indicator: "complete" };
    yield taskEvent(item, index, task, false);
    tasks.push(task);
  }
  const duration = Math.max(1, Math.round((performance.now() - startedMs) / 1000));
  yield {
    type: "thread.item.done",
    item: { ...item, workflow: { type: "reasoning", tasks, summary: { duration }, expanded: false } },
  };
}

function* speaking(turn: Turn, { markdown, citedAt }: DemoScript): Generator<ResponderEvent> {
  const item: AssistantMessageItem = {
    id: turn.newId("message"),
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "assistant_message",
    content: [],
  };
  yield { type: "thread.item.added", item };
  yield updated(item, {
    type: "assistant_message.content_part.added",
    content_index: 0,
    content: part("", []),
  });
  for (const delta of piecesOf(markdown)) {
    yield updated(item, { type: "assistant_message.content_part.text_delta", content_index: 0, delta });
  }
  const annotation: Annotation = {
    type: "annotation",
    source: {
      type: "url",
      title: "ChatKit guide",
      url: "https://platform.openai.com/docs/guides/chatkit",
      attribution: "OpenAI",
    },
    index: citedAt,
  };
  yield updated(item, {
    type: "assistant_message.content_part.annotation_added",
    content_index: 0,
    annotation_index: 0,
    annotation,
  });
  const content = part(markdown, [annotation]);
  yield updated(item, { type: "assistant_message.content_part.done", content_index: 0, content });
  yield { type: "thread.item.done", item: { ...item, content: [content] } };
}

/** Cuts between characters, never inside one that takes two code units. */
function* piecesOf(text: string): Generator<string> {
  const characters = [...text];
  for (let start = 0; start < characters.length; start += pieceLength) {
    yield characters.slice(start, start + pieceLength).join("");
  }
}

function part(text: string, annotations: Annotation[]): AssistantContent {
  return { type: "output_text", text, annotations };
}

function taskEvent(item: WorkflowItem, taskIndex: number, task: Task, added: boolean): ResponderEvent {
  const type = added ? "workflow.task.added" : "workflow.task.updated";
  return { type: "thread.item.updated", item_id: item.id, update: { type, task_index: taskIndex, task } };
}

function updated(
  item: AssistantMessageItem,
  update: Extract<ResponderEvent, { type: "thread.item.updated" }>["update"],
): ResponderEvent {
  return { type: "thread.item.updated", item_id: item.id, update };
}
