// Brings a database file to the newest form: numbered scripts, forward only, all or nothing.

import { readdirSync, readFileSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

import { ChatKitError } from "../errors.ts";

const folder = new URL("migrations/", import.meta.url);

interface Migration {
  readonly version: number;
  readonly name: string;
}

/** Holds the file's write lock throughout, so that two processes that start together do not both migrate. */
export function migrateSqlite(database: DatabaseSync): void {
  const migrations = listMigrations();
  database.exec("begin immediate");
  try {
    database.exec(
      "create table if not exists schema_migrations (version integer primary key, name text not null, applied_at text not null) strict",
    );
    const applied = Number(
      database.prepare("select max(version) as version from schema_migrations").get()?.["version"] ?? 0,
    );
    if (applied > (migrations.at(-1)?.version ?? 0)) throw new ChatKitError("store_newer");
    const record = database.prepare(
      "insert into schema_migrations (version, name, applied_at) values (?, ?, ?)",
    );
    for (const { version, name } of migrations.filter((migration) => migration.version > applied)) {
      database.exec(readFileSync(new URL(name, folder), "utf8"));
      record.run(version, name, new Date().toISOString());
    }
    database.exec("commit");
  } catch (thrown) {
    database.exec("rollback");
    throw thrown;
  }
}

function listMigrations(): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}-.*\.sqlite\.sql$/.test(name))
    .map((name) => ({ version: Number(name.slice(0, 3)), name }))
    .sort((one, other) => one.version - other.version);
}
