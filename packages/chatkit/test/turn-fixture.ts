// A turn as the server would give it to a responder, over a history in memory.

import { ChatKitError } from "../src/errors.ts";
import { itemIdPrefixes, randomId } from "../src/ids.ts";
import type { ResponderEvent, Turn, TurnCause } from "../src/ports.ts";
import type { ClientToolCallItem, StoredItem, StreamEvent, UserMessageItem } from "../src/protocol/index.ts";

export interface TurnFixture extends Turn {
  readonly items: StoredItem[];
  /** What `keep` has been given. */
  readonly kept: StoredItem[];
  /** What `addTokens` has been given. */
  readonly tokens: number[];
  stop(): void;
}

export interface TurnFixtureOptions {
  readonly earlier?: StoredItem[];
  readonly title?: string;
  readonly instructions?: string;
  readonly model?: string;
  readonly offers?: Turn["profile"]["offers"];
  /** Members of the user message besides its text. */
  readonly message?: Partial<UserMessageItem>;
  /** By id. */
  readonly attachments?: Readonly<Record<string, Uint8Array>>;
}

/** A turn that answers `text`, after the items given. Times count up from 2026-01-01T00:00:00Z, one second each. */
export function createTurn(text: string, options: TurnFixtureOptions = {}): TurnFixture {
  const now = secondsFrom2026();
  const userMessage = { ...userMessageItem(text, now()), ...options.message };
  const items = [...(options.earlier ?? []), userMessage];
  return fixture(items, { kind: "user_message", retry: false }, userMessage, now, options);
}

/** A turn that answers the output of the call, which is the last of the items. */
export function createOutputTurn(
  items: StoredItem[],
  call: ClientToolCallItem,
  options: TurnFixtureOptions = {},
): TurnFixture {
  return fixture([...items, call], { kind: "client_tool_output", call }, null, secondsFrom2026(), options);
}

function secondsFrom2026(): () => string {
  let seconds = 0;
  return () => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds++)).toISOString();
}

function fixture(
  items: StoredItem[],
  cause: TurnCause,
  userMessage: UserMessageItem | null,
  now: () => string,
  options: TurnFixtureOptions,
): TurnFixture {
  const stopped = new AbortController();
  const kept: StoredItem[] = [];
  const tokens: number[] = [];
  return {
    runId: randomId("run"),
    owner: { tenant: "t", user: "u" },
    profile: {
      name: "default",
      model: options.model ?? "gpt-4o-mini",
      instructions: options.instructions ?? "",
      offers: options.offers ?? { models: [], tools: [] },
    },
    metadata: {},
    thread: {
      id: "thr_1",
      created_at: "2026-01-01T00:00:00Z",
      status: { type: "active" },
      metadata: {},
      ...(options.title === undefined ? {} : { title: options.title }),
    },
    cause,
    userMessage,
    items,
    kept,
    tokens,
    history: (limit) => Promise.resolve(items.slice(-limit)),
    keep: async (item) => void kept.push(item),
    addTokens: async (count) => void tokens.push(count),
    async readAttachment(attachmentId) {
      const bytes = options.attachments?.[attachmentId];
      if (bytes === undefined) throw new ChatKitError("not_found");
      return bytes;
    },
    newId: (kind) => randomId(itemIdPrefixes[kind]),
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
export function streamedText(events: readonly (ResponderEvent | StreamEvent)[]): string {
  return events
    .map((event) =>
      event.type === "thread.item.updated" &&
      event.update.type === "assistant_message.content_part.text_delta"
        ? event.update.delta
        : "",
    )
    .join("");
}
