// What of stored threads and items a client gets to see (S68, S69).

import {
  type Attachment,
  attachmentSchema,
  isHiddenItem,
  type StoredAttachment,
  type StoredItem,
  type StoredThread,
  type Thread,
  type ThreadItem,
  threadItemSchema,
} from "./protocol/items.ts";
import type { Page } from "./protocol/page.ts";
import type { AttachmentStore, Owner, StoredPage } from "./ports.ts";

const noItems: Page<ThreadItem> = { data: [], has_more: false };

/** Items and attachments for the eyes of one owner: previews are under URLs that work now. */
export interface WireForms {
  item(item: StoredItem): ThreadItem;
  itemPage(page: StoredPage<StoredItem>): Page<ThreadItem>;
  attachment(attachment: StoredAttachment): Attachment;
}

export function createWireForms(owner: Owner, attachments: AttachmentStore | undefined): WireForms {
  return { item, itemPage, attachment };

  /** Members that the protocol does not name, such as an attachment's private metadata, are left out. */
  function item(stored: StoredItem): ThreadItem {
    const visible = threadItemSchema.parse(stored);
    if (visible.type !== "user_message" || visible.attachments.length === 0) return visible;
    return { ...visible, attachments: visible.attachments.map(withPreview) };
  }

  function itemPage(page: StoredPage<StoredItem>): Page<ThreadItem> {
    return wirePage(page, page.rows.filter((row) => !isHiddenItem(row)).map(item));
  }

  function attachment(stored: StoredAttachment): Attachment {
    return withPreview(attachmentSchema.parse(stored));
  }

  function withPreview(visible: Attachment): Attachment {
    if (visible.type !== "image" || attachments?.previewUrl === undefined) return visible;
    return { ...visible, preview_url: attachments.previewUrl(owner, visible.id) };
  }
}

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
