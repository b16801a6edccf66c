// A key that is replaced, spoilt or taken away while it is in use: real files, a real upstream.

import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { createApiKey, type ApiKey } from "./api-key.ts";
import { fingerprint } from "./fingerprint.ts";
import type { KeyObservation } from "./key-observation.ts";
import { watchKeys } from "./key-watch.ts";
import { Secret } from "./secret.ts";
import { createFileKeySource } from "./sources/file.ts";
import { createHandoffKeySource } from "./sources/handoff.ts";
import { openUpstream, type KeyedUpstream } from "./upstream.fixture.ts";

const keyA = "sk-proj-aaaa1c9be27d08A6535e71";
const keyB = "sk-proj-bbbb1c9be27d08A6535e71";
const [nameA, nameB] = [keyA, keyB].map((key) => fingerprint(new Secret(key)));

describe("S137: another key in the file", () => {
  test("becomes current, the one before stays at hand for 10 minutes and is then forgotten", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    expect(await held.value()).toBe(keyA);
    await held.put(keyB);
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyB);
    expect(held.key.status()).toMatchObject({
      fingerprint: nameB,
      position: 2,
      previous: { fingerprint: nameA, until: new Date(held.nowMs() + 600_000).toISOString() },
      alert: null,
    });

    held.pass(599_999);
    expect(held.key.status().previous).not.toBeNull();
    held.pass(1);
    expect(held.key.status().previous).toBeNull();
    expect(held.events()).toEqual(["key.loaded", "key.rotated", "key.retired"]);
  });

  test("S146: events name keys by fingerprint and position, and nothing else of them", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(keyB);
    await held.key.refresh(soon());
    expect(held.observations).toEqual([
      { event: "key.loaded", keyId: "upstream", source: "file", fingerprint: nameA, position: 1 },
      {
        event: "key.rotated",
        keyId: "upstream",
        source: "file",
        fingerprint: nameB,
        position: 2,
        previous: nameA,
      },
    ]);
    expect(JSON.stringify([held.observations, held.key.status()])).not.toMatch(/sk-|proj|aaaa1|bbbb1/);
  });

  test("the swap of a link, as Kubernetes and Docker mounts are replaced, is found by looking", async () => {
    await using upstream = await openUpstream(keyA, keyB);
    const directory = await mkdtemp(join(tmpdir(), "sidekit-mount-"));
    for (const [name, text] of [
      ["..2026_01", keyA],
      ["..2026_02", keyB],
    ] as const) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, "key"), text, { mode: 0o400 });
    }
    await symlink("..2026_01", join(directory, "..data"));
    await symlink("..data/key", join(directory, "key"));
    const key = keyFrom(upstream, join(directory, "key"));
    await using watch = watchKeys([key], { pollMs: 20 });
    expect((await key.current(soon())).reveal()).toBe(keyA);
    await symlink("..2026_02", join(directory, "..data_tmp"));
    await rename(join(directory, "..data_tmp"), join(directory, "..data"));
    await expect.poll(() => key.status().fingerprint, { timeout: 3000 }).toBe(nameB);
    await watch[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  test("nothing is read while the file stays as it is", async () => {
    await using upstream = await openUpstream(keyA);
    let reads = 0;
    const { source, offer } = createHandoffKeySource({ setting: "OPENAI_API_KEY" });
    offer(new Secret(keyA));
    const counted = { ...source, read: (signal: AbortSignal) => ((reads += 1), source.read(signal)) };
    const key = createApiKey({ ...common(upstream), source: counted });
    await key.refresh(soon());
    await key.refresh(soon());
    await key.refresh(soon());
    expect(reads).toBe(1);
    await key.reload(soon());
    expect(reads).toBe(2);
  });

  test("a half-written key is never used, and said to be nothing but unfinished", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(keyB.slice(0, 24));
    const looked = held.key.refresh(soon());
    await sleep(80);
    await held.put(keyB);
    await looked;
    expect(await held.value()).toBe(keyA);
    expect(held.key.status().alert).toBeNull();
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyB);
    expect(held.events()).toEqual(["key.loaded", "key.rotated"]);
  });

  test("a file that is gone for a moment, while it is replaced, was never away", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(null);
    const looked = held.key.refresh(soon());
    await sleep(80);
    await held.put(keyB);
    await looked;
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyB);
    expect(held.events()).toEqual(["key.loaded", "key.rotated"]);
  });

  test.each([
    ["a placeholder", "sk-...", "key_placeholder"],
    ["an administration key", "sk-admin-4f1c9be27d08A6535e71", "key_admin"],
    ["two lines", `${keyA}\n${keyB}`, "key_white_space"],
  ])("%s leaves the key in use, with one alert", async (_name, text, code) => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(text);
    for (let look = 0; look < 3; look += 1) await held.key.refresh(soon());
    expect(await held.value()).toBe(keyA);
    held.pass(3_600_000);
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyA);
    expect(held.key.status()).toMatchObject({ fingerprint: nameA, alert: { code, until: null } });
    expect(held.observations.filter(({ event }) => event === "key.rejected")).toEqual([
      { event: "key.rejected", keyId: "upstream", code, fingerprint: nameA },
    ]);
    await held.put(keyB);
    await held.key.refresh(soon());
    expect(held.key.status()).toMatchObject({ fingerprint: nameB, alert: null });
  });

  test("S136: a file that others may write leaves the key in use", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(keyB, 0o666);
    await held.key.refresh(soon());
    expect(held.key.status()).toMatchObject({
      fingerprint: nameA,
      alert: { code: "file_writable_by_others" },
    });
  });
});

