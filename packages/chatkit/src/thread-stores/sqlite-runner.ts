// Runs the statements of the store on its one connection.

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

import { ChatKitError } from "../errors.ts";
import type { SqlCall, SqlRunner } from "./sql-queries.ts";
import { busyPause, busyRetries, isBusy, isFull, storeError } from "./sqlite-errors.ts";
import { createSharedWrites } from "./sqlite-shared-writes.ts";

export interface SqliteRunner extends SqlRunner {
  /** Carries out the writes that wait. */
  settle(): void;
}

/** `assertInPlace` throws when the file is not to be used any more. */
export function createSqliteRunner(database: DatabaseSync, assertInPlace: () => void): SqliteRunner {
  // Preparing costs more than running, and there are only so many statements.
  const prepared = new Map<string, StatementSync>();
  const writes = createSharedWrites((work) => withRoom(() => inTransaction(work)));

  return {
    async run(calls, signal) {
      for (let retriesLeft = busyRetries; ; retriesLeft--) {
        signal.throwIfAborted();
        try {
          return withRoom(() => (calls.length === 1 ? rowsOf(calls) : inTransaction(() => rowsOf(calls))));
        } catch (thrown) {
          if (!isBusy(thrown) || retriesLeft === 0) throw storeError(thrown);
          await sleep(busyPause(), undefined, { signal });
        }
      }
    },
    write: (calls, signal) => writes.add(() => rowsOf(calls), signal),
    settle: () => writes.settle(),
  };

  function withRoom<Result>(operation: () => Result): Result {
    if (!database.isOpen) throw new ChatKitError("store_unavailable", { cause: new Error("closed") });
    assertInPlace();
    try {
      return operation();
    } catch (thrown) {
      if (!isFull(thrown)) throw thrown;
      // It may be the log that has no room: carried over into the file it begins anew (R48).
      database.exec("pragma wal_checkpoint(truncate)");
      return operation();
    }
  }

  /** Without a pause: nothing else that uses this connection gets in between. */
  function inTransaction<Result>(work: () => Result): Result {
    database.exec("begin immediate");
    try {
      const result = work();
      database.exec("commit");
      return result;
    } catch (thrown) {
      // SQLite ends a transaction by itself after some failures, such as a full disk.
      if (database.isTransaction) database.exec("rollback");
      throw thrown;
    }
  }

  function rowsOf<Row>(calls: readonly SqlCall<Row>[]): Row[] {
    return calls.flatMap(({ statement, values, mustAnswer = false }) => {
      let found = prepared.get(statement.sql);
      if (found === undefined) prepared.set(statement.sql, (found = database.prepare(statement.sql)));
      // What the rows are is the statement's word: it was compiled against the same tables.
      const rows = found.all(...statement.slots.map((slot) => bound(values[slot]))) as Row[];
      if (mustAnswer && rows.length === 0) throw new ChatKitError("not_found");
      return rows;
    });
  }
}

function bound(value: SQLInputValue | undefined): SQLInputValue {
  if (value === undefined) throw new TypeError("a statement lacks a value");
  return value;
}
