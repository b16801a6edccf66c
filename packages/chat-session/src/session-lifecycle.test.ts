// How sessions follow each other and how they end, through the service.

import { randomBytes } from "node:crypto";

import { describe, expect, test } from "vitest";

import { cancelAllSessionsOutput } from "./contract.ts";
import { refuseWith, sendJson, type Fault } from "./issuers/upstream.fixture.ts";
import type { Caller } from "./ports.ts";
import { ann, bob, openService as open, signal } from "./service.fixture.ts";

const operator: Caller = { ...ann, user: "olga", operator: true };
const refused = { code: "unauthenticated" };

describe("a session that another one takes the place of", () => {
  test("S36: stays valid for the overlap, and is cancelled when that is over", async () => {
    await using opened = await open();
    const first = await opened.create();
    const second = await opened.create({}, ann, { currentSecret: first.clientSecret });
    expect(opened.observed).toContainEqual({
      event: "session.refreshed",
      sessionId: second.id,
      replaces: first.id,
    });
    opened.wait(59_000);
    await opened.authenticate(first.clientSecret, null, signal);
    opened.wait(1000);
    await expect(opened.authenticate(first.clientSecret, null, signal)).rejects.toMatchObject(refused);
    await opened.service.endLapsed(signal);
    expect(opened.observed).toContainEqual({
      event: "session.revoked",
      sessionId: first.id,
      reason: "replaced",
    });
    await opened.authenticate(second.clientSecret, null, signal);
  });

  test.each(["wall", "monotonic"] as const)(
    "S36, S62: the %s clock alone ends the overlap",
    async (moved) => {
      await using opened = await open();
      const first = await opened.create();
      await opened.create({}, ann, { currentSecret: first.clientSecret });
      opened.clock[moved] += 60_000;
      await expect(opened.authenticate(first.clientSecret, null, signal)).rejects.toMatchObject(refused);
    },
  );

  test("S36: a second refresh does not lengthen the overlap", async () => {
    await using opened = await open();
    const first = await opened.create();
    await opened.create({}, ann, { currentSecret: first.clientSecret });
    opened.wait(50_000);
    await opened.create({}, ann, { currentSecret: first.clientSecret });
    opened.wait(10_000);
    await expect(opened.authenticate(first.clientSecret, null, signal)).rejects.toMatchObject(refused);
  });

  test("S36: a hosted one is cancelled at the upstream when the overlap is over", async () => {
    await using opened = await open();
    const first = await opened.create({ profile: "workflow" });
    await opened.create({ profile: "workflow" }, ann, { currentSecret: first.clientSecret });
    expect(opened.upstream.liveSecrets.size).toBe(2);
    opened.wait(60_000);
    await opened.service.endLapsed(signal);
    await expect.poll(() => [...opened.upstream.liveSecrets]).not.toContain(first.clientSecret);
    expect(opened.upstream.liveSecrets.size).toBe(1);
  });

  test.each<[string, string, Caller, string | null, string]>([
    ["of another user", "default", bob, null, "foreign"],
    ["of another tenant", "default", { ...ann, tenant: "other" }, null, "foreign"],
    ["of another profile", "workflow", ann, null, "other_profile"],
    ["of another page", "default", ann, "https://other.example", "origin_mismatch"],
  ])("S36: a secret %s is ignored, and reported", async (_name, profile, caller, origin, reason) => {
    await using opened = await open();
    const first = await opened.create({}, ann, { origin: "https://chat.example" });
    await opened.create({ profile }, caller, { origin, currentSecret: first.clientSecret });
    expect(opened.observed).toContainEqual({ event: "session.refresh_ignored", reason });
    opened.wait(60_000);
    await opened.authenticate(first.clientSecret, null, signal);
  });

  test.each([
    ["unknown", `ckss_${"0".repeat(43)}1K2Qwh`],
    ["malformed", "two words"],
    ["malformed", "x".repeat(5000)],
    ["malformed", ""],
  ])("S36: a secret that is %s is no reason to refuse", async (reason, currentSecret) => {
    await using opened = await open();
    const session = await opened.create({}, ann, { currentSecret });
    await opened.authenticate(session.clientSecret, null, signal);
    expect(opened.observed).toContainEqual({ event: "session.refresh_ignored", reason });
    expect(JSON.stringify(opened.observed)).not.toContain(currentSecret === "" ? "ckss_" : currentSecret);
  });

  test("S36: a cancelled one does not come back", async () => {
    await using opened = await open();
    const first = await opened.create();
    await opened.service.cancelSession(ann, { sessionId: first.id }, signal);
    await opened.create({}, ann, { currentSecret: first.clientSecret });
    expect(opened.observed).toContainEqual({ event: "session.refresh_ignored", reason: "ended" });
    await expect(opened.authenticate(first.clientSecret, null, signal)).rejects.toMatchObject(refused);
  });

  test("S37: it makes room before others do, so that ten pages can all renew", async () => {
    await using opened = await open({ maxActivePerUser: 3 });
    const sessions = [await opened.create(), await opened.create(), await opened.create()];
    await opened.create({}, ann, { currentSecret: sessions[2]!.clientSecret });
    await opened.authenticate(sessions[0]!.clientSecret, null, signal);
    await expect(opened.authenticate(sessions[2]!.clientSecret, null, signal)).rejects.toMatchObject(refused);
  });

  test("S37, S62: a session replaced, then renewed by many at once, leaves no more than the limit", async () => {
    await using opened = await open({ maxActivePerUser: 4 });
    const first = await opened.create();
    await Promise.all(
      Array.from({ length: 20 }, () => opened.create({}, ann, { currentSecret: first.clientSecret })),
    );
    const { data } = await opened.service.listSessions(ann, { limit: 100 }, signal);
    expect(data).toHaveLength(4);
  });

  test("S36, S44: a secret of the previous pepper is still known", async () => {
    await using opened = await open();
    const first = await opened.create();
    opened.keys.rotate(randomBytes(32));
    const second = await opened.create({}, ann, { currentSecret: first.clientSecret });
    expect(opened.observed).toContainEqual({
      event: "session.refreshed",
      sessionId: second.id,
      replaces: first.id,
    });
  });
});

