// Thread store of one process, gone with it.

import { ChatKitError } from "../errors.ts";
import type { Owner, PageRequest, StoredPage, ThreadStore, Usage, UsageStore } from "../ports.ts";
import { isHiddenItem, type StoredItem, type StoredThread } from "../protocol/items.ts";
import {
  decodeAttachment,
  decodeItem,
  decodeThread,
  encodeAttachment,
  encodeItem,
  encodeThread,
  microsecondsOf,
} from "./item-codec.ts";

interface Row {
  readonly id: string;
  readonly createdUs: number;
  record: string;
  hidden: boolean;
}

interface ThreadRow extends Row {
  readonly items: Table<Row>;
}

interface AttachmentRow {
  readonly owner: Owner;
  readonly id: string;
  readonly savedMs: number;
  record: string;
  takenBy: string | null;
  bytes: number;
  doomed: boolean;
}

/** Rows by id, and in order. */
interface Table<Entry extends Row> {
  readonly byId: Map<string, Entry>;
  readonly inOrder: Entry[];
}

/** Keeps everything until it is deleted: for tests, trials and programs that end soon. */
export function createMemoryThreadStore({ now = Date.now }: { now?: () => number } = {}): ThreadStore &
  UsageStore {
  const owners = new Map<string, Table<ThreadRow>>();
  const attachments = new Map<string, Map<string, AttachmentRow>>();
  const usageOfDays = new Map<number, Map<string, Usage>>();

  return {
    async saveMessage(owner, { thread, created, message, attachments: taken }, signal) {
      signal.throwIfAborted();
      const records = taken.map((attachment) => {
        const row = attachments.get(keyOf(owner))?.get(attachment.id);
        const free = row !== undefined && !row.doomed && (row.takenBy ?? thread.id) === thread.id;
        if (!free) throw new ChatKitError("not_found");
        return { row, record: encodeAttachment(attachment) };
      });
      if (created) putThread(owner, thread, [message]);
      else putItems(owner, thread.id, [message]);
      for (const { row, record } of records) Object.assign(row, { takenBy: thread.id, record });
    },

    async createThread(owner, thread, items, signal) {
      signal.throwIfAborted();
      putThread(owner, thread, items);
    },

    async updateThread(owner, threadId, change, signal) {
      signal.throwIfAborted();
      const row = mustFindThread(owner, threadId);
      const changed = change(readable(decodeThread(row.record)));
      row.record = encodeThread(changed);
      return changed;
    },

    async loadThread(owner, threadId, signal) {
      signal.throwIfAborted();
      const row = findThread(owner, threadId);
      return row === null ? null : readable(decodeThread(row.record));
    },

    async listThreads(owner, page, signal) {
      signal.throwIfAborted();
      const threads = owners.get(keyOf(owner)) ?? createTable<ThreadRow>();
      return cutPage(threads, page, () => true, decodeThread);
    },

    async deleteThread(owner, threadId, signal) {
      signal.throwIfAborted();
      const threads = owners.get(keyOf(owner));
      if (threads !== undefined) {
        remove(threads, threadId);
        if (threads.byId.size === 0) owners.delete(keyOf(owner));
      }
      const doomed = [...ownAttachments(owner).values()].filter((row) => row.takenBy === threadId);
      for (const row of doomed) row.doomed = true;
      return doomed.map((row) => row.id);
    },

    async saveItems(owner, threadId, items, signal) {
      signal.throwIfAborted();
      putItems(owner, threadId, items);
    },

    async loadItem(owner, threadId, itemId, signal) {
      signal.throwIfAborted();
      const row = findThread(owner, threadId)?.items.byId.get(itemId);
      return row === undefined ? null : readable(decodeItem(row.record));
    },

    async listItems(owner, threadId, page, signal) {
      signal.throwIfAborted();
      const { items } = mustFindThread(owner, threadId);
      const last = page.upTo === undefined ? undefined : items.byId.get(page.upTo);
      if (page.upTo !== undefined && last === undefined) throw new ChatKitError("not_found");
      const end = last === undefined ? items.inOrder.length : items.inOrder.indexOf(last) + 1;
      const beginning = new Set(items.inOrder.slice(0, end));
      return cutPage(
        items,
        page,
        (row) => beginning.has(row) && !(page.visibleOnly && row.hidden),
        decodeItem,
      );
    },

    async deleteItems(owner, threadId, itemIds, signal) {
      signal.throwIfAborted();
      const thread = findThread(owner, threadId);
      if (thread !== null) for (const itemId of itemIds) remove(thread.items, itemId);
    },

    async replaceItemsAfter(owner, threadId, itemId, items, signal) {
      signal.throwIfAborted();
      const table = findThread(owner, threadId)?.items;
      const last = table?.byId.get(itemId);
      if (table === undefined || last === undefined) throw new ChatKitError("not_found");
      const rows = items.map(newItemRow);
      for (const row of table.inOrder.splice(table.inOrder.indexOf(last) + 1)) table.byId.delete(row.id);
      upsert(table, rows);
    },

    async saveAttachment(owner, attachment, signal) {
      signal.throwIfAborted();
      const change = {
        record: encodeAttachment(attachment),
        takenBy: attachment.thread_id ?? null,
        bytes: attachment.size ?? 0,
      };
      const own = ownAttachments(owner);
      const known = own.get(attachment.id);
      if (known?.doomed === true) throw new ChatKitError("not_found");
      if (known !== undefined) Object.assign(known, change);
      else own.set(attachment.id, { owner, id: attachment.id, savedMs: now(), doomed: false, ...change });
      attachments.set(keyOf(owner), own);
    },

    async loadAttachment(owner, attachmentId, signal) {
      signal.throwIfAborted();
      const row = ownAttachments(owner).get(attachmentId);
      return row === undefined || row.doomed ? null : readable(decodeAttachment(row.record));
    },

    async doomAttachment(owner, attachmentId, signal) {
      signal.throwIfAborted();
      const row = ownAttachments(owner).get(attachmentId);
      if (row !== undefined) row.doomed = true;
    },

    async doomUnusedAttachment(owner, attachmentId, signal) {
      signal.throwIfAborted();
      const row = ownAttachments(owner).get(attachmentId);
      if (row === undefined || row.takenBy !== null) return false;
      row.doomed = true;
      return true;
    },

    async deleteAttachment(owner, attachmentId, signal) {
      signal.throwIfAborted();
      const own = ownAttachments(owner);
      own.delete(attachmentId);
      if (own.size === 0) attachments.delete(keyOf(owner));
    },

    async attachmentBytes(owner, signal) {
      signal.throwIfAborted();
      return [...ownAttachments(owner).values()].reduce((sum, row) => sum + (row.doomed ? 0 : row.bytes), 0);
    },

    async listForgottenAttachments({ unusedBefore, limit }, signal) {
      signal.throwIfAborted();
      return [...attachments.values()]
        .flatMap((own) => [...own.values()])
        .filter((row) => row.doomed || (row.takenBy === null && row.savedMs < unusedBefore))
        .sort((one, other) => one.savedMs - other.savedMs)
        .slice(0, limit)
        .map(({ owner, id }) => ({ owner, attachmentId: id }));
    },

    async addUsage(owner, day, used, below, signal) {
      signal.throwIfAborted();
      const ofDay = usageOfDays.get(day) ?? new Map<string, Usage>();
      const { requests, tokens } = ofDay.get(keyOf(owner)) ?? { requests: 0, tokens: 0 };
      if (below !== null && (requests >= below.requests || tokens >= below.tokens)) return false;
      ofDay.set(keyOf(owner), { requests: requests + used.requests, tokens: tokens + used.tokens });
      usageOfDays.set(day, ofDay);
      return true;
    },

    async forgetUsage(beforeDay, signal) {
      signal.throwIfAborted();
      for (const day of usageOfDays.keys()) if (day < beforeDay) usageOfDays.delete(day);
    },
  };

  function putThread(owner: Owner, thread: StoredThread, items: readonly StoredItem[]): void {
    const key = keyOf(owner);
    // All records before the first row: what cannot be written must not leave half behind.
    const row = { ...newRow(thread, encodeThread(thread), false), items: createTable<Row>() };
    const rows = items.map(newItemRow);
    let threads = owners.get(key);
    if (threads === undefined) owners.set(key, (threads = createTable()));
    const known = threads.byId.get(thread.id);
    if (known === undefined) insert(threads, row);
    else known.record = row.record;
    upsert((known ?? row).items, rows);
  }

  function putItems(owner: Owner, threadId: string, items: readonly StoredItem[]): void {
    if (items.length === 0) return;
    const thread = mustFindThread(owner, threadId);
    upsert(thread.items, items.map(newItemRow));
  }

  function findThread(owner: Owner, threadId: string): ThreadRow | null {
    return owners.get(keyOf(owner))?.byId.get(threadId) ?? null;
  }

  function ownAttachments(owner: Owner): Map<string, AttachmentRow> {
    return attachments.get(keyOf(owner)) ?? new Map();
  }

  function mustFindThread(owner: Owner, threadId: string): ThreadRow {
    const thread = findThread(owner, threadId);
    if (thread === null) throw new ChatKitError("not_found");
    return thread;
  }
}

