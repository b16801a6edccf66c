// Kysely over the SQLite that comes with Node. Kysely's own dialect asks for little of a database; this gives it that.

import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";

import { type Dialect, SqliteDialect, type SqliteStatement } from "kysely";

/** Preparing costs more than running; the store has few statements, lists of ids aside. */
const maxStatements = 64;

/** The database stays its owner's: destroying Kysely does not close it. */
export function createNodeSqliteDialect(database: DatabaseSync): Dialect {
  const statements = new Map<string, SqliteStatement>();

  return new SqliteDialect({
    database: {
      close() {
        statements.clear();
      },
      prepare(sql) {
        let statement = statements.get(sql);
        if (statement === undefined) {
          statement = adapt(database.prepare(sql));
          const oldest = statements.keys().next();
          if (statements.size >= maxStatements && oldest.value !== undefined) statements.delete(oldest.value);
          statements.set(sql, statement);
        }
        return statement;
      },
    },
  });
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(bindable)),
    run: (parameters) => statement.run(...parameters.map(bindable)),
    iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
  };
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} cannot be stored`);
}
