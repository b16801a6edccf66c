import { describe, expect, test } from "vitest";

import { chatSession, listSessionsOutput, sessionSummary, type CreateSessionInput } from "./contract.ts";
import { ChatSessionError } from "./errors.ts";
import { profileOf } from "./issuers/issuer.suite.ts";
import { refuseWith } from "./issuers/upstream.fixture.ts";
import type { SessionStore } from "./ports.ts";
import { ann, bob, openService as open, signal } from "./service.fixture.ts";
import { createMemorySessionStore } from "./stores/memory.ts";

describe("createSession", () => {
  test("gives a session of the first profile in the form of the contract", async () => {
    await using opened = await open();
    const session = await opened.create();
    expect(chatSession.parse(session)).toEqual(session);
    expect(session.id).toMatch(/^cksess_[0-9a-f]{32}$/);
    expect(session).toMatchObject({ profile: "default", expiresIn: 600, refreshIn: 540 });
    expect(Date.parse(session.expiresAt)).toBe(opened.clock.wall + 600_000);
    expect(session.limits.maxRequestsPerMinute).toBe(7);
    expect(opened.observed).toEqual([
      {
        event: "session.created",
        sessionId: session.id,
        issuer: "local",
        profile: "default",
        credential: "launch",
      },
    ]);
  });

  test.each([
    [60, 48],
    [300, 240],
    [600, 540],
    [3600, 3540],
  ])("a life of %d s is renewed after %d s", async (ttlSeconds, refreshIn) => {
    await using opened = await open({ ttlSeconds });
    const session = await opened.create();
    expect(session.refreshIn).toBe(refreshIn);
    expect(Date.parse(session.refreshAt)).toBe(opened.clock.wall + refreshIn * 1000);
  });

  test("a hosted profile asks the upstream, under our own session id", async () => {
    await using opened = await open();
    const session = await opened.create({ profile: "workflow", stateVariables: { topic: "ships" } });
    expect(session).toMatchObject({ api: { kind: "hosted" }, clientSecret: "ek_stand_in_1" });
    expect(session.id).not.toBe("cksess_up1");
    expect(opened.upstream.seen[0]!.body["workflow"]).toMatchObject({ state_variables: { topic: "ships" } });
  });

  test.each<[string, CreateSessionInput, string]>([
    ["an unknown profile", { profile: "canary" }, "profile"],
    ["a variable the profile does not allow", { stateVariables: { canary: "x" } }, "stateVariables"],
    ["an inherited name", { stateVariables: { constructor: "canary" } }, "stateVariables"],
  ])("S31: refuses %s and repeats nothing of it", async (_name, input, field) => {
    await using opened = await open();
    const failure: unknown = await opened.create(input).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "invalid_request", fields: [field] });
    expect(JSON.stringify([failure, opened.observed])).not.toContain("canary");
    expect(opened.upstream.seen).toEqual([]);
  });

  test("S31: state variables are at most 32 KiB in all", async () => {
    const names = Array.from({ length: 20 }, (_, at) => `name${at}`);
    const profile = profileOf("local", { stateVariables: names });
    await using opened = await open({ profiles: [profile] });
    const filled = (size: number, count: number) =>
      Object.fromEntries(names.slice(0, count).map((name) => [name, "ä".repeat(size)]));
    await opened.create({ stateVariables: filled(2000, 8) });
    await expect(opened.create({ stateVariables: filled(2000, 9) })).rejects.toMatchObject({
      code: "invalid_request",
    });
  });

  test("a profile whose issuer is missing does not start", async () => {
    await expect(open({ issuers: [] })).rejects.toThrow(RangeError);
  });

  test("S37: beyond the limit the oldest session ends, at the upstream too", async () => {
    await using opened = await open({ maxActivePerUser: 2 });
    const first = await opened.create({ profile: "workflow" });
    await opened.create({}, bob);
    await opened.create();
    await opened.create();
    const { data } = await opened.service.listSessions(ann, { limit: 20 }, signal);
    expect(data).toHaveLength(2);
    expect(opened.observed).toContainEqual({
      event: "session.revoked",
      sessionId: first.id,
      reason: "limit",
    });
    await expect.poll(() => opened.upstream.liveSecrets.size).toBe(0);
  });

  test("a store that fails after the mint leaves no live session behind", async () => {
    const broken: SessionStore = {
      ...createMemorySessionStore(),
      insert: async () => Promise.reject(new ChatSessionError("store_unavailable")),
    };
    await using opened = await open({ store: broken });
    await expect(opened.create({ profile: "workflow" })).rejects.toMatchObject({ code: "store_unavailable" });
    expect(opened.upstream.liveSecrets.size).toBe(0);
    expect(opened.observed.at(-1)).toEqual({
      event: "session.refused",
      code: "store_unavailable",
      profile: "workflow",
    });
  });
});

