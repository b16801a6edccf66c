// The tables, and every statement of the thread store, written once for every dialect and compiled once per store.
// Every statement that a caller's ids reach names the owner (S63).

import { type Compilable, type Generated, type Kysely, type RawBuilder, sql } from "kysely";

import type { Order } from "../ports.ts";

/** `seq` counts first writings: together with `created_us` it orders rows totally. */
interface RowColumns {
  seq: Generated<number>;
  id: string;
  created_us: number;
  record: string;
}

export interface ThreadTables {
  threads: RowColumns & { tenant: string; owner: string };
  items: RowColumns & { thread_seq: number; hidden: number };
  /** Rows of deleted threads whose items are still to be purged. */
  removals: { thread_seq: number };
  attachments: {
    seq: Generated<number>;
    tenant: string;
    owner: string;
    id: string;
    thread_id: string | null;
    bytes: number;
    doomed: Generated<number>;
    saved_ms: number;
    record: string;
  };
  usage: { tenant: string; owner: string; day: number; requests: number; tokens: number };
}

/** What a statement leaves open until it runs. */
export interface SlotValues {
  tenant: string;
  owner: string;
  threadId: string;
  id: string;
  createdUs: number;
  seq: number;
  hidden: number;
  record: string;
  formerRecord: string;
  takenBy: string | null;
  bytes: number;
  savedMs: number;
  count: number;
  day: number;
  requests: number;
  tokens: number;
  belowRequests: number;
  belowTokens: number;
}

export interface Statement<Row> {
  readonly sql: string;
  /** In the order in which the statement takes them. */
  readonly slots: readonly (keyof SlotValues)[];
  /** Never called: it carries the type of the rows. */
  readonly row?: () => Row;
}

export interface Place {
  readonly created_us: number;
  readonly seq: number;
}

type ListedRow = Place & { readonly id: string; readonly record: string };