describe("cancelAllSessions", () => {
  test("S55: ends the caller's, here and at the upstream, and nobody else's", async () => {
    await using opened = await open();
    const anns = [await opened.create(), await opened.create({ profile: "workflow" })];
    const bobs = await opened.create({}, bob);
    const done = await opened.service.cancelAllSessions(ann, {}, signal);
    expect(cancelAllSessionsOutput.parse(done)).toEqual({ cancelled: 2, failedUpstream: [] });
    expect(opened.upstream.liveSecrets.size).toBe(0);
    await expect(opened.authenticate(anns[0]!.clientSecret, null, signal)).rejects.toMatchObject(refused);
    await opened.authenticate(bobs.clientSecret, null, signal);
    expect(opened.observed.filter((it) => it.event === "session.revoked")).toHaveLength(2);
  });

  test("S55: one that is being minted ends with the others; another user's does not", async () => {
    await using opened = await open();
    const goOn = Promise.withResolvers<void>();
    const held: Fault = async (response, _request, honest) => {
      await goOn.promise;
      sendJson(response, 200, honest);
    };
    opened.upstream.faults.push(held, held);
    const anns = opened.create({ profile: "workflow" });
    const bobs = opened.create({ profile: "workflow" }, bob);
    await expect.poll(() => opened.upstream.seen).toHaveLength(2);
    expect((await opened.service.cancelAllSessions(ann, {}, signal)).cancelled).toBe(0);
    goOn.resolve();
    await expect(anns).rejects.toMatchObject({ code: "conflict" });
    const { clientSecret } = await bobs;
    await expect.poll(() => [...opened.upstream.liveSecrets]).toEqual([clientSecret]);
    expect((await opened.service.listSessions(ann, { limit: 20 }, signal)).data).toEqual([]);
  });

  test("R73: twice is success", async () => {
    await using opened = await open();
    await opened.create();
    await opened.service.cancelAllSessions(ann, {}, signal);
    expect(await opened.service.cancelAllSessions(ann, {}, signal)).toEqual({
      cancelled: 0,
      failedUpstream: [],
    });
  });

  test("S55: an operator may name a user of the own tenant; others may name nobody", async () => {
    await using opened = await open();
    const anns = await opened.create();
    const strangers = await opened.create({}, { ...ann, tenant: "other" });
    await expect(opened.service.cancelAllSessions(bob, { user: "ann" }, signal)).rejects.toMatchObject({
      code: "forbidden",
    });
    // Not even oneself: who may name a user does not depend on which.
    await expect(opened.service.cancelAllSessions(ann, { user: "ann" }, signal)).rejects.toMatchObject({
      code: "forbidden",
    });
    expect((await opened.service.cancelAllSessions(operator, { user: "ann" }, signal)).cancelled).toBe(1);
    await expect(opened.authenticate(anns.clientSecret, null, signal)).rejects.toMatchObject(refused);
    await opened.authenticate(strangers.clientSecret, null, signal);
  });

  test("S54: an upstream that cannot be told is named, and can be told again", async () => {
    await using opened = await open();
    const { id } = await opened.create({ profile: "workflow" });
    for (let count = 0; count < 3; count += 1) opened.upstream.faults.push(refuseWith(500, "server_error"));
    expect(await opened.service.cancelAllSessions(ann, {}, signal)).toEqual({
      cancelled: 1,
      failedUpstream: [id],
    });
    await opened.service.cancelSession(ann, { sessionId: id }, signal);
    expect(opened.upstream.liveSecrets.size).toBe(0);
  });

  test("S54: the upstream is told although the caller has left", async () => {
    await using opened = await open();
    await opened.create({ profile: "workflow" });
    const leaving = new AbortController();
    const left = opened.service.cancelAllSessions(ann, {}, leaving.signal);
    setTimeout(() => leaving.abort(new Error("left")), 0);
    await left.catch(() => undefined);
    await expect.poll(() => opened.upstream.liveSecrets.size).toBe(0);
  });
});

