import { randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import { createSessionAuthenticator } from "../authenticator.ts";
import { createSessionKeys } from "../session-keys.ts";
import { createMemorySessionStore } from "../stores/memory.ts";
import { insert } from "../stores/session-store.suite.ts";
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
    issuer: createLocalIssuer({ apiUrl: () => "http://127.0.0.1:4310/chatkit", domainKey: "local" }),
    async keep(issued) {
      const draft = {
        id: `cksess_${issued.clientSecret}`,
        tenant: "acme",
        user: "ann@example.com",
        origin: null,
        profile: "default",
        issuer: "local",
        requestsPerMinute: issued.requestsPerMinute,
        upstreamId: issued.upstreamId,
        createdAtMs: Date.now(),
        expiresAtMs: issued.expiresAtMs,
      } as const;
      const record = keys.sealRecord(draft, issued.clientSecret);
      await insert(store, record, 10);
      return record;
    },
    end: async (record) => void (await store.cancel(record, record.id, Date.now(), signal)),
    accepts: async (secret) => {
      try {
        return (await authenticate(secret, null, signal)).profile === "default";
      } catch {
        return false;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

issuerSuite("local", async () => openLocal());

test("S39: secrets have the published form", async () => {
  const { issuer } = openLocal();
  const issued = await issuer.issue(orderOf(profileOf("local")), signal);
  expect(parseToken(issued.clientSecret, "ckss_")).toBe(issued.clientSecret);
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
