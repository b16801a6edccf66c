// What the tests of every thread store share: stores that close themselves, owners, and rows to write.

import { test } from "vitest";

import { ChatKitError } from "../errors.ts";
import type { Owner, StoredPage, ThreadStore, UsageStore } from "../ports.ts";
import type { StoredAttachment, StoredItem, StoredThread, UserMessageItem } from "../protocol/items.ts";

export type OpenStore = () => Promise<ThreadStore & UsageStore & Partial<AsyncDisposable>>;
export type StoreTest = ReturnType<typeof createStoreTest>;

type FileAttachment = Extract<StoredAttachment, { type: "file" }>;

export const ada: Owner = { tenant: "north", user: "ada" };
/** Everybody who is not Ada: other tenant, other user, and names that would coincide if they were simply joined. */
export const strangers: readonly Owner[] = [
  { tenant: "north", user: "bob" },
  { tenant: "south", user: "ada" },
  { tenant: "northa", user: "da" },
];

/** A test that is given an empty store. */
export function createStoreTest(openStore: OpenStore) {
  return test.extend<{ store: ThreadStore & UsageStore }>({
    store: async ({ onTestFinished }, use) => {
      const store = await openStore();
      onTestFinished(async () => store[Symbol.asyncDispose]?.());
      await use(store);
    },
  });
}

export function thread(id: string, second = 0): StoredThread {
  return { id, created_at: timeAt(second), status: { type: "active" }, metadata: {} };
}

export function message(id: string, second = 0): StoredItem {
  return {
    id,
    thread_id: "thr_1",
    created_at: timeAt(second),
    type: "assistant_message",
    content: [{ type: "output_text", text: id, annotations: [] }],
  };
}

export function userMessage(id: string, threadId: string): UserMessageItem {
  return {
    id,
    thread_id: threadId,
    created_at: timeAt(0),
    type: "user_message",
    content: [{ type: "input_text", text: id }],
    attachments: [],
    inference_options: {},
  };
}

export function hidden(id: string, second = 0): StoredItem {
  return {
    id,
    thread_id: "thr_1",
    created_at: timeAt(second),
    type: "hidden_context_item",
    content: { secret: id },
  };
}

function timeAt(second: number): string {
  return new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
}

export function attachment(id: string, members: Partial<FileAttachment> = {}): FileAttachment {
  return { type: "file", id, name: "notes.txt", mime_type: "text/plain", ...members };
}

export function ids(page: StoredPage<{ readonly id: string }>): string[] {
  return page.rows.map((row) => row.id);
}

export function items(
  store: ThreadStore,
  owner: Owner,
  signal: AbortSignal,
): Promise<StoredPage<StoredItem>> {
  return store.listItems(owner, "thr_1", { limit: 100, order: "asc", visibleOnly: false }, signal);
}

export async function pagedThreads(
  store: ThreadStore,
  order: "asc" | "desc",
  limit: number,
  signal: AbortSignal,
): Promise<string[]> {
  const seen: string[] = [];
  let after: string | undefined;
  for (let count = 0; count < 20; count++) {
    const page = await store.listThreads(
      ada,
      { limit, order, ...(after === undefined ? {} : { after }) },
      signal,
    );
    seen.push(...ids(page));
    after = page.rows.at(-1)?.id;
    if (!page.hasMore) return seen;
  }
  throw new Error("the list does not end");
}

/** The code of the refusal. */
export async function refused(operation: Promise<unknown>): Promise<string> {
  const thrown: unknown = await operation.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ChatKitError)) throw new Error("not refused", { cause: thrown });
  return thrown.code;
}
