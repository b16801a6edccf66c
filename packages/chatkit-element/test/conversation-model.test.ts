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

test("a stream that was read to its end leaves what a reload shows", () => {
  everyConversation((state, played) => ended(stream(state, played.frames), played));
});

test("so does one that was read from its start again after a while", () => {
  everyConversation((state, played, { brokenAt }) => {
    const read = Math.floor((brokenAt * played.frames.length) / 1000);
    return ended(stream(stream(state, played.frames.slice(0, read)), played.frames), played);
  });
});

test("and one in the midst of which the thread was read", () => {
  everyConversation((state, played, { brokenAt, steps }) => {
    const read = Math.floor((brokenAt * played.frames.length) / 1000);
    // The answer to the reading may tell of more than the stream has told so far.
    const ahead = Math.min(played.frames.length, read + (steps.length % 3));
    const before = stream(state, played.frames.slice(0, read));
    return ended(stream(loaded(before, played.stored[ahead]), played.frames.slice(read)), played);
  });
});

test("and one that broke anywhere, once the thread has been read", () => {
  everyConversation((state, played, { brokenAt }) => {
    const read = Math.floor((brokenAt * played.frames.length) / 1000);
    const cut = changed(stream(state, played.frames.slice(0, read)), {
      type: "failed",
      failure: { code: "connection_lost", message: null, canRetry: true },
    });
    return loaded(cut, played.stored.at(-1));
  });
});

function everyConversation(follow: (state: Conversation, played: Played, turn: Turn) => Conversation): void {
  fc.assert(
    fc.property(conversation, (turns) => {
      const server = createServerModel();
      let state = loaded(emptyConversation, []);
      for (const turn of turns) {
        const played = server.play(turn);
        state = follow(opened(state, played), played, turn);
        const last = played.stored.at(-1) ?? [];
        expect(shownBy(state)).toEqual(shownBy(loaded(emptyConversation, last)));
        expect(new Set(state.entries.map(({ key }) => key)).size).toBe(state.entries.length);
        expect(state.run).toBeNull();
      }
    }),
    seeded,
  );
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