export function compileStatements(db: Kysely<ThreadTables>) {
  const owner = { tenant: slot("tenant"), owner: slot("owner") };
  const ownThreads = db
    .selectFrom("threads")
    .where("tenant", "=", owner.tenant)
    .where("owner", "=", owner.owner);
  const threadSeq = sql<number>`${ownThreads.where("id", "=", slot("threadId")).select("seq")}`;
  const itemsOfThread = db.selectFrom("items").where("thread_seq", "=", threadSeq);
  const attachment = db
    .selectFrom("attachments")
    .where("tenant", "=", owner.tenant)
    .where("owner", "=", owner.owner)
    .where("id", "=", slot("id"));

  return {
    saveThread: compiled<never>(
      db
        .insertInto("threads")
        .values({ ...owner, id: slot("threadId"), created_us: slot("createdUs"), record: slot("record") })
        .onConflict((conflict) =>
          conflict
            .columns(["tenant", "owner", "id"])
            .doUpdateSet((eb) => ({ record: eb.ref("excluded.record") })),
        ),
    ),
    /** Answers nothing when it is not any more as it was read. */
    updateThread: compiled<{ id: string }>(
      db
        .updateTable("threads")
        .set({ record: slot("record") })
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("threadId"))
        .where("record", "=", slot("formerRecord"))
        .returning("id"),
    ),
    findThread: compiled<ListedRow>(
      ownThreads.where("id", "=", slot("threadId")).select(["id", "record", "created_us", "seq"]),
    ),
    listThreads: inBothOrders((order) =>
      compiled<ListedRow>(
        ownThreads
          .where(beyond(order))
          .select(["id", "record", "created_us", "seq"])
          .orderBy("created_us", order)
          .orderBy("seq", order)
          .limit(slot("count")),
      ),
    ),

    markRemoval: compiled<never>(
      db
        .insertInto("removals")
        .columns(["thread_seq"])
        .expression(ownThreads.where("id", "=", slot("threadId")).select("seq")),
    ),
    deleteThread: compiled<never>(
      db
        .deleteFrom("threads")
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("threadId")),
    ),
    listRemovals: compiled<{ thread_seq: number }>(db.selectFrom("removals").select("thread_seq")),
    purgeItems: compiled<{ seq: number }>(
      db
        .deleteFrom("items")
        .where(
          "seq",
          "in",
          db.selectFrom("items").where("thread_seq", "=", slot("seq")).select("seq").limit(slot("count")),
        )
        .returning("seq"),
    ),
    endRemoval: compiled<never>(db.deleteFrom("removals").where("thread_seq", "=", slot("seq"))),

    // Without its thread a row has no `thread_seq`, which breaks a constraint: `not_found`.
    saveItem: compiled<never>(
      db
        .insertInto("items")
        .values({
          thread_seq: threadSeq,
          id: slot("id"),
          created_us: slot("createdUs"),
          hidden: slot("hidden"),
          record: slot("record"),
        })
        .onConflict((conflict) =>
          conflict.columns(["thread_seq", "id"]).doUpdateSet((eb) => ({
            record: eb.ref("excluded.record"),
            hidden: eb.ref("excluded.hidden"),
          })),
        ),
    ),
    findItem: compiled<ListedRow>(
      itemsOfThread.where("id", "=", slot("id")).select(["id", "record", "created_us", "seq"]),
    ),
    listItems: inBothOrders((order) =>
      compiled<ListedRow>(
        itemsOfThread
          .where(beyond(order))
          .where("hidden", "<=", slot("hidden"))
          .select(["id", "record", "created_us", "seq"])
          .orderBy("created_us", order)
          .orderBy("seq", order)
          .limit(slot("count")),
      ),
    ),
    deleteItem: compiled<never>(
      db.deleteFrom("items").where("thread_seq", "=", threadSeq).where("id", "=", slot("id")),
    ),
    countItemsBeyond: compiled<{ total: number }>(
      itemsOfThread.where(beyond("asc")).select((eb) => eb.fn.countAll<number>().as("total")),
    ),
    // The newest first: what remains at any moment is the beginning of the thread.
    deleteItemsBeyond: compiled<{ seq: number }>(
      db
        .deleteFrom("items")
        .where(
          "seq",
          "in",
          itemsOfThread
            .where(beyond("asc"))
            .select("seq")
            .orderBy("created_us", "desc")
            .orderBy("seq", "desc")
            .limit(slot("count")),
        )
        .returning("seq"),
    ),

    /** Answers nothing for a doomed one. */
    saveAttachment: compiled<{ id: string }>(
      db
        .insertInto("attachments")
        .values({
          ...owner,
          id: slot("id"),
          thread_id: slot("takenBy"),
          bytes: slot("bytes"),
          saved_ms: slot("savedMs"),
          record: slot("record"),
        })
        .onConflict((conflict) =>
          conflict
            .columns(["tenant", "owner", "id"])
            .doUpdateSet((eb) => ({
              thread_id: eb.ref("excluded.thread_id"),
              bytes: eb.ref("excluded.bytes"),
              record: eb.ref("excluded.record"),
            }))
            .where("attachments.doomed", "=", sql.lit(0)),
        )
        .returning("id"),
    ),
    /** Answers nothing for one that is doomed, missing, or another thread's. */
    takeAttachment: compiled<{ id: string }>(
      db
        .updateTable("attachments")
        .set({ thread_id: slot("takenBy"), record: slot("record") })
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("id"))
        .where("doomed", "=", sql.lit(0))
        .where((eb) => eb.or([eb("thread_id", "is", null), eb("thread_id", "=", slot("takenBy"))]))
        .returning("id"),
    ),
    findAttachment: compiled<{ record: string }>(
      attachment.where("doomed", "=", sql.lit(0)).select("record"),
    ),
    doomAttachment: compiled<never>(
      db
        .updateTable("attachments")
        .set({ doomed: sql.lit(1) })
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("id")),
    ),
    /** Answers nothing for one that is taken or missing. */
    doomUnusedAttachment: compiled<{ id: string }>(
      db
        .updateTable("attachments")
        .set({ doomed: sql.lit(1) })
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("id"))
        .where("thread_id", "is", null)
        .returning("id"),
    ),
    doomAttachmentsOfThread: compiled<{ id: string }>(
      db
        .updateTable("attachments")
        .set({ doomed: sql.lit(1) })
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("thread_id", "=", slot("threadId"))
        .returning("id"),
    ),
    deleteAttachment: compiled<never>(
      db
        .deleteFrom("attachments")
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("id", "=", slot("id")),
    ),
    sumAttachments: compiled<{ bytes: number }>(
      db
        .selectFrom("attachments")
        .where("tenant", "=", owner.tenant)
        .where("owner", "=", owner.owner)
        .where("doomed", "=", sql.lit(0))
        .select((eb) => eb.fn.coalesce(eb.fn.sum<number>("bytes"), sql.lit(0)).as("bytes")),
    ),
    /** Answers nothing, and adds nothing, when the sum of one of them is not below its bound. */
    addUsage: compiled<{ day: number }>(
      db
        .insertInto("usage")
        .values({ ...owner, day: slot("day"), requests: slot("requests"), tokens: slot("tokens") })
        .onConflict((conflict) =>
          conflict
            .columns(["tenant", "owner", "day"])
            .doUpdateSet({
              requests: sql<number>`usage.requests + excluded.requests`,
              tokens: sql<number>`usage.tokens + excluded.tokens`,
            })
            .where("usage.requests", "<", slot("belowRequests"))
            .where("usage.tokens", "<", slot("belowTokens")),
        )
        .returning("day"),
    ),
    forgetUsage: compiled<never>(db.deleteFrom("usage").where("day", "<", slot("day"))),
    // The first condition is that of the index, word by word: a database uses it only then.
    listForgottenAttachments: compiled<{ tenant: string; owner: string; id: string }>(
      db
        .selectFrom("attachments")
        .where((eb) => eb.or([eb("doomed", "=", sql.lit(1)), eb("thread_id", "is", null)]))
        .where((eb) => eb.or([eb("doomed", "=", sql.lit(1)), eb("saved_ms", "<", slot("savedMs"))]))
        .select(["tenant", "owner", "id"])
        .orderBy("saved_ms")
        .orderBy("seq")
        .limit(slot("count")),
    ),
  };
}

export type Statements = ReturnType<typeof compileStatements>;

class Slot {
  readonly name: keyof SlotValues;
  constructor(name: keyof SlotValues) {
    this.name = name;
  }
}

function slot<Name extends keyof SlotValues>(name: Name): RawBuilder<SlotValues[Name]> {
  return sql<SlotValues[Name]>`${new Slot(name)}`;
}

function beyond(order: Order): RawBuilder<boolean> {
  const sign = sql.raw(order === "asc" ? ">" : "<");
  return sql<boolean>`(created_us, seq) ${sign} (${slot("createdUs")}, ${slot("seq")})`;
}

function inBothOrders<Row>(compile: (order: Order) => Statement<Row>): Record<Order, Statement<Row>> {
  return { asc: compile("asc"), desc: compile("desc") };
}

function compiled<Row>(query: Compilable): Statement<Row> {
  const { sql: text, parameters } = query.compile();
  return {
    sql: text,
    slots: parameters.map((parameter) => {
      if (parameter instanceof Slot) return parameter.name;
      throw new TypeError("a statement carries a value: what is fixed must be written as a literal");
    }),
  };
}