describe("S38: idempotency keys", () => {
  const keyed = { profile: "workflow", idempotencyKey: "key-1" };

  test("the same key and input give the same session, with the seconds that are left", async () => {
    await using opened = await open();
    const first = await opened.create(keyed);
    opened.clock.wall += 30_000;
    opened.clock.monotonic += 30_000;
    const second = await opened.create(keyed);
    expect(second).toEqual({ ...first, expiresIn: first.expiresIn - 30, refreshIn: first.refreshIn - 30 });
    expect(opened.upstream.seen).toHaveLength(1);
  });

  test("duplicates at the same time share one mint; one that leaves does not stop it", async () => {
    await using opened = await open();
    const leaving = new AbortController();
    const left = opened.service.createSession(ann, keyed, leaving.signal);
    const others = Array.from({ length: 5 }, () => opened.create(keyed));
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    expect(new Set((await Promise.all(others)).map((it) => it.clientSecret)).size).toBe(1);
    expect(opened.upstream.seen).toHaveLength(1);
  });

  test("another input is a mismatch, while it runs and afterwards", async () => {
    await using opened = await open();
    const other = { ...keyed, stateVariables: { topic: "x" } };
    const running = opened.create(keyed);
    await expect(opened.create(other)).rejects.toMatchObject({ code: "idempotency_mismatch" });
    await running;
    await expect(opened.create(other)).rejects.toMatchObject({
      code: "idempotency_mismatch",
      httpStatus: 422,
    });
    expect(opened.upstream.seen).toHaveLength(1);
  });

  test("the order of variables is not another input", async () => {
    await using opened = await open({ profiles: [profileOf("local", { stateVariables: ["a", "b"] })] });
    const first = await opened.create({ idempotencyKey: "k", stateVariables: { a: 1, b: 2 } });
    const second = await opened.create({ idempotencyKey: "k", stateVariables: { b: 2, a: 1 } });
    expect(second.id).toBe(first.id);
  });

  test("one caller's key never yields another's session", async () => {
    await using opened = await open();
    const [anns, bobs] = [await opened.create(keyed, ann), await opened.create(keyed, bob)];
    expect(anns.clientSecret).not.toBe(bobs.clientSecret);
  });

  test("a failure is not kept", async () => {
    await using opened = await open();
    opened.upstream.faults.push(refuseWith(401, "invalid_api_key"));
    await expect(opened.create(keyed)).rejects.toMatchObject({ code: "upstream_auth" });
    expect((await opened.create(keyed)).clientSecret).toMatch(/^ek_/);
  });

  test("a key is free again after 60 s", async () => {
    await using opened = await open();
    const first = await opened.create(keyed);
    opened.clock.monotonic += 60_000;
    expect((await opened.create(keyed)).id).not.toBe(first.id);
  });
});

describe("cancelSession", () => {
  test("S54, S61, R73: ends the session here and at the upstream, and can be repeated", async () => {
    await using opened = await open();
    const { id } = await opened.create({ profile: "workflow" });
    const first = await opened.service.cancelSession(ann, { sessionId: id }, signal);
    expect(sessionSummary.parse(first)).toEqual(first);
    expect(first).toMatchObject({ id, status: "cancelled", issuer: "hosted" });
    expect(opened.upstream.liveSecrets.size).toBe(0);
    opened.clock.wall += 1;
    expect(await opened.service.cancelSession(ann, { sessionId: id }, signal)).toEqual(first);
    expect(opened.observed.filter((it) => it.event === "session.revoked")).toHaveLength(1);
  });

  test("S61: of somebody else's session, and of none, is the same not_found", async () => {
    await using opened = await open();
    const { id } = await opened.create();
    const refused = { code: "not_found", message: "There is nothing here by that name." };
    await expect(opened.service.cancelSession(bob, { sessionId: id }, signal)).rejects.toMatchObject(refused);
    await expect(opened.service.cancelSession(ann, { sessionId: "cksess_x" }, signal)).rejects.toMatchObject(
      refused,
    );
    expect((await opened.service.listSessions(ann, { limit: 20 }, signal)).data).toHaveLength(1);
  });

  test("S54, R73: tells when the upstream could not be told; a repeat tells it again", async () => {
    await using opened = await open();
    const { id } = await opened.create({ profile: "workflow" });
    for (let count = 0; count < 3; count += 1) {
      opened.upstream.faults.push((response) => void response.destroy());
    }
    await expect(opened.service.cancelSession(ann, { sessionId: id }, signal)).rejects.toMatchObject({
      code: "upstream_unavailable",
    });
    await opened.service.cancelSession(ann, { sessionId: id }, signal);
    expect(opened.upstream.liveSecrets.size).toBe(0);
  });
});

describe("listSessions", () => {
  test("S60: pages through the caller's own, newest first, without secrets", async () => {
    await using opened = await open();
    const created = [await opened.create(), await opened.create(), await opened.create()];
    await opened.create({}, bob);
    const first = await opened.service.listSessions(ann, { limit: 2 }, signal);
    expect(listSessionsOutput.parse(first)).toEqual(first);
    expect(first.data.map((it) => it.id)).toEqual([created[2]!.id, created[1]!.id]);
    const second = await opened.service.listSessions(ann, { limit: 2, after: first.after! }, signal);
    expect(second).toEqual({ data: [expect.objectContaining({ id: created[0]!.id })], hasMore: false });
    expect(JSON.stringify([first, second])).not.toMatch(/ckss_|mac|lookup/);
  });

  test("S43: leaves out a record that was altered in the store", async () => {
    const store = createMemorySessionStore();
    const altering: SessionStore = {
      ...store,
      insert: (record, ...rest) => store.insert({ ...record, profile: "workflow" }, ...rest),
    };
    await using opened = await open({ store: altering });
    const { id } = await opened.create();
    expect((await opened.service.listSessions(ann, { limit: 20 }, signal)).data).toEqual([]);
    expect(opened.observed).toContainEqual({ event: "session.integrity", sessionId: id });
    await expect(opened.service.cancelSession(ann, { sessionId: id }, signal)).rejects.toMatchObject({
      code: "not_found",
    });
  });
});
