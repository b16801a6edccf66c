// What of stored threads and items a client gets to see (S68, S69).

import {
  isHiddenItem,
  type StoredItem,
  type StoredThread,
  type Thread,
  type ThreadItem,
  threadItemSchema,
} from "./protocol/items.ts";
import type { Page } from "./protocol/page.ts";
import type { StoredPage } from "./ports.ts";

const noItems: Page<ThreadItem> = { data: [], has_more: false };

/** Without private metadata. */
export function wireThread(thread: StoredThread, items: Page<ThreadItem> = noItems): Thread {
  const { id, title, created_at, status, allowed_image_domains } = thread;
  return {
    id,
    created_at,
    ...(title == null ? {} : { title }),
    status,
    ...(allowed_image_domains == null ? {} : { allowed_image_domains }),
    metadata: {},
    items,
  };
}

/** Members that the protocol does not name, such as an attachment's private metadata, are left out. */
export function wireItem(item: StoredItem): ThreadItem {
  return threadItemSchema.parse(item);
}

export function wireItemPage(page: StoredPage<StoredItem>): Page<ThreadItem> {
  return wirePage(page, page.rows.filter((item) => !isHiddenItem(item)).map(wireItem));
}

export function wireThreadPage(page: StoredPage<StoredThread>): Page<Thread> {
  return wirePage(
    page,
    page.rows.map((thread) => wireThread(thread)),
  );
}

function wirePage<Row>(page: StoredPage<{ readonly id: string }>, data: Row[]): Page<Row> {
  const last = page.rows.at(-1);
  return { data, has_more: page.hasMore, ...(page.hasMore && last !== undefined ? { after: last.id } : {}) };
}
