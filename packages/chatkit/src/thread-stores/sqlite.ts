// Thread store in a SQLite file.

import { closeSync, fchmodSync, openSync, statSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

import { ChatKitError } from "../errors.ts";
import type { ObserveChatKit } from "../observe.ts";
import type { ThreadStore } from "../ports.ts";
import { createSqlThreadStore, type SqlCall, type SqlRunner } from "./sql-queries.ts";
import { compileStatements, type ThreadTables } from "./sql-statements.ts";
import { migrateSqlite } from "./sqlite-migrations.ts";

/** L34. The wait inside the driver blocks the process, so most of the waiting is done outside. */
const busyTimeoutMs = 100;
const busyRetries = 5;
const busyPauseMs = 50;

/** In pages of 4 KB. Carrying the log over stalls the process for about 4 ms per thousand; twice as often is no shorter. */
const logPages = 2000;

/** SQLite's result codes, without their extensions. */
const resultCodes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;
/** Extended codes: an item whose thread is not there; a write that was cut short by a quota or a size limit. */
const threadMissing = 1299;
const writeFailed = 778;

export interface SqliteThreadStore extends ThreadStore, AsyncDisposable {
  /** Resolves if the file answers. */
  check(signal: AbortSignal): Promise<void>;
}

export interface SqliteThreadStoreOptions {
  /** Of the file, which is made if it is missing; its folder is not. */
  readonly path: string;
  readonly observe?: ObserveChatKit;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Opens the file, for this user's eyes only, and brings it up to date. Throws ChatKitError `store_unwritable`,
 * `store_corrupt` or `store_newer`.
 *
 * A resolved write survives the end of the process, however it ends. Whether the last writes survive a loss of power is
 * up to the disk: the log is not flushed for each of them.
 */
export async function openSqliteThreadStore(options: SqliteThreadStoreOptions): Promise<SqliteThreadStore> {
  const { path, observe = () => {}, now = Date.now } = options;
  const database = openDatabase(path);
  const runner = createRunner(database);
  const { purge, ...store } = createSqlThreadStore({
    statements: compileStatements(sqliteCompiler()),
    runner,
    observe,
    now,
  });
  await purge();
  return {
    ...store,
    async check(signal) {
      await runner.run(
        [{ statement: { sql: "select count(*) from schema_migrations", slots: [] }, values: {} }],
        signal,
      );
    },
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close();
    },
  };
}

/** Kysely writes the statements; it never gets to see the database. */
function sqliteCompiler(): Kysely<ThreadTables> {
  return new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

function createRunner(database: DatabaseSync): SqlRunner {
  // Preparing costs more than running, and there are only so many statements.
  const prepared = new Map<string, StatementSync>();

  return {
    run: (calls, signal) =>
      attempt(() => {
        if (!database.isOpen) throw new ChatKitError("store_unavailable", { cause: new Error("closed") });
        try {
          return perform(calls);
        } catch (thrown) {
          if (!isFull(thrown)) throw thrown;
          // It may be the log that has no room: carried over into the file it begins anew (R48).
          database.exec("pragma wal_checkpoint(truncate)");
          return perform(calls);
        }
      }, signal),
  };

  function perform<Row>(calls: readonly SqlCall<Row>[]): Row[] {
    return calls.length === 1 ? calls.flatMap(rowsOf) : inTransaction(calls);
  }

  /** Without a pause: nothing else that uses this connection gets in between. */
  function inTransaction<Row>(calls: readonly SqlCall<Row>[]): Row[] {
    database.exec("begin immediate");
    try {
      const rows = calls.flatMap(rowsOf);
      database.exec("commit");
      return rows;
    } catch (thrown) {
      // SQLite ends a transaction by itself after some failures, such as a full disk.
      if (database.isTransaction) database.exec("rollback");
      throw thrown;
    }
  }

  function rowsOf<Row>({ statement, values }: SqlCall<Row>): Row[] {
    let found = prepared.get(statement.sql);
    if (found === undefined) prepared.set(statement.sql, (found = database.prepare(statement.sql)));
    // What the rows are is the statement's word: it was compiled against the same tables.
    return found.all(...statement.slots.map((slot) => bound(values[slot]))) as Row[];
  }
}

function bound(value: SQLInputValue | undefined): SQLInputValue {
  if (value === undefined) throw new TypeError("a statement lacks a value");
  return value;
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    const endedInDisorder = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = normal");
    database.exec(`pragma wal_autocheckpoint = ${logPages}`);
    database.exec("pragma trusted_schema = off");
    database.exec("pragma secure_delete = on");
    if (endedInDisorder) checkIntegrity(database);
    migrateSqlite(database);
    return database;
  } catch (thrown) {
    if (database?.isOpen === true) database.close();
    throw openingError(thrown);
  }
}

/** SQLite gives the files beside the database the same mode. */
function makePrivate(path: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

function checkIntegrity(database: DatabaseSync): void {
  const [first] = database.prepare("pragma quick_check(1)").all();
  if (first?.["quick_check"] !== "ok") throw new ChatKitError("store_corrupt");
}

function openingError(thrown: unknown): unknown {
  if (thrown instanceof ChatKitError) return thrown;
  switch (resultCodeOf(thrown)) {
    case resultCodes.corrupt:
    case resultCodes.notADatabase:
      return new ChatKitError("store_corrupt", { cause: thrown });
    case resultCodes.full:
      return new ChatKitError("storage_full", { cause: thrown });
    case resultCodes.busy:
    case resultCodes.locked:
      return new ChatKitError("store_unavailable", { cause: thrown });
    default:
      return new ChatKitError("store_unwritable", { cause: thrown });
  }
}

async function attempt<Result>(operation: () => Result, signal: AbortSignal): Promise<Result> {
  for (let retriesLeft = busyRetries; ; retriesLeft--) {
    signal.throwIfAborted();
    try {
      return operation();
    } catch (thrown) {
      const code = resultCodeOf(thrown);
      if (code === null) throw thrown;
      const busy = code === resultCodes.busy || code === resultCodes.locked;
      if (!busy || retriesLeft === 0) throw storeError(thrown);
      await sleep(busyPauseMs * (0.5 + Math.random()), undefined, { signal });
    }
  }
}

function storeError(thrown: unknown): ChatKitError {
  if (isFull(thrown)) return new ChatKitError("storage_full", { cause: thrown });
  if (extendedCodeOf(thrown) === threadMissing) return new ChatKitError("not_found", { cause: thrown });
  return new ChatKitError("store_unavailable", { cause: thrown });
}

function isFull(thrown: unknown): boolean {
  return resultCodeOf(thrown) === resultCodes.full || extendedCodeOf(thrown) === writeFailed;
}

/** Null for what SQLite did not throw. */
function resultCodeOf(thrown: unknown): number | null {
  const extended = extendedCodeOf(thrown);
  return extended === null ? null : extended & 0xff;
}

function extendedCodeOf(thrown: unknown): number | null {
  return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number"
    ? thrown.errcode
    : null;
}
