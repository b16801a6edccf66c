// Thread store of one process, gone with it.

import { ChatKitError } from "../errors.ts";
import type { Owner, PageRequest, StoredPage, ThreadStore } from "../ports.ts";
import { isHiddenItem } from "../protocol/items.ts";
import { decodeItem, decodeThread, encodeItem, encodeThread, microsecondsOf } from "./item-codec.ts";

interface Row {
  readonly id: string;
  readonly createdUs: number;
  record: string;
  hidden: boolean;
}

interface ThreadRow extends Row {
  readonly items: Table<Row>;
}

/** Rows by id, and in order. */
interface Table<Entry extends Row> {
  readonly byId: Map<string, Entry>;
  readonly inOrder: Entry[];
}

/** Keeps everything until it is deleted: for tests, trials and programs that end soon. */
export function createMemoryThreadStore(): ThreadStore {
  const owners = new Map<string, Table<ThreadRow>>();

  return {
    async saveThread(owner, thread, signal) {
      signal.throwIfAborted();
      const key = keyOf(owner);
      let threads = owners.get(key);
      if (threads === undefined) owners.set(key, (threads = createTable()));
      const known = threads.byId.get(thread.id);
      const record = encodeThread(thread);
      if (known !== undefined) known.record = record;
      else insert(threads, { ...newRow(thread, record, false), items: createTable() });
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
      if (threads === undefined) return;
      remove(threads, threadId);
      if (threads.byId.size === 0) owners.delete(keyOf(owner));
    },

    async saveItems(owner, threadId, items, signal) {
      signal.throwIfAborted();
      const thread = mustFindThread(owner, threadId);
      // All records before the first row: an item that cannot be written must not leave half of them behind.
      const rows = items.map((item) => newRow(item, encodeItem(item), isHiddenItem(item)));
      for (const row of rows) {
        const known = thread.items.byId.get(row.id);
        if (known === undefined) insert(thread.items, row);
        else Object.assign(known, { record: row.record, hidden: row.hidden });
      }
    },

    async loadItem(owner, threadId, itemId, signal) {
      signal.throwIfAborted();
      const row = findThread(owner, threadId)?.items.byId.get(itemId);
      return row === undefined ? null : readable(decodeItem(row.record));
    },

    async listItems(owner, threadId, page, signal) {
      signal.throwIfAborted();
      const { items } = mustFindThread(owner, threadId);
      return cutPage(items, page, (row) => !(page.visibleOnly && row.hidden), decodeItem);
    },

    async deleteItems(owner, threadId, itemIds, signal) {
      signal.throwIfAborted();
      const thread = findThread(owner, threadId);
      if (thread !== null) for (const itemId of itemIds) remove(thread.items, itemId);
    },
  };

  function findThread(owner: Owner, threadId: string): ThreadRow | null {
    return owners.get(keyOf(owner))?.byId.get(threadId) ?? null;
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
