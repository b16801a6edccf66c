import { createSecretKey, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import type { SessionDraft, SessionRecord } from "./ports.ts";
import { createSessionKeys } from "./session-keys.ts";

const pepper = Buffer.alloc(32, 7);
const keys = createSessionKeys(pepper);
const draft: SessionDraft = {
  id: "cksess_1",
  tenant: "acme",
  user: "ann",
  origin: null,
  profile: "default",
  issuer: "local",
  requestsPerMinute: 10,
  upstreamId: null,
  createdAtMs: 1,
  expiresAtMs: 2,
};
const record = keys.sealRecord(draft, "t");

test("S42: what is kept of a secret is a digest that depends on the pepper, in whichever form it is given", () => {
  expect(record.lookupKey).toMatch(/^[0-9a-f]{64}$/);
  expect(createSessionKeys(createSecretKey(pepper)).lookupKeys("t")).toEqual([record.lookupKey]);
  expect(createSessionKeys(randomBytes(32)).lookupKeys("t")).not.toEqual([record.lookupKey]);
});

test("a pepper that its owner wipes is still ours", () => {
  const own = Buffer.alloc(32, 7);
  const of = createSessionKeys(own);
  own.fill(0);
  expect(of.recordIntact(record)).toBe(true);
});

test("a short pepper is refused", () => {
  expect(() => createSessionKeys(Buffer.alloc(31))).toThrow(RangeError);
});

test("S43: a record is intact until any member changes; cancelling is not a change", () => {
  expect(keys.recordIntact(record)).toBe(true);
  expect(keys.recordIntact({ ...record, cancelledAtMs: 5 })).toBe(true);
  const changes: Omit<SessionRecord, "cancelledAtMs"> = {
    version: 2,
    deployment: "other",
    pepperId: "0".repeat(16),
    id: "cksess_2",
    tenant: "acmea",
    user: "nn",
    origin: "https://chat.example",
    profile: "other",
    issuer: "hosted",
    requestsPerMinute: 11,
    lookupKey: "01",
    upstreamId: "x",
    createdAtMs: 0,
    expiresAtMs: 3,
    mac: "",
  };
  // So that no member is left out of the list above, nor of the seal.
  expect(Object.keys(changes).sort()).toEqual(
    Object.keys(record)
      .filter((name) => name !== "cancelledAtMs")
      .sort(),
  );
  for (const [name, value] of Object.entries(changes))
    expect(keys.recordIntact({ ...record, [name]: value }), name).toBe(false);
});

test("S49: a record of another deployment or version is refused, whatever sealed it", () => {
  const elsewhere = createSessionKeys(pepper, { deployment: "elsewhere" });
  expect(elsewhere.recordIntact(elsewhere.sealRecord(draft, "t"))).toBe(true);
  expect(keys.recordIntact(elsewhere.sealRecord(draft, "t"))).toBe(false);
});

test("S49: every version of a record that was ever kept is still read, or refused", () => {
  const fixtures = new URL("../test/fixtures/records/", import.meta.url);
  const stored = createSessionKeys(Buffer.alloc(32, 9), { deployment: "fixture" });
  const read = (name: string): SessionRecord => JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));
  expect(stored.recordIntact(read("v1.json"))).toBe(true);
  for (const name of readdirSync(new URL("refused/", fixtures)))
    expect(stored.recordIntact(read(`refused/${name}`)), name).toBe(false);
});

test("S44: what was made under the previous pepper is still known, what came before it is not", () => {
  const ring = createSessionKeys(pepper);
  ring.rotate(Buffer.alloc(32, 8));
  const between = ring.sealRecord(draft, "t");
  expect(ring.lookupKeys("t")).toEqual([between.lookupKey, record.lookupKey]);
  expect([ring.recordIntact(record), ring.recordIntact(between)]).toEqual([true, true]);
  ring.rotate(randomBytes(32));
  expect(ring.lookupKeys("t")).not.toContain(record.lookupKey);
  expect([ring.recordIntact(record), ring.recordIntact(between)]).toEqual([false, true]);
});

test("S44: a ring can be made with both of its peppers", () => {
  const ring = createSessionKeys(randomBytes(32), { previousPepper: pepper });
  expect(ring.recordIntact(record)).toBe(true);
});

test("S38, S44: a reply that was sealed under the previous pepper opens, and is found by its slot", () => {
  const ring = createSessionKeys(pepper);
  const sealed = ring.sealReply("key-1", "reply");
  const [slot] = ring.replaySlots(draft, "key-1");
  ring.rotate(randomBytes(32));
  expect(ring.replaySlots(draft, "key-1")).toContain(slot);
  expect(ring.openReply("key-1", sealed)).toBe("reply");
  ring.rotate(randomBytes(32));
  expect(ring.replaySlots(draft, "key-1")).not.toContain(slot);
  expect(() => ring.openReply("key-1", sealed)).toThrow();
});

test("S85: an id of an event tells its position to its owner only, across peppers", () => {
  const ring = createSessionKeys(pepper, { eventKey: Buffer.alloc(32, 4) });
  const id = ring.eventId(draft, "ab-7");
  expect(id).toMatch(/^[A-Za-z0-9_.-]{1,128}$/);
  ring.rotate(randomBytes(32));
  const restarted = createSessionKeys(randomBytes(32), { eventKey: Buffer.alloc(32, 4) });
  for (const of of [ring, restarted]) expect(of.eventPosition(draft, id)).toBe("ab-7");
  expect(ring.eventPosition({ ...draft, user: "bob" }, id)).toBeNull();
  for (const wrong of ["", "-", "ab-7", id.replace("7", "8"), `${id}0`, id.slice(0, -1)])
    expect(ring.eventPosition(draft, wrong), wrong).toBeNull();
});

test("S38: a reply opens with its own idempotency key only, and not when altered", () => {
  const sealed = keys.sealReply("key-1", "secret reply");
  expect(sealed).not.toContain("secret");
  expect(keys.sealReply("key-1", "secret reply")).not.toBe(sealed);
  expect(keys.openReply("key-1", sealed)).toBe("secret reply");
  expect(() => keys.openReply("key-2", sealed)).toThrow();
  const [id, text] = sealed.split(".");
  const altered = Buffer.from(text!, "base64");
  altered[altered.length - 1]! ^= 1;
  expect(() => keys.openReply("key-1", `${id}.${altered.toString("base64")}`)).toThrow();
  expect(() => keys.openReply("key-1", "garbage")).toThrow();
});

test("one idempotency key names another slot for each caller", () => {
  const slots = [
    ...keys.replaySlots({ tenant: "a", user: "b" }, "k"),
    ...keys.replaySlots({ tenant: "a", user: "c" }, "k"),
    ...keys.replaySlots({ tenant: "ab", user: "" }, "k"),
  ];
  expect(new Set(slots).size).toBe(3);
});