describe("S141: before a key takes the place of another", () => {
  test("the upstream is asked; a key that it refuses is not used, until it is accepted", async () => {
    await using held = await openKey(keyA, keyA);
    await held.value();
    await held.put(keyB);
    await held.key.refresh(soon());
    await held.key.refresh(soon());
    expect(held.upstream.requestsWith(keyB)).toBe(1);
    expect(await held.value()).toBe(keyA);
    expect(held.key.status().alert).toMatchObject({ code: "key_refused" });
    expect(held.key.status().alert?.problem).toContain(nameB);

    held.upstream.accepted.add(keyB);
    held.passWall(15_000);
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyB);
    expect(held.key.status().alert).toBeNull();
  });

  test("an upstream that cannot be asked is no objection", async () => {
    await using held = await openKey(keyA, keyA);
    await held.value();
    await held.upstream[Symbol.asyncDispose]();
    await held.put(keyB);
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyB);
    expect(held.key.status()).toMatchObject({ state: "unreachable" });
  });
});

describe("S142: a key that the upstream answers 401 to", () => {
  test("is read again from its source, and the new one is given", async () => {
    await using held = await openKey(keyA, keyB);
    const refused = await held.key.current(soon());
    await held.put(keyB);
    held.pass(5000);
    expect((await held.key.current(soon(), refused)).reveal()).toBe(keyB);
    // The call itself is the question.
    expect(held.upstream.bearers).toEqual([]);
  });

  test("is given back when there is no other", async () => {
    await using held = await openKey(keyA);
    const refused = await held.key.current(soon());
    held.pass(5000);
    expect(await held.key.current(soon(), refused)).toBe(refused);
  });

  test("a storm of refusals reads the source once in 5 s", async () => {
    await using upstream = await openUpstream();
    let reads = 0;
    let passedMs = 0;
    const { source, offer } = createHandoffKeySource({ setting: "OPENAI_API_KEY" });
    offer(new Secret(keyA));
    const counted = { ...source, read: (signal: AbortSignal) => ((reads += 1), source.read(signal)) };
    const key = createApiKey({ ...common(upstream), source: counted, monotonicNow: () => passedMs });
    const refused = await key.current(soon());
    passedMs += 5000;
    const storm = () => Promise.all(Array.from({ length: 100 }, () => key.current(soon(), refused)));
    await storm();
    passedMs += 4999;
    await storm();
    expect(reads).toBe(2);
    passedMs += 1;
    await storm();
    expect(reads).toBe(3);
  });

  test("R17: right after a rotation the one before helps out, and no longer than the overlap", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(keyB);
    await held.key.refresh(soon());
    const refused = await held.key.current(soon());
    expect(refused.reveal()).toBe(keyB);
    expect((await held.key.current(soon(), refused)).reveal()).toBe(keyA);
    expect(await held.value()).toBe(keyB);
    held.pass(600_000);
    expect((await held.key.current(soon(), refused)).reveal()).toBe(keyB);
  });

  test("a caller who still has the one before is given the current one", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    const former = await held.key.current(soon());
    await held.put(keyB);
    await held.key.refresh(soon());
    expect((await held.key.current(soon(), former)).reveal()).toBe(keyB);
  });
});

