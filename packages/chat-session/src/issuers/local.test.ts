import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { createSessionAuthenticator } from "../authenticator.ts";
import type { SessionRecord } from "../ports.ts";
import { createSessionKeys } from "../session-keys.ts";
import { createMemorySessionStore } from "../stores/memory.ts";
import { parseToken } from "../token.ts";
import { issuerSuite, orderOf, profileOf, type OpenedIssuer } from "./issuer.suite.ts";
import { createLocalIssuer } from "./local.ts";

const signal = AbortSignal.timeout(30_000);

function openLocal(): OpenedIssuer {
  const keys = createSessionKeys(randomBytes(32));
  const store = createMemorySessionStore();
  const authenticate = createSessionAuthenticator({
    store,
    keys,
    profiles: [profileOf("local")],
    observe: () => {},
  });
  return {
    issuer: createLocalIssuer({ keys, apiUrl: () => "http://127.0.0.1:4310/chatkit", domainKey: "local" }),
    async keep(issued) {
      const unsealed = {
        id: `cksess_${issued.lookupKey}`,
        tenant: "acme",
        user: "ann@example.com",
        profile: "default",
        issuer: "local",
        lookupKey: issued.lookupKey,
        upstreamId: issued.upstreamId,
        createdAtMs: Date.now(),
        expiresAtMs: issued.expiresAtMs,
      } as const;
      const record: SessionRecord = { ...unsealed, cancelledAtMs: null, mac: keys.recordMac(unsealed) };
      await store.insert(record, 10, signal);
      return record;
    },
    end: async (record) => void (await store.cancel(record, record.id, Date.now(), signal)),
    accepts: async (secret) => {
      try {
        return (await authenticate(secret, signal)).profile === "default";
      } catch {
        return false;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

issuerSuite("local", async () => openLocal());

test("secrets have the published form and are known by their digest only", async () => {
  const { issuer } = openLocal();
  const issued = await issuer.issue(orderOf(profileOf("local")), signal);
  expect(parseToken(issued.clientSecret, "ckss_")).toBe(issued.clientSecret);
  expect(issued.lookupKey).toMatch(/^[0-9a-f]{64}$/);
  expect(issued.api).toEqual({
    kind: "self-hosted",
    url: "http://127.0.0.1:4310/chatkit",
    domainKey: "local",
    uploadStrategy: null,
  });
});

test("a profile that takes files says how they are uploaded", async () => {
  const { issuer } = openLocal();
  const profile = profileOf("local");
  const features = { ...profile.features, fileUpload: { enabled: true, maxFileSizeMb: 5, maxFiles: 2 } };
  const { api } = await issuer.issue(orderOf({ ...profile, features }), signal);
  expect(api).toMatchObject({ uploadStrategy: { type: "two_phase" } });
});
