// Thread store in a SQLite file.

import { closeSync, fchmodSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { Kysely, sql } from "kysely";

import { ChatKitError } from "../errors.ts";
import type { ObserveChatKit } from "../observe.ts";
import type { ThreadStore } from "../ports.ts";
import { createNodeSqliteDialect } from "./node-sqlite-dialect.ts";
import { createSqlThreadStore, type ThreadTables } from "./sql-queries.ts";
import { migrateSqlite } from "./sqlite-migrations.ts";

/** L34. The wait inside the driver blocks the process, so most of the waiting is done outside. */
const busyTimeoutMs = 100;
const busyRetries = 5;
const busyPauseMs = 50;

/** SQLite's result codes, without their extensions. */
const resultCodes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;
/** Extended codes: a reference to a row that is not there; a write that was cut short by a quota or a size limit. */
const foreignKeyMissing = 787;
const writeFailed = 778;

export interface SqliteThreadStore extends ThreadStore, AsyncDisposable {
  /** Resolves if the file answers. */
  check(signal: AbortSignal): Promise<void>;
}

export interface SqliteThreadStoreOptions {
  /** Of the file, which is made if it is missing; its folder is not. */
  readonly path: string;
  readonly observe?: ObserveChatKit;
}

/**
 * Opens the file, for this user's eyes only, and brings it up to date. Throws ChatKitError `store_unwritable`,
 * `store_corrupt` or `store_newer`.
 *
 * A resolved write survives the end of the process, however it ends. Whether the last writes survive a loss of power is
 * up to the disk: the log is not flushed for each of them.
 */
export async function openSqliteThreadStore(options: SqliteThreadStoreOptions): Promise<SqliteThreadStore> {
  const { path, observe = () => {} } = options;
  const database = openDatabase(path);
  const db = new Kysely<ThreadTables>({ dialect: createNodeSqliteDialect(database) });
  return {
    ...createSqlThreadStore({ db, observe, attempt }),
    async check(signal) {
      await attempt(() => sql`select count(*) from schema_migrations`.execute(db), signal);
    },
    async [Symbol.asyncDispose]() {
      await db.destroy();
      if (database.isOpen) database.close();
    },
  };
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    const endedInDisorder = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: true });
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = normal");
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

async function attempt<Result>(operation: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  for (let retriesLeft = busyRetries; ; retriesLeft--) {
    signal.throwIfAborted();
    try {
      return await operation();
    } catch (thrown) {
      const code = resultCodeOf(thrown);
      if (code === null) throw thrown;
      const busy = code === resultCodes.busy || code === resultCodes.locked;
      if (!busy || retriesLeft === 0) throw storeError(thrown, code);
      await sleep(busyPauseMs * (0.5 + Math.random()), undefined, { signal });
    }
  }
}

function storeError(thrown: unknown, code: number): ChatKitError {
  if (code === resultCodes.full || extendedCodeOf(thrown) === writeFailed)
    return new ChatKitError("storage_full", { cause: thrown });
  if (extendedCodeOf(thrown) === foreignKeyMissing) return new ChatKitError("not_found", { cause: thrown });
  return new ChatKitError("store_unavailable", { cause: thrown });
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
