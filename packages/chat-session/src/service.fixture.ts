// A session service to test, with everything around it.

import { randomBytes } from "node:crypto";

import { createSessionAuthenticator } from "./authenticator.ts";
import type { CreateSessionInput } from "./contract.ts";
import { createHostedIssuer } from "./issuers/hosted.ts";
import { profileOf } from "./issuers/issuer.suite.ts";
import { createLocalIssuer } from "./issuers/local.ts";
import { openScriptedUpstream } from "./issuers/upstream.fixture.ts";
import type { SessionObservation } from "./observe.ts";
import type { Caller, MintSource, SessionProfile } from "./ports.ts";
import { createSessionService, type SessionServiceOptions } from "./service.ts";
import { createSessionKeys } from "./session-keys.ts";
import { createMemorySessionStore } from "./stores/memory.ts";

export const ann: Caller = {
  tenant: "acme",
  user: "ann",
  credential: "launch",
  sessions: true,
  operator: false,
};
export const bob: Caller = { ...ann, user: "bob" };
const key = { reveal: () => "sk-test" };
export const signal = AbortSignal.timeout(30_000);

/** A service of a local and a hosted profile, in front of a stand-in of the upstream, with clocks that a test moves. */
export async function openService(changes: Partial<SessionServiceOptions> & { ttlSeconds?: number } = {}) {
  const upstream = await openScriptedUpstream();
  const clock = { wall: Date.now(), monotonic: 0 };
  const clocks = { now: () => clock.wall, monotonicNow: () => clock.monotonic };
  const observed: SessionObservation[] = [];
  const observe = (observation: SessionObservation) => void observed.push(observation);
  const keys = createSessionKeys(randomBytes(32));
  const store = createMemorySessionStore(clocks);
  const ttlSeconds = changes.ttlSeconds ?? 600;
  const profiles: [SessionProfile, ...SessionProfile[]] = [
    profileOf("local", { ttlSeconds }),
    profileOf("hosted", { name: "workflow", ttlSeconds: 600 }),
  ];
  const service = createSessionService({
    profiles,
    issuers: [
      createLocalIssuer({
        apiUrl: () => "http://127.0.0.1:4310/chatkit",
        domainKey: "local",
        ...clocks,
      }),
      createHostedIssuer({
        apiKey: async () => key,
        baseUrl: upstream.baseUrl,
        fetch,
        pseudonymKey: Buffer.alloc(32, 1),
        observe,
        timing: { backoffBaseMs: 5, backoffCapMs: 5 },
        ...clocks,
      }),
    ],
    store,
    keys,
    observe,
    ...clocks,
    ...changes,
  });
  return {
    service,
    store,
    upstream,
    clock,
    observed,
    keys,
    clocks,
    /** Whether this client secret opens a session. */
    authenticate: createSessionAuthenticator({ profiles, store, keys, observe, ...clocks }),
    create: (input: CreateSessionInput = {}, caller = ann, source: Partial<MintSource> = {}) =>
      service.createSession(caller, input, signal, { origin: null, currentSecret: null, ...source }),
    /** Both clocks at once. */
    wait(ms: number) {
      clock.wall += ms;
      clock.monotonic += ms;
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
