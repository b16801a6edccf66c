// Threads, items and attachments in SQL: which statements an operation runs, and what their rows mean.

import { setImmediate } from "node:timers/promises";

import { ChatKitError } from "../errors.ts";
import { codeOf, type ObserveChatKit, traceOf } from "../observe.ts";
import type { Owner, PageRequest, StoredPage, ThreadStore } from "../ports.ts";
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
import type { Place, SlotValues, Statement, Statements } from "./sql-statements.ts";

/** Rows deleted at a time: as many as take about so long, for one item may be as large as a thousand others. */
const firstSliceRows = 32;
const largestSliceRows = 512;
/** Removed in the step that writes what takes their place: a port promises 500. */
const replacedRows = 512;
const sliceMs = 2;
/** Of a write to a thread that others write to at the same time. */
const updateTries = 20;

const start: Readonly<Record<PageRequest["order"], Place>> = {
  asc: { created_us: Number.MIN_SAFE_INTEGER, seq: 0 },
  desc: { created_us: Number.MAX_SAFE_INTEGER, seq: 0 },
};

export interface SqlCall<Row> {
  readonly statement: Statement<Row>;
  readonly values: Partial<SlotValues>;
  /** Without a row nothing of the transaction comes to be, and it throws `not_found`. */
  readonly mustAnswer?: boolean;
}

/** A database, as far as the store needs one. */
export interface SqlRunner {
  /**
   * Several calls run in one transaction: all of them or none. Answers the rows of all, in order. Repeats while the
   * database is busy, and throws ChatKitError for what a store may throw.
   */
  run<Row>(calls: readonly SqlCall<Row>[], signal: AbortSignal): Promise<Row[]>;
  /**
   * Like `run`, at the end of this tick, and perhaps in one transaction with what others write in it. For short writes
   * that do not wait for one another: all of them come to be at once, yet each of them fails alone.
   */
  write<Row>(calls: readonly SqlCall<Row>[], signal: AbortSignal): Promise<Row[]>;
}

