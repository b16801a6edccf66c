// Threads and items in SQL, written once for every dialect. Every statement names the owner (S63).

import type { Generated, Kysely } from "kysely";

import { ChatKitError } from "../errors.ts";
import type { ObserveChatKit } from "../observe.ts";
import type { Owner, PageRequest, StoredPage, ThreadStore } from "../ports.ts";
import { isHiddenItem } from "../protocol/items.ts";
import { decodeItem, decodeThread, encodeItem, encodeThread, microsecondsOf } from "./item-codec.ts";

/** `seq` counts first writings: together with `created_us` it orders rows totally. */
interface RowColumns {
  seq: Generated<number>;
  tenant: string;
  owner: string;
  id: string;
  created_us: number;
  record: string;
}

export interface ThreadTables {
  threads: RowColumns;
  items: RowColumns & { thread_id: string; hidden: number };
}

export interface SqlThreadStoreOptions {
  readonly db: Kysely<ThreadTables>;
  readonly observe: ObserveChatKit;
  /** Runs one operation, repeats it while the database is busy, and translates what the driver throws. */
  readonly attempt: <Result>(operation: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;
}

export function createSqlThreadStore({ db, observe, attempt }: SqlThreadStoreOptions): ThreadStore {
  return {
    saveThread: (owner, thread, signal) =>
      attempt(async () => {
        await db
          .insertInto("threads")
          .values({
            ...ownerColumns(owner),
            id: thread.id,
            created_us: microsecondsOf(thread.created_at),
            record: encodeThread(thread),
          })
          .onConflict((conflict) =>
            conflict
              .columns(["tenant", "owner", "id"])
              .doUpdateSet((eb) => ({ record: eb.ref("excluded.record") })),
          )
          .execute();
      }, signal),

    loadThread: (owner, threadId, signal) =>
      attempt(async () => {
        const row = await ownThreads(owner).where("id", "=", threadId).select("record").executeTakeFirst();
        return row === undefined ? null : readable("thread", threadId, decodeThread(row.record));
      }, signal),

    listThreads: (owner, page, signal) =>
      attempt(async () => {
        const start = await cursorOf(page, (id) =>
          ownThreads(owner).where("id", "=", id).select(["created_us", "seq"]).executeTakeFirst(),
        );
        return fillPage({
          page,
          start,
          fetch: (place, count) => {
            const rows = ownThreads(owner)
              .select(["id", "record", "created_us", "seq"])
              .orderBy("created_us", page.order)
              .orderBy("seq", page.order)
              .limit(count);
            return (
              place === null
                ? rows
                : rows.where((eb) =>
                    eb(eb.refTuple("created_us", "seq"), beyond(page), eb.tuple(place.created_us, place.seq)),
                  )
            ).execute();
          },
          decode: (row) => reported("thread", row.id, decodeThread(row.record)),
        });
      }, signal),

    deleteThread: (owner, threadId, signal) =>
      attempt(async () => {
        // Items go with their thread: the tables say so.
        await db
          .deleteFrom("threads")
          .where("tenant", "=", owner.tenant)
          .where("owner", "=", owner.user)
          .where("id", "=", threadId)
          .execute();
      }, signal),

    saveItems: (owner, threadId, items, signal) =>
      attempt(async () => {
        if (items.length === 0) return;
        // One statement: all rows or none. Without its thread a row breaks a constraint, which means `not_found`.
        await db
          .insertInto("items")
          .values(
            items.map((item) => ({
              ...ownerColumns(owner),
              thread_id: threadId,
              id: item.id,
              created_us: microsecondsOf(item.created_at),
              hidden: isHiddenItem(item) ? 1 : 0,
              record: encodeItem(item),
            })),
          )
          .onConflict((conflict) =>
            conflict.columns(["tenant", "owner", "thread_id", "id"]).doUpdateSet((eb) => ({
              record: eb.ref("excluded.record"),
              hidden: eb.ref("excluded.hidden"),
            })),
          )
          .execute();
      }, signal),

    loadItem: (owner, threadId, itemId, signal) =>
      attempt(async () => {
        const row = await ownItems(owner, threadId)
          .where("id", "=", itemId)
          .select("record")
          .executeTakeFirst();
        return row === undefined ? null : readable("item", itemId, decodeItem(row.record));
      }, signal),

    listItems: (owner, threadId, page, signal) =>
      attempt(async () => {
        const thread = await ownThreads(owner).where("id", "=", threadId).select("id").executeTakeFirst();
        if (thread === undefined) throw new ChatKitError("not_found");
        const start = await cursorOf(page, (id) =>
          ownItems(owner, threadId).where("id", "=", id).select(["created_us", "seq"]).executeTakeFirst(),
        );
        return fillPage({
          page,
          start,
          fetch: (place, count) => {
            let rows = ownItems(owner, threadId)
              .select(["id", "record", "created_us", "seq"])
              .orderBy("created_us", page.order)
              .orderBy("seq", page.order)
              .limit(count);
            if (page.visibleOnly) rows = rows.where("hidden", "=", 0);
            return (
              place === null
                ? rows
                : rows.where((eb) =>
                    eb(eb.refTuple("created_us", "seq"), beyond(page), eb.tuple(place.created_us, place.seq)),
                  )
            ).execute();
          },
          decode: (row) => reported("item", row.id, decodeItem(row.record)),
        });
      }, signal),

    deleteItems: (owner, threadId, itemIds, signal) =>
      attempt(async () => {
        if (itemIds.length === 0) return;
        await db
          .deleteFrom("items")
          .where("tenant", "=", owner.tenant)
          .where("owner", "=", owner.user)
          .where("thread_id", "=", threadId)
          .where("id", "in", itemIds)
          .execute();
      }, signal),
  };

  function ownThreads(owner: Owner) {
    return db.selectFrom("threads").where("tenant", "=", owner.tenant).where("owner", "=", owner.user);
  }

  function ownItems(owner: Owner, threadId: string) {
    return db
      .selectFrom("items")
      .where("tenant", "=", owner.tenant)
      .where("owner", "=", owner.user)
      .where("thread_id", "=", threadId);
  }

  /** For a row that was asked for by its id. */
  function readable<Decoded>(kind: "thread" | "item", id: string, decoded: Decoded | null): Decoded {
    if (reported(kind, id, decoded) !== null && decoded !== null) return decoded;
    throw new ChatKitError("internal", { cause: new Error("a stored record cannot be read") });
  }

  function reported<Decoded>(kind: "thread" | "item", id: string, decoded: Decoded | null): Decoded | null {
    if (decoded === null) observe({ event: "store.row_unreadable", kind, id });
    return decoded;
  }
}

interface Place {
  readonly created_us: number;
  readonly seq: number;
}

function ownerColumns(owner: Owner) {
  return { tenant: owner.tenant, owner: owner.user };
}

function beyond(page: PageRequest): ">" | "<" {
  return page.order === "asc" ? ">" : "<";
}

async function cursorOf(
  page: PageRequest,
  find: (id: string) => Promise<Place | undefined>,
): Promise<Place | null> {
  if (page.after === undefined) return null;
  const place = await find(page.after);
  if (place === undefined) throw new ChatKitError("not_found");
  return place;
}

interface PageSource<Row extends Place, Decoded> {
  readonly page: PageRequest;
  readonly start: Place | null;
  readonly fetch: (place: Place | null, count: number) => Promise<Row[]>;
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
