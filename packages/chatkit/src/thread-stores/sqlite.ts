// Thread store in a SQLite file.

import { closeSync, fchmodSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

import { ChatKitError } from "../errors.ts";
import type { ObserveChatKit } from "../observe.ts";
import type { ThreadStore } from "../ports.ts";
import { createSqlThreadStore } from "./sql-queries.ts";
import { compileStatements, type ThreadTables } from "./sql-statements.ts";
import { busyTimeoutMs, openingError } from "./sqlite-errors.ts";
import { migrateSqlite } from "./sqlite-migrations.ts";
import { createSqliteRunner } from "./sqlite-runner.ts";

/** In pages of 4 KB. Carrying the log over stalls the process for about 4 ms per thousand; twice as often is no shorter. */
const logPages = 2000;

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
  const runner = createSqliteRunner(database);
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
      runner.close();
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
