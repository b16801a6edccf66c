import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { AuditInput } from "@sidekit/chat-session/contract";
import { afterAll, expect, test } from "vitest";

import { createLog } from "../log.ts";
import { createPseudonyms } from "../pseudonyms.ts";
import { auditEventOf, type AuditEvent } from "./audit-events.ts";
import { openAuditTrail } from "./audit-trail.ts";

const folder = mkdtempSync(join(tmpdir(), "sidekit-audit-"));
const pseudonyms = createPseudonyms(Buffer.alloc(32, 7));
const ann = { tenant: pseudonyms.tenant("acme"), user: pseudonyms.user("acme", "ann@example.com") };
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function open(changes: { path?: string; keptDays?: number; repeatWindowMs?: number } = {}) {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const lines: string[] = [];
  const path = changes.path ?? join(folder, `${(files += 1)}.sqlite`);
  const trail = openAuditTrail({
    path,
    writeLine: (line) => lines.push(line),
    log: createLog("silent", () => {}),
    pseudonyms,
    keptDays: 90,
    now: () => clock.now,
    ...changes,
  });
  const read = async (input: Partial<AuditInput> = {}) => trail.read({ limit: 50, ...input });
  return { trail, clock, lines, path, read };
}

function event(changes: Partial<AuditEvent>): AuditEvent {
  const made = auditEventOf(
    {
      event: "session.created",
      sessionId: "cksess_1",
      issuer: "local",
      profile: "default",
      credential: "jwt",
    },
    { requestId: "req_1", actor: { ...ann, credential: "jwt" }, upstreamRequestId: null },
    pseudonyms,
  );
  return { ...made!, ...changes };
}

test("S164: what happened is a line at once and a row, with who, how and for which request", async () => {
  const { trail, lines, read } = open();
  trail.record(event({}));
  expect(JSON.parse(lines[0]!)).toMatchObject({
    stream: "audit",
    event: "session.created",
    requestId: "req_1",
    credential: "jwt",
    ...ann,
  });
  expect(await read()).toEqual({
    data: [
      {
        id: 1,
        at: "2026-01-01T00:00:00.000Z",
        action: "session.created",
        count: 1,
        requestId: "req_1",
        credential: "jwt",
        ...ann,
        service: null,
        sessionId: "cksess_1",
        profile: "default",
        reason: null,
        keyId: null,
        fingerprint: null,
      },
    ],
    hasMore: false,
  });
  await trail[Symbol.asyncDispose]();
});

test("N6, S29: nobody is named, neither in lines nor in rows; a user is found by name all the same", async () => {
  const { trail, lines, read } = open();
  const impersonated = {
    event: "issuer.impersonated",
    service: "backend",
    tenant: "acme",
    user: "ann@example.com",
  };
  trail.record(auditEventOf(impersonated as never, undefined, pseudonyms)!);
  trail.record(event({ user: pseudonyms.user("acme", "bob"), sessionId: "cksess_2" }));
  const { data } = await read();
  expect(data.map(({ action, service }) => [action, service])).toEqual([
    ["session.created", null],
    ["issuer.impersonated", "backend"],
  ]);
  expect(JSON.stringify([lines, data])).not.toMatch(/ann@|acme|bob/);
  const found = await read({ tenant: "acme", user: "ann@example.com" });
  expect(found.data.map(({ action }) => action)).toEqual(["issuer.impersonated"]);
  await trail[Symbol.asyncDispose]();
});

test("it is read by page, action, session and time, newest first, and outlives the process", async () => {
  const { trail, clock, path } = open();
  for (let at = 0; at < 5; at++) {
    clock.now += 1000;
    trail.record(
      event({ sessionId: `cksess_${at}`, action: at === 3 ? "session.revoked" : "session.created" }),
    );
  }
  await trail[Symbol.asyncDispose]();
  const again = open({ path });
  const first = await again.read({ limit: 2 });
  expect(first).toMatchObject({ data: [{ id: 5 }, { id: 4 }], hasMore: true });
  expect(await again.read({ limit: 3, before: 4 })).toMatchObject({
    data: [{ id: 3 }, { id: 2 }, { id: 1 }],
    hasMore: false,
  });
  expect((await again.read({ action: "session.revoked" })).data).toHaveLength(1);
  expect((await again.read({ sessionId: "cksess_2" })).data).toMatchObject([{ id: 3 }]);
  expect((await again.read({ since: "2026-01-01T00:00:04.000Z" })).data).toHaveLength(2);
  await again.trail[Symbol.asyncDispose]();
});

test("among a hundred thousand entries the oldest are found, a step at a time", async () => {
  const { trail, read } = open();
  trail.record(event({ sessionId: "cksess_first" }));
  for (let at = 0; at < 100_000; at++) {
    trail.record(event({ sessionId: `cksess_${at}` }));
    // What waits is bounded.
    if (at % 5000 === 0) await read({ limit: 1 });
  }
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 0);
  const found = await read({ sessionId: "cksess_first" });
  clearInterval(counting);
  expect(found).toMatchObject({ data: [{ id: 1 }], hasMore: false });
  expect(turns).toBeGreaterThan(0);
  await trail[Symbol.asyncDispose]();
}, 30_000);

test("S166: refusals that come again are one row with a count, and push nothing out", async () => {
  const { trail, read } = open({ repeatWindowMs: 50 });
  for (let at = 0; at < 5000; at++) trail.record(event({ action: "auth.refused", reason: "unknown" }));
  trail.record(event({ action: "auth.refused", reason: "expired" }));
  await expect
    .poll(async () => (await read()).data.map(({ reason, count }) => [reason, count]))
    .toEqual([
      ["unknown", 4999],
      ["expired", 1],
      ["unknown", 1],
    ]);
  await trail[Symbol.asyncDispose]();
});

test("what is older than is kept is removed at the next start", async () => {
  const { trail, path, clock } = open();
  trail.record(event({ sessionId: "cksess_old" }));
  await trail.read({ limit: 1 });
  clock.now += 50 * 86_400_000;
  trail.record(event({ sessionId: "cksess_new" }));
  await trail[Symbol.asyncDispose]();
  const again = open({ path, keptDays: 1 });
  again.clock.now = clock.now;
  await again.trail[Symbol.asyncDispose]();
  const late = openAuditTrail({
    path,
    writeLine: () => {},
    log: createLog("silent", () => {}),
    pseudonyms,
    keptDays: 1,
    now: () => clock.now,
  });
  const { data } = await late.read({ limit: 10 });
  expect(data.map(({ sessionId }) => sessionId)).toEqual(["cksess_new"]);
  await late[Symbol.asyncDispose]();
});

test("S170: the table is for its user alone; a file that is none stops the start with a sentence", async () => {
  const { trail, path } = open();
  expect(statSync(path).mode & 0o077).toBe(0);
  await trail[Symbol.asyncDispose]();
  const broken = join(folder, "broken.sqlite");
  writeFileSync(broken, "no database, however long the text that stands in it may be\n".repeat(100));
  expect(() => open({ path: broken })).toThrow(/Move it away to begin a new one/);
});
