// Whatever a server does in a conversation: what is on screen after it is what a reload shows.

import type { ThreadItem } from "@sidekit/chatkit/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { readEvent, type ShownEvent } from "../src/client/wire-events.ts";
import { readItem, type ShownItem, type ThreadRecord } from "../src/client/wire-items.ts";
import {
  changeConversation,
  type Conversation,
  type ConversationChange,
  emptyConversation,
} from "../src/conversation/conversation.ts";
import { gather } from "../src/conversation/gathered-events.ts";
import { createServerModel, type Played, turn, type Turn } from "./server-model.ts";

const thread: ThreadRecord = { id: "thr_1", created_at: "2026-11-01T00:00:00Z", status: { type: "active" } };
const seeded = { seed: 20_261_123, numRuns: 1_500 } as const;
const conversation = fc.array(turn, { minLength: 1, maxLength: 5 });

type Reading = (state: Conversation, played: Played, turn: Turn) => Conversation;

test.each<[string, Reading]>([
  ["was read to its end", (state, played) => ended(stream(state, played.frames), played)],
  [
    "was read from its start again after a while",
    (state, played, turn) => {
      const begun = stream(state, played.frames.slice(0, framesRead(played, turn)));
      return ended(stream(begun, played.frames), played);
    },
  ],
  [
    "went on while the thread was read",
    (state, played, turn) => {
      const read = framesRead(played, turn);
      // The answer to the reading may tell of more than the stream has told so far.
      const ahead = Math.min(played.frames.length, read + (turn.steps.length % 3));
      const begun = stream(state, played.frames.slice(0, read));
      return ended(stream(loaded(begun, played.stored[ahead]), played.frames.slice(read)), played);
    },
  ],
  [
    "broke anywhere, once the thread has been read",
    (state, played, turn) => {
      const failure = { code: "connection_lost", message: null, canRetry: true };
      const begun = stream(state, played.frames.slice(0, framesRead(played, turn)));
      return loaded(changed(begun, { type: "failed", failure }), played.stored.at(-1));
    },
  ],
])("a reload shows what is on screen after a stream that %s", (_, read) => {
  fc.assert(
    fc.property(conversation, (turns) => {
      const server = createServerModel();
      let state = loaded(emptyConversation, []);
      for (const turn of turns) {
        const played = server.play(turn);
        state = read(opened(state, played), played, turn);
        expect(shownBy(state)).toEqual(shownBy(loaded(emptyConversation, played.stored.at(-1))));
        expect(new Set(state.entries.map(({ key }) => key)).size).toBe(state.entries.length);
        expect(state.run).toBeNull();
      }
    }),
    seeded,
  );
});

function framesRead({ frames }: Played, { brokenAt }: Turn): number {
  return Math.floor((brokenAt * frames.length) / 1000);
}

/** What the view has done before the first frame comes. */
function opened(state: Conversation, { opening, itemId, frames }: Played): Conversation {
  if (opening === "message") {
    const first = frames[0];
    const event = first === undefined ? null : shown(first);
    if (event?.type !== "thread.item.done" || event.item.type !== "user_message")
      throw new Error("no message");
    const message = { ...event.item, id: `local_${event.item.id}`, created_at: "2031-01-01T00:00:00Z" };
    return changed(state, { type: "submitted", message }, { type: "started" });
  }
  if (opening === "retry")
    return changed(state, { type: "started" }, { type: "retrying", itemId: itemId ?? "" });
  if (opening === "call")
    return changed(
      state,
      { type: "started" },
      { type: "handedOver" },
      { type: "callAnswered", itemId: itemId ?? "" },
    );
  return changed(state, { type: "started" });
}

function ended(state: Conversation, { frames, stored }: Played): Conversation {
  const told = new Set(frames.flatMap((frame) => idIn(frame)));
  const kept = new Set((stored.at(-1) ?? []).map(({ id }) => id));
  const after = changed(state, { type: "ended", how: "completed" });
  // Work that was cut short stays on screen until the next reading; no server keeps it.
  const entries = after.entries.filter(
    (entry) =>
      entry.kind !== "item" || kept.has(entry.item.id) || !told.has(entry.item.id) || isAnswer(entry.item),
  );
  return { ...after, entries };
}

function isAnswer(item: ShownItem): boolean {
  return item.type === "assistant_message" || item.type === "user_message";
}

function idIn(frame: object): string[] {
  const event = shown(frame);
  return event.type === "thread.item.added" ? [event.item.id] : [];
}

function stream(state: Conversation, frames: readonly object[]): Conversation {
  const waiting: ShownEvent[] = [];
  for (const frame of frames) gather(waiting, shown(frame));
  return changed(state, ...waiting.map((event): ConversationChange => ({ type: "received", event })));
}

function loaded(state: Conversation, items: readonly ThreadItem[] = []): Conversation {
  return changed(state, { type: "loaded", thread, items: items.map((item) => shownItem(item)) });
}

function shownBy({ entries }: Conversation) {
  return entries.flatMap((entry) =>
    entry.kind === "item" ? [{ item: entry.item, phase: entry.phase }] : [],
  );
}

function changed(state: Conversation, ...changes: readonly ConversationChange[]): Conversation {
  return changes.reduce(changeConversation, state);
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
