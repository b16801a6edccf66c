import { expect, test } from "vitest";

import { createIssuerAuthenticator } from "./issuer-authority.ts";
import type { SessionObservation } from "./observe.ts";
import { createProcedureContext } from "./trpc.ts";

const ann = { tenantId: "acme", userId: "ann", scopes: ["sessions"] };

test("S27: an application's identity becomes the caller, with the rights of its scopes", async () => {
  const { authority } = await ask(() => ann);
  expect(authority).toEqual({
    kind: "caller",
    caller: { tenant: "acme", user: "ann", credential: "host", sessions: true, operator: false },
  });
  const operator = await ask(async () => ({ ...ann, scopes: ["operator", "read:orders"] }));
  expect(operator.authority).toMatchObject({ caller: { sessions: false, operator: true } });
});

test("S27: a denial is E5", async () => {
  const { authority, seen } = await ask(() => "denied");
  expect(failureOf(authority)).toBe("unauthenticated");
  expect(seen).toEqual([{ event: "issuer.refused", credential: "host", reason: "denied" }]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["true", true],
  ["another word", "allowed"],
  ["no scopes", { tenantId: "acme", userId: "ann" }],
  ["a member too many", { ...ann, operator: true }],
  ["no user", { ...ann, userId: "" }],
  ["a user that is a number", { ...ann, userId: 7 }],
  ["a line break in the user", { ...ann, userId: "ann\nbob" }],
  ["a zero in the tenant", { ...ann, tenantId: "acme\0ann" }],
  ["an invisible mark in the user", { ...ann, userId: "ann\u202e" }],
  ["half of a surrogate pair", { ...ann, userId: "ann\ud800" }],
  ["a user without end", { ...ann, userId: "a".repeat(257) }],
])("S27: a check that answers with %s is E15", async (_title, answer) => {
  const { authority, seen } = await ask(() => answer as "denied");
  expect(failureOf(authority)).toBe("store_unavailable");
  expect(seen).toEqual([{ event: "issuer.unverifiable", credential: "host", reason: "malformed" }]);
});

test.each([
  ["throws", () => never()],
  ["rejects", async () => never()],
])("S27: a check that %s is E15", async (_title, check) => {
  const { authority, seen } = await ask(check);
  expect(failureOf(authority)).toBe("store_unavailable");
  expect(seen).toEqual([{ event: "issuer.unverifiable", credential: "host", reason: "failed" }]);
  expect(JSON.stringify(seen)).not.toContain("canary");
});

test("S27: a check that takes too long is E15, and is told to stop", async () => {
  const stopped = Promise.withResolvers<void>();
  const { authority, seen } = await ask((_evidence, signal) => {
    signal.addEventListener("abort", () => stopped.resolve());
    return new Promise<never>(() => {});
  }, 20);
  expect(failureOf(authority)).toBe("store_unavailable");
  expect(seen).toEqual([{ event: "issuer.unverifiable", credential: "host", reason: "slow" }]);
  await stopped.promise;
});

test("S27: without a word about it, a check has 2 s", async () => {
  const startedAt = performance.now();
  const { authority } = await ask(() => new Promise<never>(() => {}));
  expect(failureOf(authority)).toBe("store_unavailable");
  expect(performance.now() - startedAt).toBeGreaterThan(1900);
  expect(performance.now() - startedAt).toBeLessThan(4000);
});

test("whoever leaves is not waited for", async () => {
  const left = AbortSignal.abort(new Error("left"));
  const authenticate = createIssuerAuthenticator({
    authenticateIssuer: () => new Promise<never>(() => {}),
    observe: () => {},
  });
  expect(await authenticate("credential", left)).toEqual({ kind: "unverifiable" });
});

type Check = Parameters<typeof createIssuerAuthenticator<string>>[0]["authenticateIssuer"];

async function ask(authenticateIssuer: Check, deadlineMs?: number) {
  const seen: SessionObservation[] = [];
  const authenticate = createIssuerAuthenticator({
    authenticateIssuer,
    observe: (observation) => seen.push(observation),
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  return { authority: await authenticate("credential", new AbortController().signal), seen };
}

function failureOf(authority: Awaited<ReturnType<typeof ask>>["authority"]) {
  return createProcedureContext({ requestId: "req_1", authority }).authFailure;
}

function never(): never {
  throw new Error("canary");
}
