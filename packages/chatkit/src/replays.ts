// A turn that is over, told once more from what was stored: for a client that lost the answer (L37).

import { eventFrame } from "./frames.ts";
import type { AttachmentStore, Owner, StreamLogReader, ThreadStore } from "./ports.ts";
import type { StoredItem } from "./protocol/items.ts";
import { createWireForms, wireThread } from "./wire-forms.ts";

const pageLimit = 100;
/** Of a turn that has stored more than this nothing is told: the conversation itself has to be read. */
const maxItems = 1000;

export interface ReplayedTurn {
  readonly owner: Owner;
  readonly threadId: string;
  /** Null when it does not answer a message. */
  readonly userMessageId: string | null;
  /** Whether the turn made the thread. */
  readonly created: boolean;
}

export interface ReplayOptions {
  readonly store: ThreadStore;
  readonly attachments: AttachmentStore | undefined;
}

/**
 * The turn's frames without what is never stored, such as progress, and with every message whole. Null when the thread
 * or the message is not there any more, or the turn is too long.
 */
export async function replayTurn(
  { store, attachments }: ReplayOptions,
  { owner, threadId, userMessageId, created }: ReplayedTurn,
  signal: AbortSignal,
): Promise<string | null> {
  if (userMessageId === null) return null;
  const thread = await store.loadThread(owner, threadId, signal);
  const message = thread && (await store.loadItem(owner, threadId, userMessageId, signal));
  if (thread === null || message === null) return null;
  const wire = createWireForms(owner, attachments);
  const done = (item: StoredItem) => eventFrame({ type: "thread.item.done", item: wire.item(item) });
  const frames = [
    ...(created ? [eventFrame({ type: "thread.created", thread: wireThread(thread) })] : []),
    done(message),
    eventFrame({ type: "stream_options", stream_options: { allow_cancel: false } }),
  ];
  let after = userMessageId;
  for (let told = 0; told < maxItems;) {
    const page = { limit: pageLimit, order: "asc", visibleOnly: true, after } as const;
    const { rows, hasMore } = await store.listItems(owner, threadId, page, signal);
    for (const item of rows) {
      // What came after the next message answers that one.
      if (item.type === "user_message") return frames.join("");
      frames.push(done(item));
    }
    const last = rows.at(-1);
    if (!hasMore || last === undefined) return frames.join("");
    told += rows.length;
    after = last.id;
  }
  return null;
}

/** A reader of what is still being put together: it comes all at once, bounded by what one turn stores. */
export function createReplayReader(text: Promise<string>): StreamLogReader {
  let left: string | null = null;
  let closed = false;
  const ready = text.then((whole) => {
    if (!closed) left = whole;
  });
  return {
    lost: false,
    take() {
      const taken = left ?? "";
      if (left !== null) left = "";
      return taken;
    },
    get finished() {
      return left === "";
    },
    whenReady: (notify) => void ready.then(() => setImmediate(() => !closed && notify())),
    close() {
      closed = true;
      left = "";
    },
  };
}