describe("what the host ends", () => {
  test("S19, S57: all sessions of a page that is gone, and only those", async () => {
    await using opened = await open();
    const page = "vscode-webview://0abc";
    const gone = await opened.create({}, ann, { origin: page });
    const other = await opened.create({}, ann, { origin: "https://chat.example" });
    const unbound = await opened.create();
    const { ended } = await opened.service.endSessions(
      { kind: "origin", origin: page },
      "origin-removed",
      signal,
    );
    expect(ended.map(({ id }) => id)).toEqual([gone.id]);
    await expect(opened.authenticate(gone.clientSecret, page, signal)).rejects.toMatchObject(refused);
    await opened.authenticate(other.clientSecret, "https://chat.example", signal);
    await opened.authenticate(unbound.clientSecret, null, signal);
  });

  test("S55: all sessions of a tenant that is disabled", async () => {
    await using opened = await open();
    await opened.create();
    await opened.create({}, bob);
    const stranger = await opened.create({}, { ...ann, tenant: "other" });
    const scope = { kind: "tenant", tenant: "acme" } as const;
    expect((await opened.service.endSessions(scope, "disabled", signal)).ended).toHaveLength(2);
    await opened.authenticate(stranger.clientSecret, null, signal);
  });

  test("S50: the session of a secret that was seen in the wrong place, at the upstream too", async () => {
    await using opened = await open();
    const [local, hosted] = [await opened.create(), await opened.create({ profile: "workflow" })];
    for (const { clientSecret } of [local, hosted, local])
      await opened.service.endLeaked(clientSecret, signal);
    await opened.service.endLeaked(`ckss_${"0".repeat(43)}1K2Qwh`, signal);
    const leaked = opened.observed.filter((it) => it.event === "session.revoked" && it.reason === "leaked");
    expect(leaked).toHaveLength(2);
    await expect.poll(() => opened.upstream.liveSecrets.size).toBe(0);
  });
});

