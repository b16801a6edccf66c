// Thread store in a SQLite file.

import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";

import type { ObserveChatKit } from "../observe.ts";
import type { ThreadStore, UsageStore } from "../ports.ts";
import { createSqlThreadStore } from "./sql-queries.ts";
import { compileStatements, type ThreadTables } from "./sql-statements.ts";
import { createSqlUsageStore } from "./sql-usage.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";
import { isIntact } from "./sqlite-integrity.ts";
import { createSqliteRunner } from "./sqlite-runner.ts";

export interface SqliteThreadStore extends ThreadStore, UsageStore, AsyncDisposable {
  /** Resolves if the file answers. */
  check(signal: AbortSignal): Promise<void>;
  /** Reads the whole file beside everything else; false if it is damaged. */
  isIntact(signal: AbortSignal): Promise<boolean>;
}

export interface SqliteThreadStoreOptions {
  /** Of the file, which is made if it is missing; its folder is not. */
  readonly path: string;
  readonly observe?: ObserveChatKit;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Opens the file, for this process alone and this user's eyes only, and brings it up to date. Throws ChatKitError
 * `store_in_use`, `store_unwritable`, `store_corrupt` or `store_newer`.
 *
 * A resolved write survives the end of the process, however it ends, and a loss of power if the disk keeps its word
 * (R49). A file that is removed or replaced while it is open is noticed within 5 s: from then on the store is
 * unavailable (R50).
 */
export async function openSqliteThreadStore(options: SqliteThreadStoreOptions): Promise<SqliteThreadStore> {
  const { path, observe = () => {}, now = Date.now } = options;
  const { database, assertInPlace, close } = openSqliteDatabase(path);
  const runner = createSqliteRunner(database, assertInPlace);
  const statements = compileStatements(sqliteCompiler());
  const { purge, ...store } = createSqlThreadStore({
    statements,
    runner,
    observe,
    now,
  });
  await purge();
  return {
    ...store,
    ...createSqlUsageStore(statements, runner),
    async check(signal) {
      await runner.run(
        [{ statement: { sql: "select count(*) from schema_migrations", slots: [] }, values: {} }],
        signal,
      );
    },
    isIntact: (signal) => isIntact(path, signal),
    async [Symbol.asyncDispose]() {
      runner.settle();
      close();
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
