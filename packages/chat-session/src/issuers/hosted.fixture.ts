// A hosted issuer in front of the stand-in, with short deadlines and everything it reports.

import type { SessionObservation } from "../observe.ts";
import type { SessionRecord } from "../ports.ts";
import { recordFor } from "../stores/session-store.suite.ts";
import { createHostedIssuer, type HostedIssuerOptions } from "./hosted.ts";
import { orderOf, profileOf } from "./issuer.suite.ts";
import { openScriptedUpstream } from "./upstream.fixture.ts";

export const apiKey = "sk-test-CANARY-0123456789";
export const key = { reveal: () => apiKey };
export const order = orderOf(profileOf("hosted"));
export const quick = { deadlineMs: 1500, headersTimeoutMs: 700, backoffBaseMs: 10, backoffCapMs: 40 };

export async function openHosted(changes: Partial<HostedIssuerOptions> = {}) {
  const upstream = await openScriptedUpstream();
  const observed: SessionObservation[] = [];
  const issuer = createHostedIssuer({
    apiKey: async () => key,
    baseUrl: upstream.baseUrl,
    fetch,
    pseudonymKey: Buffer.alloc(32, 3),
    observe: (observation) => void observed.push(observation),
    timing: quick,
    ...changes,
  });
  return {
    upstream,
    issuer,
    observed,
    issue: (given = order) => issuer.issue(given, AbortSignal.timeout(20_000)),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

export function recordWith(upstreamId: string): SessionRecord {
  const owner = { tenant: "acme", user: "ann@example.com" };
  return recordFor(owner, { issuer: "hosted", upstreamId, expiresAtMs: Date.now() + 600_000 });
}