describe("what time ends", () => {
  test.each(["wall", "monotonic"] as const)("S62: is noticed by the %s clock alone, once", async (moved) => {
    await using opened = await open();
    const { id } = await opened.create();
    opened.clock.monotonic += 1000;
    opened.clock[moved] += 600_000;
    // The sweep goes by seconds of the monotonic clock.
    opened.clock.monotonic += 1000;
    await opened.service.endLapsed(signal);
    await opened.service.endLapsed(signal);
    expect(opened.observed.filter((it) => it.event === "session.expired")).toEqual([
      { event: "session.expired", sessionId: id },
    ]);
    expect((await opened.service.listSessions(ann, { limit: 20 }, signal)).data).toEqual([]);
  });

  test("R60: a wall clock that went to 1970 ends nothing early, and a session ends in real time", async () => {
    await using opened = await open();
    opened.clock.wall = 0;
    const session = await opened.create();
    expect(session).toMatchObject({ expiresIn: 600, refreshIn: 540 });
    opened.clock.monotonic += 599_999;
    await opened.authenticate(session.clientSecret, null, signal);
    opened.clock.monotonic += 1;
    await expect(opened.authenticate(session.clientSecret, null, signal)).rejects.toMatchObject(refused);
  });

  test("R60: the order of sessions does not come from the wall clock", async () => {
    await using opened = await open();
    const first = await opened.create();
    opened.clock.wall -= 86_400_000;
    const second = await opened.create();
    const { data } = await opened.service.listSessions(ann, { limit: 20 }, signal);
    expect(data.map(({ id }) => id)).toEqual([second.id, first.id]);
  });

  test("R62: a client whose clock is wrong is told seconds", async () => {
    await using opened = await open();
    const session = await opened.create({ profile: "workflow" });
    expect(session.expiresIn).toBeLessThanOrEqual(600);
    expect(session.expiresIn).toBeGreaterThan(590);
  });
});

describe("S60: the list of sessions", () => {
  test("tells when a session was last used, and which page it is bound to", async () => {
    await using opened = await open();
    const session = await opened.create({}, ann, { origin: "https://chat.example" });
    const listed = async () => (await opened.service.listSessions(ann, { limit: 20 }, signal)).data[0]!;
    expect(await listed()).toMatchObject({ lastUsedAt: null, origin: "https://chat.example" });
    opened.wait(7000);
    await opened.authenticate(session.clientSecret, null, signal);
    expect((await listed()).lastUsedAt).toBe(new Date(opened.clock.wall).toISOString());
  });
});

describe("S38, R73: a repeat of a mint", () => {
  const keyed = { idempotencyKey: "key-1" };

  test("never hands out a session that has ended since, and does not bring it back", async () => {
    await using opened = await open();
    const { id } = await opened.create(keyed);
    await opened.service.cancelSession(ann, { sessionId: id }, signal);
    await expect(opened.create(keyed)).rejects.toMatchObject({ code: "conflict" });
    expect((await opened.service.listSessions(ann, { limit: 20 }, signal)).data).toEqual([]);
    // Another key asks for another session, and the old one is free again with its time.
    await opened.create({ idempotencyKey: "key-2" });
    opened.wait(60_000);
    expect((await opened.create(keyed)).id).not.toBe(id);
  });

  test("from another page is another request", async () => {
    await using opened = await open();
    await opened.create(keyed, ann, { origin: "https://chat.example" });
    await expect(opened.create(keyed, ann, { origin: "https://other.example" })).rejects.toMatchObject({
      code: "idempotency_mismatch",
    });
  });

  test("S44: is known across a change of the pepper", async () => {
    await using opened = await open();
    const first = await opened.create(keyed);
    opened.keys.rotate(randomBytes(32));
    expect((await opened.create(keyed)).clientSecret).toBe(first.clientSecret);
  });

  test("S51: a hosted secret is kept nowhere but in the sealed reply", async () => {
    await using opened = await open();
    const session = await opened.create({ ...keyed, profile: "workflow" });
    const { record } = (await opened.store.find(ann, session.id, signal))!;
    expect(record.upstreamId).toBe("cksess_up1");
    expect(JSON.stringify([record, opened.observed])).not.toContain(session.clientSecret);
  });
});
