import { createSecretKey, randomBytes } from "node:crypto";

import { expect, test } from "vitest";

import type { SessionRecord } from "./ports.ts";
import { createSessionKeys } from "./session-keys.ts";

const pepper = Buffer.alloc(32, 7);
const keys = createSessionKeys(pepper);
const unsealed = {
  id: "cksess_1",
  tenant: "acme",
  user: "ann",
  profile: "default",
  issuer: "local",
  lookupKey: "00",
  upstreamId: null,
  createdAtMs: 1,
  expiresAtMs: 2,
} as const;
const record: SessionRecord = { ...unsealed, cancelledAtMs: null, mac: keys.recordMac(unsealed) };

test("digests depend on the pepper alone, in whichever form it is given", () => {
  expect(createSessionKeys(createSecretKey(pepper)).lookupKey("t")).toBe(keys.lookupKey("t"));
  expect(createSessionKeys(randomBytes(32)).lookupKey("t")).not.toBe(keys.lookupKey("t"));
});

test("a short pepper is refused", () => {
  expect(() => createSessionKeys(Buffer.alloc(31))).toThrow(RangeError);
});

test("a record is intact until a member changes; cancelling is not a change (S43)", () => {
  expect(keys.recordIntact(record)).toBe(true);
  expect(keys.recordIntact({ ...record, cancelledAtMs: 5 })).toBe(true);
  const changes: Partial<SessionRecord>[] = [
    { id: "cksess_2" },
    { tenant: "acmea", user: "nn" },
    { profile: "other" },
    { issuer: "hosted" },
    { lookupKey: "01" },
    { upstreamId: "x" },
    { createdAtMs: 0 },
    { expiresAtMs: 3 },
    { mac: "" },
  ];
  for (const change of changes) expect(keys.recordIntact({ ...record, ...change })).toBe(false);
});

test("a reply opens with its own idempotency key only, and not when altered (S38)", () => {
  const sealed = keys.sealReply("key-1", "secret reply");
  expect(sealed).not.toContain("secret");
  expect(keys.sealReply("key-1", "secret reply")).not.toBe(sealed);
  expect(keys.openReply("key-1", sealed)).toBe("secret reply");
  expect(() => keys.openReply("key-2", sealed)).toThrow();
  const altered = Buffer.from(sealed, "base64");
  altered[altered.length - 1]! ^= 1;
  expect(() => keys.openReply("key-1", altered.toString("base64"))).toThrow();
});

test("one idempotency key names another slot for each caller", () => {
  const slots = [
    keys.replaySlot({ tenant: "a", user: "b" }, "k"),
    keys.replaySlot({ tenant: "a", user: "c" }, "k"),
    keys.replaySlot({ tenant: "ab", user: "" }, "k"),
  ];
  expect(new Set(slots).size).toBe(3);
});