describe("S148: a key that is taken out of its source", () => {
  test.each([
    ["deleted", null],
    ["emptied", ""],
  ])("%s: stays for 60 s with an alert, and is then given up", async (_name, text) => {
    await using held = await openKey(keyA, keyA);
    await held.value();
    await held.put(text);
    await held.key.refresh(soon());
    held.pass(59_999);
    await held.key.refresh(soon());
    expect(await held.value()).toBe(keyA);
    expect(held.key.status().alert).toMatchObject({ until: new Date(held.nowMs() + 1).toISOString() });

    held.pass(1);
    await expect(held.value()).rejects.toMatchObject({ state: "missing" });
    expect(held.key.status()).toMatchObject({ state: "missing", fingerprint: null, previous: null });
    expect(held.events()).toEqual(["key.loaded", "key.removed", "key.revoked"]);
  });

  test("comes back within the time: nothing has happened", async () => {
    await using held = await openKey(keyA, keyA);
    await held.value();
    await held.put(null);
    await held.key.refresh(soon());
    held.pass(30_000);
    await held.put(keyA);
    await held.key.refresh(soon());
    held.pass(60_000);
    expect(await held.value()).toBe(keyA);
    expect(held.key.status()).toMatchObject({ position: 1, alert: null });
  });

  test("a key put there after it was given up is used", async () => {
    await using held = await openKey(keyA, keyA, keyB);
    await held.value();
    await held.put(null);
    await held.key.refresh(soon());
    held.pass(60_000);
    await held.key.refresh(soon());
    await held.put(keyB);
    expect(await held.value()).toBe(keyB);
    expect(held.key.status()).toMatchObject({ position: 2, previous: null });
  });

  test("both times can be set", async () => {
    await using upstream = await openUpstream(keyA, keyB);
    let passedMs = 0;
    const { source, offer } = createHandoffKeySource({ setting: "keys.upstream" });
    const times = { overlapMs: 1000, removedGraceMs: 2000, monotonicNow: () => passedMs };
    const key = createApiKey({ ...common(upstream), source, ...times });
    offer(new Secret(keyA));
    await key.current(soon());
    offer(new Secret(keyB));
    await key.refresh(soon());
    passedMs += 1000;
    expect(key.status().previous).toBeNull();
    offer(null);
    await key.refresh(soon());
    passedMs += 1999;
    expect(key.status().state).toBe("valid");
    passedMs += 1;
    expect(key.status().state).toBe("missing");
  });
});

