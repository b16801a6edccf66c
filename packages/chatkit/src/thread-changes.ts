// Notices what a responder changes on the thread it was given, stores it and says so (protocol 7.7).

import { isDeepStrictEqual } from "node:util";

import type { ThreadChange } from "./ports.ts";
import { type StoredThread, storedThreadSchema } from "./protocol/items.ts";

export interface ThreadChanges {
  /**
   * Stores the thread and announces it if it differs from what was stored last; undefined if it does not, which is
   * found out in no time after every token. A change whose save fails stays pending.
   */
  sync(): Promise<void> | undefined;
  /** A title that has been stored from elsewhere: it is announced with the next change, or as one. */
  setTitle(title: string): void;
}

export interface ThreadChangesOptions {
  /** The object that the responder may change. */
  readonly thread: StoredThread;
  /** Answers the thread as it is stored then. */
  readonly save: (change: ThreadChange) => Promise<StoredThread>;
  readonly announce: (thread: StoredThread) => void;
}

/** What a responder may change, and when it has. */
const differs = {
  title: (one, other) => (one.title ?? undefined) !== (other.title ?? undefined),
  status: ({ status: one }, { status: other }) =>
    one.type !== other.type || reasonOf(one) !== reasonOf(other),
  allowed_image_domains: (one, other) =>
    isOtherValue(one.allowed_image_domains ?? undefined, other.allowed_image_domains ?? undefined),
  metadata: (one, other) => isOtherValue(one.metadata, other.metadata),
} as const satisfies Partial<Record<keyof StoredThread, (one: StoredThread, other: StoredThread) => boolean>>;

export function createThreadChanges({ thread, save, announce }: ThreadChangesOptions): ThreadChanges {
  let saved: StoredThread = copied(thread);

  return {
    sync: () => (isChanged() ? store() : undefined),
    setTitle(title) {
      thread.title = title;
    },
  };

  function isChanged(): boolean {
    return (
      differs.title(thread, saved) ||
      differs.status(thread, saved) ||
      differs.allowed_image_domains(thread, saved) ||
      differs.metadata(thread, saved)
    );
  }

  async function store(): Promise<void> {
    const now = copied(storedThreadSchema.parse(thread));
    const before = saved;
    const stored = await save((current) => ({
      ...current,
      ...(differs.title(now, before) && { title: now.title }),
      ...(differs.status(now, before) && { status: now.status }),
      ...(differs.allowed_image_domains(now, before) && { allowed_image_domains: now.allowed_image_domains }),
      ...(differs.metadata(now, before) && { metadata: now.metadata }),
    }));
    saved = now;
    announce(stored);
  }
}

/** Cuts every tie to objects that the responder may go on changing. */
function copied(thread: StoredThread): StoredThread {
  return JSON.parse(JSON.stringify(thread));
}

function reasonOf(status: StoredThread["status"]): string | undefined {
  return status.type === "active" ? undefined : (status.reason ?? undefined);
}

function isOtherValue(value: object | undefined, other: object | undefined): boolean {
  if (value === undefined || other === undefined) return value !== other;
  return !(isEmpty(value) && isEmpty(other)) && !isDeepStrictEqual(value, other);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
