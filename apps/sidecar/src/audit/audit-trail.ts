// The audit trail: each event at once as a line of its own stream, and within a quarter of a second as a row of its table.

import type { ReadAudit } from "@sidekit/chat-session";
import type { AuditAction } from "@sidekit/chat-session/contract";
import type { Logger } from "pino";

import { instance } from "../log.ts";
import type { Pseudonyms } from "../pseudonyms.ts";
import { StartError } from "../start-error.ts";
import { openAuditDatabase, type AuditRow } from "./audit-database.ts";
import type { AuditEvent } from "./audit-events.ts";

const flushMs = 250;
/** Beyond so many that wait for a table that takes nothing, the newest are left out: their lines are in the log. */
const maxWaiting = 10_000;
const maxRows = 1_000_000;
const sweepMs = 3_600_000;
const dayMs = 86_400_000;
/** The same refusal again and again is one row with a count, so that nobody can push the others out (S166). */
const repeatWindowMs = 60_000;
const maxKinds = 1000;

const refusals: ReadonlySet<AuditAction> = new Set([
  "session.refused",
  "session.integrity",
  "auth.refused",
  "issuer.refused",
  "key.rejected",
  "upstream.auth",
  "service_keys.rejected",
]);

export interface AuditTrail extends AsyncDisposable {
  /** Never throws, never waits for the disk. */
  record(event: AuditEvent): void;
  /** What was recorded up to now, the newest first. */
  readonly read: ReadAudit;
}

export interface AuditTrailOptions {
  readonly path: string;
  /** Takes each event as a line of JSON that ends in a line feed; `session.created` and the other actions are its `event`. */
  readonly writeLine: (line: string) => void;
  /** For trouble with the table. */
  readonly log: Logger;
  readonly pseudonyms: Pseudonyms;
  /** After which rows are removed. */
  readonly keptDays: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** For tests; 60 s otherwise. */
  readonly repeatWindowMs?: number;
}

interface Repeats {
  count: number;
  last: AuditEvent;
}

/** Throws StartError when the table cannot be opened. */
export function openAuditTrail(options: AuditTrailOptions): AuditTrail {
  const { log, writeLine, pseudonyms, keptDays, now = Date.now } = options;
  const database = openOrExplain(options.path);
  const repeats = new Map<string, Repeats>();
  let waiting: AuditRow[] = [];
  let flushing: NodeJS.Timeout | null = null;
  sweep();
  const sweeper = setInterval(sweep, sweepMs).unref();

  return {
    record(event) {
      if (refusals.has(event.action) && isRepeat(event)) return;
      keep(event, 1);
    },
    async read({ tenant, user, since, limit, ...filter }) {
      flush();
      // A user is one of a tenant: without one, of the tenant that everybody is of where there are no tenants.
      const named = user === undefined ? undefined : pseudonyms.user(tenant ?? "local", user);
      const found = await database.read(
        {
          ...filter,
          user: named,
          tenant: tenant === undefined ? undefined : pseudonyms.tenant(tenant),
          sinceMs: since === undefined ? undefined : Date.parse(since),
        },
        limit + 1,
      );
      return { data: found.slice(0, limit), hasMore: found.length > limit };
    },
    async [Symbol.asyncDispose]() {
      clearInterval(sweeper);
      for (const kind of repeats.keys()) endWindow(kind);
      flush();
      database.close();
    },
  };

  function keep(event: AuditEvent, count: number): void {
    const atMs = now();
    writeLine(auditLine(event, count, new Date(atMs).toISOString()));
    if (waiting.length >= maxWaiting) return;
    waiting.push({ event, count, atMs });
    flushing ??= setTimeout(flush, flushMs).unref();
  }

  function flush(): void {
    if (flushing !== null) clearTimeout(flushing);
    flushing = null;
    if (waiting.length === 0) return;
    try {
      database.append(waiting);
      waiting = [];
    } catch (error) {
      log.error({ err: error, waiting: waiting.length }, "audit.not_written");
      flushing = setTimeout(flush, flushMs * 20).unref();
    }
  }

  /** True for what is counted in the window that an equal one has opened. */
  function isRepeat(event: AuditEvent): boolean {
    const kind = JSON.stringify([event.action, event.reason, event.credential, event.user, event.keyId]);
    const known = repeats.get(kind);
    if (known !== undefined) {
      known.count += 1;
      known.last = event;
      return true;
    }
    // Too many kinds at once are none that anybody could tell apart: the table is bounded all the same.
    if (repeats.size >= maxKinds) return false;
    repeats.set(kind, { count: 0, last: event });
    setTimeout(endWindow, options.repeatWindowMs ?? repeatWindowMs, kind).unref();
    return false;
  }

  function endWindow(kind: string): void {
    const ended = repeats.get(kind);
    repeats.delete(kind);
    if (ended !== undefined && ended.count > 0) keep(ended.last, ended.count);
  }

  function sweep(): void {
    try {
      if (database.removeOld(now() - keptDays * dayMs, maxRows)) setImmediate(sweep);
    } catch (error) {
      log.error({ err: error }, "audit.not_swept");
    }
  }
}

/** By hand, because it is on the path of every mint. Texts are ids and words of ours, and escaped all the same. */
function auditLine(event: AuditEvent, count: number, at: string): string {
  const level = refusals.has(event.action) ? "warn" : "info";
  return (
    `{"level":"${level}","ts":"${at}","instance":"${instance}","stream":"audit"` +
    member("requestId", event.requestId) +
    member("credential", event.credential) +
    member("tenant", event.tenant) +
    member("user", event.user) +
    member("service", event.service) +
    member("sessionId", event.sessionId) +
    member("profile", event.profile) +
    member("reason", event.reason) +
    member("keyId", event.keyId) +
    member("fingerprint", event.fingerprint) +
    (count === 1 ? "" : `,"count":${count}`) +
    `,"event":"${event.action}"}\n`
  );
}

function member(name: string, value: string | null): string {
  return value === null ? "" : `,"${name}":${JSON.stringify(value)}`;
}

function openOrExplain(path: string) {
  try {
    return openAuditDatabase(path);
  } catch (cause) {
    throw new StartError(
      "The audit trail, audit.sqlite in the data directory, cannot be opened. Move it away to begin a new one.",
      { cause },
    );
  }
}