export interface SqlThreadStoreOptions {
  readonly statements: Statements;
  readonly runner: SqlRunner;
  readonly observe: ObserveChatKit;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface SqlThreadStore extends ThreadStore {
  /** Removes what deleted threads have left behind. Never throws: what cannot be removed yet stays out of reach. */
  purge(): Promise<void>;
}

export function createSqlThreadStore(options: SqlThreadStoreOptions): SqlThreadStore {
  const { statements, runner, observe, now } = options;

  return {
    async createThread(owner, thread, items, signal) {
      await runner.write([savedThread(owner, thread), ...savedItems(owner, thread.id, items)], signal);
    },

    async saveMessage(owner, { thread, created, message, attachments }, signal) {
      const calls: SqlCall<unknown>[] = attachments.map((attachment) => ({
        statement: statements.takeAttachment,
        values: {
          ...ownerValues(owner),
          id: attachment.id,
          takenBy: thread.id,
          record: encodeAttachment(attachment),
        },
        mustAnswer: true,
      }));
      if (created) calls.push(savedThread(owner, thread));
      calls.push(...savedItems(owner, thread.id, [message]));
      await runner.write(calls, signal);
    },

    async updateThread(owner, threadId, change, signal) {
      for (let triesLeft = updateTries; triesLeft > 0; triesLeft--) {
        const row = await findThread(owner, threadId, signal);
        if (row === null) throw new ChatKitError("not_found");
        const changed = change(readable("thread", threadId, decodeThread(row.record)));
        const values = {
          ...ownerValues(owner),
          threadId,
          record: encodeThread(changed),
          formerRecord: row.record,
        };
        const updated = await runner.write([{ statement: statements.updateThread, values }], signal);
        if (updated.length > 0) return changed;
      }
      throw new ChatKitError("store_unavailable", { cause: new Error("a thread is written all the time") });
    },

    async loadThread(owner, threadId, signal) {
      const row = await findThread(owner, threadId, signal);
      return row === null ? null : readable("thread", threadId, decodeThread(row.record));
    },

    async listThreads(owner, page, signal) {
      return fillPage({
        page,
        start: await startOf(page, (id) => findThread(owner, id, signal)),
        fetch: (place, count) => {
          const values = { ...ownerValues(owner), ...placeValues(place), count };
          return runner.run([{ statement: statements.listThreads[page.order], values }], signal);
        },
        decode: (row) => reported("thread", row.id, decodeThread(row.record)),
      });
    },

    async deleteThread(owner, threadId, signal) {
      const values = { ...ownerValues(owner), threadId };
      const doomed = await runner.run(
        [
          { statement: statements.markRemoval, values },
          { statement: statements.deleteThread, values },
          { statement: statements.doomAttachmentsOfThread, values },
        ],
        signal,
      );
      await purge();
      return doomed.map(({ id }) => id);
    },

    async saveItems(owner, threadId, items, signal) {
      if (items.length > 0) await runner.write(savedItems(owner, threadId, items), signal);
    },

    async loadItem(owner, threadId, itemId, signal) {
      const row = await findItem(owner, threadId, itemId, signal);
      return row === null ? null : readable("item", itemId, decodeItem(row.record));
    },

    async listItems(owner, threadId, page, signal) {
      if ((await findThread(owner, threadId, signal)) === null) throw new ChatKitError("not_found");
      const find = (id: string) => findItem(owner, threadId, id, signal);
      const last = page.upTo === undefined ? start.desc : await find(page.upTo);
      if (last === null) throw new ChatKitError("not_found");
      const behind = { created_us: last.created_us, seq: last.seq + 1 };
      const first = page.after === undefined && page.order === "desc" ? behind : await startOf(page, find);
      return fillPage({
        page,
        start: page.order === "desc" && isBehind(first, behind) ? behind : first,
        fetch: async (place, count) => {
          const hidden = page.visibleOnly ? 0 : 1;
          const values = { ...ownerValues(owner), threadId, ...placeValues(place), hidden, count };
          const rows = await runner.run([{ statement: statements.listItems[page.order], values }], signal);
          return page.order === "desc" ? rows : rows.filter((row) => !isBehind(row, last));
        },
        decode: (row) => reported("item", row.id, decodeItem(row.record)),
      });
    },

    async deleteItems(owner, threadId, itemIds, signal) {
      if (itemIds.length === 0) return;
      await runner.run(
        itemIds.map((id) => ({
          statement: statements.deleteItem,
          values: { ...ownerValues(owner), threadId, id },
        })),
        signal,
      );
    },

    async replaceItemsAfter(owner, threadId, itemId, items, signal) {
      const place = await findItem(owner, threadId, itemId, signal);
      if (place === null) throw new ChatKitError("not_found");
      const saved = savedItems(owner, threadId, items);
      const values = { ...ownerValues(owner), threadId, ...placeValues(place) };
      const later = (await one(statements.countItemsBeyond, values, signal))?.total ?? 0;
      await deleteInSlices(statements.deleteItemsBeyond, values, signal, Math.max(0, later - replacedRows));
      const rest = { ...values, count: Number.MAX_SAFE_INTEGER };
      await runner.write([{ statement: statements.deleteItemsBeyond, values: rest }, ...saved], signal);
    },

    async saveAttachment(owner, attachment, signal) {
      const values = {
        ...ownerValues(owner),
        id: attachment.id,
        takenBy: attachment.thread_id ?? null,
        bytes: attachment.size ?? 0,
        savedMs: Math.floor(now()),
        record: encodeAttachment(attachment),
      };
      const saved = await one(statements.saveAttachment, values, signal);
      if (saved === null) throw new ChatKitError("not_found");
    },

    async loadAttachment(owner, id, signal) {
      const row = await one(statements.findAttachment, { ...ownerValues(owner), id }, signal);
      return row === null ? null : readable("attachment", id, decodeAttachment(row.record));
    },

    async doomAttachment(owner, id, signal) {
      await one(statements.doomAttachment, { ...ownerValues(owner), id }, signal);
    },

    async doomUnusedAttachment(owner, id, signal) {
      return (await one(statements.doomUnusedAttachment, { ...ownerValues(owner), id }, signal)) !== null;
    },

    async deleteAttachment(owner, id, signal) {
      await one(statements.deleteAttachment, { ...ownerValues(owner), id }, signal);
    },

    async attachmentBytes(owner, signal) {
      const sum = await one(statements.sumAttachments, ownerValues(owner), signal);
      return sum?.bytes ?? 0;
    },

    async listForgottenAttachments({ unusedBefore, limit }, signal) {
      const values = { savedMs: Math.floor(unusedBefore), count: limit };
      const rows = await runner.run([{ statement: statements.listForgottenAttachments, values }], signal);
      return rows.map((row) => ({ owner: { tenant: row.tenant, user: row.owner }, attachmentId: row.id }));
    },

    purge,
  };

  function savedThread(owner: Owner, thread: StoredThread): SqlCall<never> {
    const values = {
      ...ownerValues(owner),
      threadId: thread.id,
      createdUs: microsecondsOf(thread.created_at),
      record: encodeThread(thread),
    };
    return { statement: statements.saveThread, values };
  }

  function savedItems(owner: Owner, threadId: string, items: readonly StoredItem[]): SqlCall<never>[] {
    return items.map((item) => ({
      statement: statements.saveItem,
      values: {
        ...ownerValues(owner),
        threadId,
        id: item.id,
        createdUs: microsecondsOf(item.created_at),
        hidden: isHiddenItem(item) ? 1 : 0,
        record: encodeItem(item),
      },
    }));
  }

  function findThread(owner: Owner, threadId: string, signal: AbortSignal) {
    return one(statements.findThread, { ...ownerValues(owner), threadId }, signal);
  }

  function findItem(owner: Owner, threadId: string, id: string, signal: AbortSignal) {
    return one(statements.findItem, { ...ownerValues(owner), threadId, id }, signal);
  }

  async function one<Row>(
    statement: Statement<Row>,
    values: Partial<SlotValues>,
    signal: AbortSignal,
  ): Promise<Row | null> {
    const [row] = await runner.run([{ statement, values }], signal);
    return row ?? null;
  }

  async function purge(): Promise<void> {
    try {
      const removals = { statement: statements.listRemovals, values: {} };
      for (const { thread_seq: seq } of await runner.run([removals], unhurried())) {
        await deleteInSlices(statements.purgeItems, { seq }, unhurried());
        await runner.run([{ statement: statements.endRemoval, values: { seq } }], unhurried());
      }
    } catch (thrown) {
      observe({ event: "store.purge_put_off", code: codeOf(thrown), error: traceOf(thrown) });
    }
  }

  /** Once the first slice is gone the rest goes too, whatever becomes of the request. */
  async function deleteInSlices(
    statement: Statement<{ seq: number }>,
    values: Partial<SlotValues>,
    signal: AbortSignal,
    most = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    let count = firstSliceRows;
    let left = most;
    for (let patience = signal; left > 0; patience = unhurried()) {
      const begun = performance.now();
      count = Math.min(count, left);
      const deleted = await runner.run([{ statement, values: { ...values, count } }], patience);
      if (deleted.length < count) return;
      left -= deleted.length;
      const quick = performance.now() - begun < sliceMs;
      count = quick ? Math.min(count * 2, largestSliceRows) : Math.ceil(count / 2);
      await setImmediate();
    }
  }

  /** For a row that was asked for by its id. */
  function readable<Decoded>(kind: RowKind, id: string, decoded: Decoded | null): Decoded {
    if (reported(kind, id, decoded) !== null && decoded !== null) return decoded;
    throw new ChatKitError("internal", { cause: new Error("a stored record cannot be read") });
  }

  function reported<Decoded>(kind: RowKind, id: string, decoded: Decoded | null): Decoded | null {
    if (decoded === null) observe({ event: "store.row_unreadable", kind, id });
    return decoded;
  }
}

type RowKind = "thread" | "item" | "attachment";

/** For what must be brought to an end: the runner's own retries are its deadline. */
function unhurried(): AbortSignal {
  return new AbortController().signal;
}

function ownerValues(owner: Owner) {
  return { tenant: owner.tenant, owner: owner.user };
}

function placeValues({ created_us, seq }: Place) {
  return { createdUs: created_us, seq };
}

function isBehind(one: Place, other: Place): boolean {
  return one.created_us === other.created_us ? one.seq > other.seq : one.created_us > other.created_us;
}

async function startOf(page: PageRequest, find: (id: string) => Promise<Place | null>): Promise<Place> {
  if (page.after === undefined) return start[page.order];
  const place = await find(page.after);
  if (place === null) throw new ChatKitError("not_found");
  return place;
}

interface PageSource<Row extends Place, Decoded> {
  readonly page: PageRequest;
  readonly start: Place;
  readonly fetch: (place: Place, count: number) => Promise<Row[]>;
  /** Null for a row that cannot be read. */
  readonly decode: (row: Row) => Decoded | null;
}

/** Rows that cannot be read do not count: a page is full whenever there are enough others, and never ends a list. */
async function fillPage<Row extends Place, Decoded>(
  source: PageSource<Row, Decoded>,
): Promise<StoredPage<Decoded>> {
  const { page, fetch, decode } = source;
  const found: Decoded[] = [];
  let place = source.start;
  for (;;) {
    const wanted = page.limit + 1 - found.length;
    const rows = await fetch(place, wanted);
    for (const row of rows) {
      const decoded = decode(row);
      if (decoded !== null) found.push(decoded);
    }
    place = rows.at(-1) ?? place;
    if (rows.length < wanted || found.length > page.limit) break;
  }
  return { rows: found.slice(0, page.limit), hasMore: found.length > page.limit };
}
