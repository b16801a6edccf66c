// A turn as the server would give it to a responder, over a history in memory.

import { randomId } from "../src/ids.ts";
import type { ResponderEvent, Turn } from "../src/ports.ts";
import type { StoredItem, UserMessageItem } from "../src/protocol/index.ts";

const prefixes = {
  message: "msg",
  tool_call: "tc",
  task: "tsk",
  workflow: "wf",
  hidden_context: "shcx",
} as const;

export interface TurnFixture extends Turn {
  readonly items: StoredItem[];
  stop(): void;
}

/** A turn that answers `text`, after the items given. Times count up from 2026-01-01T00:00:00Z, one second each. */
export function createTurn(
  text: string,
  options: { earlier?: StoredItem[]; title?: string; instructions?: string; model?: string } = {},
): TurnFixture {
  const stopped = new AbortController();
  let seconds = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++)).toISOString();
  const userMessage = userMessageItem(text, now());
  const items = [...(options.earlier ?? []), userMessage];
  return {
    runId: randomId("run"),
    owner: { tenant: "t", user: "u" },
    profile: {
      name: "default",
      model: options.model ?? "gpt-4o-mini",
      instructions: options.instructions ?? "",
    },
    thread: {
      id: "thr_1",
      created_at: "2026-01-01T00:00:00Z",
      status: { type: "active" },
      metadata: {},
      ...(options.title === undefined ? {} : { title: options.title }),
    },
    userMessage,
    items,
    history: (limit) => Promise.resolve(items.slice(-limit)),
    newId: (kind) => randomId(prefixes[kind]),
    now,
    signal: stopped.signal,
    stop: () => stopped.abort(),
  };
}

export function userMessageItem(text: string, createdAt = "2025-01-01T00:00:00Z"): UserMessageItem {
  return {
    id: randomId("msg"),
    thread_id: "thr_1",
    created_at: createdAt,
    type: "user_message",
    content: [{ type: "input_text", text }],
    attachments: [],
    inference_options: {},
  };
}

export function assistantItem(...texts: string[]): StoredItem {
  return {
    id: randomId("msg"),
    thread_id: "thr_1",
    created_at: "2025-01-01T00:00:01Z",
    type: "assistant_message",
    content: texts.map((text) => ({ type: "output_text", text, annotations: [] })),
  };
}

export async function collect(events: AsyncIterable<ResponderEvent>): Promise<ResponderEvent[]> {
  const all: ResponderEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** What a reader would see of the assistant's messages: the deltas, in order. */
export function streamedText(events: readonly ResponderEvent[]): string {
  return events
    .map((event) =>
      event.type === "thread.item.updated" &&
      event.update.type === "assistant_message.content_part.text_delta"
        ? event.update.delta
        : "",
    )
    .join("");
}
