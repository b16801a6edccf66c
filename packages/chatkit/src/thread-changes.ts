// Notices what a responder changes on the thread it was given, stores it and says so (protocol 7.7).

import { isDeepStrictEqual } from "node:util";

import { type StoredThread, storedThreadSchema } from "./protocol/items.ts";

export interface ThreadChanges {
  /**
   * Stores the thread and announces it if it differs from what was stored last; undefined if it does not, which is
   * found out in no time after every token. A change whose save fails stays pending.
   */
  sync(): Promise<void> | undefined;
  /** A new title from elsewhere, which the next save must not undo: it is stored and announced with it. */
  setTitle(title: string): void;
}

export interface ThreadChangesOptions {
  /** The object that the responder may change. */
  readonly thread: StoredThread;
  readonly save: (thread: StoredThread) => Promise<void>;
  readonly announce: (thread: StoredThread) => void;
}

export function createThreadChanges({ thread, save, announce }: ThreadChangesOptions): ThreadChanges {
  const { id, created_at } = thread;
  let saved: StoredThread = copied(thread);

  return {
    sync: () => (isSame(thread, saved) ? undefined : store()),
    setTitle(title) {
      thread.title = title;
    },
  };

  function current(): StoredThread {
    // Members that a later version has written are none of ours to drop.
    const known: StoredThread = { ...thread, ...storedThreadSchema.parse(thread), id, created_at };
    return copied(known);
  }

  async function store(): Promise<void> {
    const changed = current();
    if (isSame(changed, saved)) return;
    await save(changed);
    saved = changed;
    announce(changed);
  }
}

/** Cuts every tie to objects that the responder may go on changing. */
function copied(thread: StoredThread): StoredThread {
  return JSON.parse(JSON.stringify(thread));
}

function isSame(thread: StoredThread, saved: StoredThread): boolean {
  return (
    (thread.title ?? undefined) === (saved.title ?? undefined) &&
    isSameStatus(thread.status, saved.status) &&
    isSameValue(thread.allowed_image_domains ?? undefined, saved.allowed_image_domains ?? undefined) &&
    isSameValue(thread.metadata, saved.metadata)
  );
}

function isSameStatus(status: StoredThread["status"], saved: StoredThread["status"]): boolean {
  return status.type === saved.type && reasonOf(status) === reasonOf(saved);
}

function reasonOf(status: StoredThread["status"]): string | undefined {
  return status.type === "active" ? undefined : (status.reason ?? undefined);
}

function isSameValue(value: object | undefined, saved: object | undefined): boolean {
  if (value === undefined || saved === undefined) return value === saved;
  return (isEmpty(value) && isEmpty(saved)) || isDeepStrictEqual(value, saved);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