function keyOf({ tenant, user }: Owner): string {
  return JSON.stringify([tenant, user]);
}

function createTable<Entry extends Row>(): Table<Entry> {
  return { byId: new Map(), inOrder: [] };
}

function newRow(
  { id, created_at }: { id: string; created_at: string },
  record: string,
  hidden: boolean,
): Row {
  return { id, createdUs: microsecondsOf(created_at), record, hidden };
}

function newItemRow(item: StoredItem): Row {
  return newRow(item, encodeItem(item), isHiddenItem(item));
}

function upsert(items: Table<Row>, rows: readonly Row[]): void {
  for (const row of rows) {
    const known = items.byId.get(row.id);
    if (known === undefined) insert(items, row);
    else Object.assign(known, { record: row.record, hidden: row.hidden });
  }
}

/** Nearly always at the end. */
function insert<Entry extends Row>(table: Table<Entry>, row: Entry): void {
  let at = table.inOrder.length;
  while (at > 0 && (table.inOrder[at - 1]?.createdUs ?? 0) > row.createdUs) at--;
  table.inOrder.splice(at, 0, row);
  table.byId.set(row.id, row);
}

function remove<Entry extends Row>(table: Table<Entry>, id: string): void {
  const row = table.byId.get(id);
  if (row === undefined) return;
  table.byId.delete(id);
  table.inOrder.splice(table.inOrder.indexOf(row), 1);
}

function cutPage<Entry extends Row, Decoded>(
  table: Table<Entry>,
  page: PageRequest,
  wanted: (row: Entry) => boolean,
  decode: (record: string) => Decoded | null,
): StoredPage<Decoded> {
  const ordered = page.order === "asc" ? table.inOrder : table.inOrder.toReversed();
  let start = 0;
  if (page.after !== undefined) {
    const cursor = table.byId.get(page.after);
    if (cursor === undefined) throw new ChatKitError("not_found");
    start = ordered.indexOf(cursor) + 1;
  }
  const found = ordered.slice(start).filter(wanted);
  return {
    rows: found.slice(0, page.limit).map((row) => readable(decode(row.record))),
    hasMore: found.length > page.limit,
  };
}

/** Nothing but this store has written its records. */
function readable<Decoded>(decoded: Decoded | null): Decoded {
  if (decoded === null)
    throw new ChatKitError("internal", { cause: new Error("a stored record cannot be read") });
  return decoded;
}