test("S147: 200 requests a second across a rotation: none fails, and none uses the old key once it is over", async () => {
  await using upstream = await openUpstream(keyA, keyB);
  const directory = await mkdtemp(join(tmpdir(), "sidekit-load-"));
  const path = join(directory, "key");
  await writeFile(path, keyA, { mode: 0o600 });
  const key = createApiKey({
    ...common(upstream),
    source: createFileKeySource({ setting: "OPENAI_API_KEY_FILE", path }),
    overlapMs: 1000,
  });
  await using watch = watchKeys([key], { pollMs: 50 });
  const answers: Promise<number>[] = [];
  const startMs = performance.now();
  let rotated = false;
  let retiredAt = Number.POSITIVE_INFINITY;
  for (let sent = 0; sent < 800; sent += 1) {
    const dueMs = startMs + sent * 5;
    if (performance.now() < dueMs) await sleep(dueMs - performance.now());
    if (sent === 200) {
      await writeFile(`${path}.new`, keyB, { mode: 0o600 });
      await rename(`${path}.new`, path);
    }
    if (!rotated && key.status().position === 2) rotated = true;
    if (rotated && key.status().previous === null && retiredAt > upstream.bearers.length) {
      retiredAt = upstream.bearers.length;
      // As the person who rotates does once the old key is out of use.
      upstream.accepted.delete(keyA);
    }
    answers.push(ask(key, upstream));
  }
  const statuses = await Promise.all(answers);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(statuses).toHaveLength(800);
  expect(retiredAt).toBeLessThan(800);
  expect(upstream.bearers.slice(retiredAt)).not.toContain(keyA);
  expect(upstream.requestsWith(keyA)).toBeGreaterThan(150);
  expect(upstream.requestsWith(keyB)).toBeGreaterThan(150);
  // One question about the new key, and no request was sent twice.
  expect(upstream.bearers).toHaveLength(801);
  await watch[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
}, 20_000);

interface HeldKey extends AsyncDisposable {
  readonly key: ApiKey;
  readonly upstream: KeyedUpstream;
  readonly observations: KeyObservation[];
  events(): string[];
  value(): Promise<string>;
  /** Replaces what is in the file; null removes it. */
  put(text: string | null, mode?: number): Promise<void>;
  nowMs(): number;
  /** Both clocks. */
  pass(ms: number): void;
  passWall(ms: number): void;
}

async function openKey(first: string, ...accepted: readonly string[]): Promise<HeldKey> {
  const upstream = await openUpstream(...accepted);
  const directory = await mkdtemp(join(tmpdir(), "sidekit-ring-"));
  const path = join(directory, "key");
  await writeFile(path, first, { mode: 0o600 });
  const observations: KeyObservation[] = [];
  let wallMs = 1_750_000_000_000;
  let monotonicMs = 0;
  const key = createApiKey({
    ...common(upstream),
    source: createFileKeySource({ setting: "OPENAI_API_KEY_FILE", path }),
    observe: (observation) => observations.push(observation),
    now: () => wallMs,
    monotonicNow: () => monotonicMs,
  });
  return {
    key,
    upstream,
    observations,
    events: () => observations.map(({ event }) => event),
    value: async () => (await key.current(soon())).reveal(),
    async put(text, mode = 0o600) {
      await rm(path, { force: true });
      if (text !== null) await writeFile(path, text, { mode: 0o600 });
      if (text !== null && mode !== 0o600) await chmod(path, mode);
    },
    nowMs: () => wallMs,
    pass(ms) {
      wallMs += ms;
      monotonicMs += ms;
    },
    passWall: (ms) => (wallMs += ms),
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

function keyFrom(upstream: KeyedUpstream, path: string): ApiKey {
  return createApiKey({
    ...common(upstream),
    source: createFileKeySource({ setting: "OPENAI_API_KEY_FILE", path }),
  });
}

function common(upstream: KeyedUpstream) {
  const shape = { prefix: "sk-" } as const;
  return { id: "upstream", purpose: "model", shape, baseUrl: upstream.baseUrl, fetch };
}

/** As a caller does: the key for each request, and once more when it is refused. */
async function ask(key: ApiKey, { baseUrl }: KeyedUpstream): Promise<number> {
  const secret = await key.current(soon());
  const send = (sent: Secret) =>
    fetch(`${baseUrl}/responses`, { method: "POST", headers: { authorization: `Bearer ${sent.reveal()}` } });
  const response = await send(secret);
  await response.arrayBuffer();
  if (response.status !== 401) return response.status;
  const other = await key.current(soon(), secret);
  return other === secret ? 401 : (await send(other)).status;
}

function soon(): AbortSignal {
  return AbortSignal.timeout(8000);
}
