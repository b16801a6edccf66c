// The table of the audit trail: a SQLite file of its own, which only grows at its end and is cut at its beginning.

import { closeSync, fchmodSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";

import type { AuditEntry } from "@sidekit/chat-session/contract";

import type { AuditEvent } from "./audit-events.ts";

/** So that one step holds up nothing. */
const removedAtOnce = 1000;
/** Rows that are looked at in one step: an index would cost each mint more than a search costs an operator. */
const searchedAtOnce = 20_000;
const schemaVersion = 1;
const schema = `
  create table audit (
    id integer primary key autoincrement,
    at_ms integer not null,
    action text not null,
    count integer not null,
    request_id text,
    credential text,
    tenant text,
    user text,
    service text,
    session_id text,
    profile text,
    reason text,
    key_id text,
    fingerprint text
  ) strict;
`;

export interface AuditRow {
  readonly event: AuditEvent;
  readonly atMs: number;
  readonly count: number;
}

/** All that are given have to hold. */
export interface AuditFilter {
  readonly action?: string | undefined;
  readonly sessionId?: string | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly sinceMs?: number | undefined;
  /** Rows older than the one of this id. */
  readonly before?: number | undefined;
}

export interface AuditDatabase {
  /** All or none. */
  append(rows: readonly AuditRow[]): void;
  /** Newest first. Lets everybody else have their turn in between. */
  read(filter: AuditFilter, limit: number): Promise<AuditEntry[]>;
  /** Removes some of what is older, or is more than so many rows; true when there is more to remove. */
  removeOld(beforeMs: number, maxRows: number): boolean;
  close(): void;
}

/** Throws what SQLite throws when the file cannot be used, and an Error when a newer version has written it. */
export function openAuditDatabase(path: string): AuditDatabase {
  makePrivate(path);
  const database = new DatabaseSync(path, { timeout: 1000 });
  try {
    database.exec("pragma journal_mode = wal");
    // A power cut may take the last moments; the lines in the log are out by then.
    database.exec("pragma synchronous = normal");
    database.exec("pragma trusted_schema = off");
    database.exec("pragma secure_delete = on");
    const version = Number(database.prepare("pragma user_version").get()?.["user_version"] ?? 0);
    if (version > schemaVersion) throw new Error("The audit trail was written by a newer version.");
    if (version === 0) database.exec(`begin; ${schema} pragma user_version = ${schemaVersion}; commit`);
  } catch (thrown) {
    database.close();
    throw thrown;
  }
  const insert = database.prepare(
    `insert into audit (at_ms, action, count, request_id, credential, tenant, user, service, session_id, profile,
       reason, key_id, fingerprint)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const last = database.prepare("select max(id) as id from audit");
  const removeOlder = database.prepare(
    `delete from audit where id in (select id from audit order by id limit ${removedAtOnce})
       and (at_ms < ? or id <= (select max(id) from audit) - ?)`,
  );

  return {
    append(rows) {
      database.exec("begin immediate");
      try {
        for (const { event, atMs, count } of rows) {
          insert.run(
            atMs,
            event.action,
            count,
            event.requestId,
            event.credential,
            event.tenant,
            event.user,
            event.service,
            event.sessionId,
            event.profile,
            event.reason,
            event.keyId,
            event.fingerprint,
          );
        }
        database.exec("commit");
      } catch (thrown) {
        if (database.isTransaction) database.exec("rollback");
        throw thrown;
      }
    },
    async read(filter, limit) {
      const found: AuditEntry[] = [];
      const newest = Number(last.get()?.["id"] ?? 0);
      let before = Math.min(filter.before ?? Infinity, newest + 1);
      while (before > 1 && found.length < limit) {
        if (before <= newest) await nextTurn();
        const from = Math.max(1, before - searchedAtOnce);
        found.push(...search({ ...filter, before }, from, limit - found.length));
        before = from;
      }
      return found;
    },
    removeOld: (beforeMs, maxRows) => removeOlder.run(beforeMs, maxRows).changes >= removedAtOnce,
    close: () => database.close(),
  };

  function search(filter: AuditFilter, from: number, limit: number): AuditEntry[] {
    const conditions: [sql: string, value: SQLInputValue | undefined][] = [
      ["id >= ?", from],
      ["id < ?", filter.before],
      ["action = ?", filter.action],
      ["session_id = ?", filter.sessionId],
      ["tenant = ?", filter.tenant],
      ["user = ?", filter.user],
      ["at_ms >= ?", filter.sinceMs],
    ];
    const given = conditions.filter(([, value]) => value !== undefined);
    return database
      .prepare(
        `select * from audit where ${given.map(([sql]) => sql).join(" and ")} order by id desc limit ?`,
      )
      .all(...given.map(([, value]) => value ?? null), limit)
      .map(entryOf);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function entryOf(row: Record<string, unknown>): AuditEntry {
  const text = (name: string) => (typeof row[name] === "string" ? row[name] : null);
  return {
    id: Number(row["id"]),
    at: new Date(Number(row["at_ms"])).toISOString(),
    action: String(row["action"]),
    count: Number(row["count"]),
    requestId: text("request_id"),
    credential: text("credential"),
    tenant: text("tenant"),
    user: text("user"),
    service: text("service"),
    sessionId: text("session_id"),
    profile: text("profile"),
    reason: text("reason"),
    keyId: text("key_id"),
    fingerprint: text("fingerprint"),
  };
}

/** SQLite gives the files beside it the same mode. */
function makePrivate(path: string): void {
  const file = openSync(path, "a", 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}
