// The file of a SQLite store: one process at a time has it open, and nobody else may read it.

import { closeSync, fchmodSync, openSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { ChatKitError } from "../errors.ts";
import { busyTimeoutMs, isBusy, openingError } from "./sqlite-errors.ts";
import { migrateSqlite } from "./sqlite-migrations.ts";

/** In pages of 4 KB. Carrying the log over stalls the process for about 4 ms per thousand; twice as often is no shorter. */
const logPages = 2000;
/** R50 allows 5 s. */
const lookEveryMs = 1000;

export interface SqliteDatabase {
  readonly database: DatabaseSync;
  /** Throws `store_unavailable` once the path does not lead to the open file any more. Looks once a second at most. */
  assertInPlace(): void;
  close(): void;
}

/** Throws ChatKitError `store_in_use`, `store_unwritable`, `store_corrupt`, `store_newer` or `storage_full`. */
export function openSqliteDatabase(path: string): SqliteDatabase {
  const owner = takeOwnership(path);
  let database: DatabaseSync | null = null;
  try {
    const endedInDisorder = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
    makePrivate(path);
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    database.exec("pragma journal_mode = wal");
    // What has been acknowledged is on the disk (R49). Many writes share one flush.
    database.exec("pragma synchronous = full");
    database.exec("pragma fullfsync = on");
    database.exec("pragma checkpoint_fullfsync = on");
    database.exec(`pragma wal_autocheckpoint = ${logPages}`);
    database.exec("pragma trusted_schema = off");
    database.exec("pragma secure_delete = on");
    if (endedInDisorder) checkIntegrity(database);
    migrateSqlite(database);
    const opened = database;
    return {
      database: opened,
      assertInPlace: createPlaceCheck(path),
      close() {
        if (opened.isOpen) opened.close();
        if (owner.isOpen) owner.close();
      },
    };
  } catch (thrown) {
    if (database?.isOpen === true) database.close();
    owner.close();
    throw openingError(thrown);
  }
}

/**
 * A lock on a file of its own, held until the process ends, however it ends: two processes would each answer the same
 * thread without knowing of the other (R51).
 */
function takeOwnership(path: string): DatabaseSync {
  let owner: DatabaseSync | null = null;
  try {
    makePrivate(`${path}-owner`);
    owner = new DatabaseSync(`${path}-owner`, { timeout: 0 });
    owner.exec("pragma journal_mode = memory");
    owner.exec("begin exclusive");
    return owner;
  } catch (thrown) {
    owner?.close();
    throw isBusy(thrown) ? new ChatKitError("store_in_use", { cause: thrown }) : openingError(thrown);
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

function createPlaceCheck(path: string): () => void {
  const opened = placeOf(path);
  let inPlace = true;
  let lookedMs = performance.now();
  return () => {
    const nowMs = performance.now();
    if (nowMs - lookedMs > lookEveryMs) {
      lookedMs = nowMs;
      inPlace = placeOf(path) === opened;
    }
    if (!inPlace) throw new ChatKitError("store_unavailable", { cause: new Error("the file is gone") });
  };
}

function placeOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}
