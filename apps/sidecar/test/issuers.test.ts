// A product's own access tokens and the keys of other backends, against real HTTP, real signatures and a real file.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createToken } from "@sidekit/chat-session";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { parseConfig } from "../src/config.ts";
import { startApp, type RunningApp } from "./fixture.ts";

const issuer = "https://login.example.com/";
const audience = "https://chat.example.com";

interface Provider extends AsyncDisposable {
  readonly url: string;
  /** How often the keys have been asked for. */
  asked: number;
  /** Null: it fails. */
  keys: object | string | null;
}

async function openProvider(keys: object): Promise<Provider> {
  const provider = { asked: 0, keys: keys as object | string | null };
  const server = createServer((_request, response) => {
    provider.asked += 1;
    if (provider.keys === null) response.writeHead(500).end();
    else response.end(typeof provider.keys === "string" ? provider.keys : JSON.stringify(provider.keys));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(provider, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
}

async function keyPair(kid: string, algorithm = "ES256") {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: "sig" } };
}

function token(
  key: CryptoKey | Uint8Array,
  claims: JWTPayload = {},
  header: { kid?: string; alg?: string; typ?: string } = {},
): Promise<string> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const all = {
    iss: issuer,
    aud: audience,
    sub: "ann",
    org: "acme",
    iat: nowSeconds,
    exp: nowSeconds + 300,
    ...claims,
  };
  return new SignJWT(JSON.parse(JSON.stringify(all)))
    .setProtectedHeader({ alg: "ES256", kid: "one", ...header })
    .sign(key);
}

const startWith = (provider: Provider, env: Record<string, string> = {}) =>
  startApp({
    SIDEKIT_JWKS_URL: provider.url,
    SIDEKIT_JWT_ISSUER: issuer,
    SIDEKIT_JWT_AUDIENCE: audience,
    SIDEKIT_JWT_TENANT_CLAIM: "org",
    ...env,
  });

async function auditOf(app: RunningApp): Promise<string> {
  const trail = await fetch(`${app.url}/trpc/system.audit`, {
    headers: { authorization: `Bearer ${app.parts.launchToken}` },
  });
  return trail.text();
}

async function mintStatus(app: RunningApp, bearer: string): Promise<number> {
  return (await app.post("/trpc/chatSession.createSession", bearer, {})).status;
}

describe("access tokens", () => {
  let good: Awaited<ReturnType<typeof keyPair>>;
  let provider: Provider;
  let app: RunningApp;
  beforeAll(async () => {
    good = await keyPair("one");
    provider = await openProvider({ keys: [good.jwk] });
    app = await startWith(provider);
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  test("S27: a valid one gives its subject a session, in the tenant of the claim; the launch token goes on", async () => {
    expect(await mintStatus(app, await token(good.privateKey))).toBe(200);
    expect(await mintStatus(app, app.parts.launchToken)).toBe(200);
  });

  test("S27: it makes no operator", async () => {
    const refused = await fetch(`${app.url}/trpc/apiKeys.status`, {
      headers: { authorization: `Bearer ${await token(good.privateKey)}` },
    });
    expect(refused.status).toBe(403);
  });

  test.each<[string, JWTPayload, { typ?: string; kid?: string }]>([
    ["expired", { exp: Math.floor(Date.now() / 1000) - 60 }, {}],
    ["without an end", { exp: undefined as never }, {}],
    ["not yet valid", { nbf: Math.floor(Date.now() / 1000) + 120 }, {}],
    ["of another issuer", { iss: "https://evil.example/" }, {}],
    ["for another audience", { aud: "https://other.example.com" }, {}],
    ["without an audience", { aud: undefined as never }, {}],
    ["of nobody", { sub: undefined as never }, {}],
    ["of an empty name", { sub: "" }, {}],
    ["of a name with a line break", { sub: "ann\nbob" }, {}],
    ["of a name that is endless", { sub: "a".repeat(300) }, {}],
    ["without a tenant", { org: undefined }, {}],
    ["of a tenant that is no text", { org: { name: "acme" } }, {}],
    ["that is something else", {}, { typ: "secevent+jwt" }],
    ["of a key that nobody knows", {}, { kid: "another" }],
  ])("S27, S47: one is refused: %s", async (_name, claims, header) => {
    const refused = await app.post(
      "/trpc/chatSession.createSession",
      await token(good.privateKey, claims, header),
      {},
    );
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="chatkit", error="invalid_token"');
  });

  test("S27: a leeway of half a minute is given to clocks", async () => {
    const justOver = { exp: Math.floor(Date.now() / 1000) - 10 };
    expect(await mintStatus(app, await token(good.privateKey, justOver))).toBe(200);
  });

  test("S35: with another signature, none, or a shared secret it is refused, whatever its header says", async () => {
    const other = await keyPair("one");
    expect(await mintStatus(app, await token(other.privateKey))).toBe(401);
    const claims = {
      iss: issuer,
      aud: audience,
      sub: "ann",
      org: "acme",
      exp: Math.floor(Date.now() / 1000) + 300,
    };
    expect(await mintStatus(app, `${new UnsecuredJWT(claims).encode()}AAAA`)).toBe(401);
    // The public key as a shared secret: what libraries without a list of algorithms fell for.
    const secret = new TextEncoder().encode(JSON.stringify(good.jwk));
    expect(await mintStatus(app, await token(secret, {}, { alg: "HS256" }))).toBe(401);
    const valid = await token(good.privateKey);
    const [header = "", payload = "", signature = ""] = valid.split(".");
    const asBob = Buffer.from(JSON.stringify({ ...claims, sub: "bob" })).toString("base64url");
    for (const forged of [
      `${header}.${asBob}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
      `${valid}.${signature}`,
      `${"e30"}.${payload}.${signature}`,
      "a.b.c",
    ]) {
      expect(await mintStatus(app, forged)).toBe(401);
    }
    expect(await mintStatus(app, await token(good.privateKey, { padding: "x".repeat(9000) }))).toBe(401);
  });

  test("S35: it opens the procedures, and never the chat", async () => {
    const refused = await app.post("/chatkit", await token(good.privateKey), {
      type: "threads.list",
      params: {},
    });
    expect(refused.status).toBe(401);
  });

  test("S50: in an address it is refused, by whatever name", async () => {
    const valid = await token(good.privateKey);
    for (const path of [`/healthz?who=${valid}`, `/${valid}`, `/trpc/system.info?x=${valid}`]) {
      const refused = await fetch(app.url + path);
      expect(refused.status, path.slice(0, 20)).toBe(400);
      expect(await refused.text()).toContain("credential_in_url");
    }
  });

  test("S28: a field that names another user is refused", async () => {
    const refused = await fetch(`${app.url}/trpc/chatSession.createSession`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await token(good.privateKey)}`,
        "content-type": "application/json",
        "x-sidekit-user": "bob",
      },
      body: "{}",
    });
    expect(refused.status).toBe(403);
  });

  test("invented key ids do not make us ask for the keys again and again", async () => {
    const before = provider.asked;
    const tokens = await Promise.all(
      Array.from({ length: 30 }, (_, at) => token(good.privateKey, {}, { kid: `invented-${at}` })),
    );
    for (const invented of tokens) expect(await mintStatus(app, invented)).toBe(401);
    expect(provider.asked - before).toBeLessThanOrEqual(1);
  });
});

describe("the keys of access tokens", () => {
  test("S48: while they cannot be had, it is an outage and no refusal; afterwards it works by itself", async () => {
    const good = await keyPair("one");
    await using provider = await openProvider({ keys: [good.jwk] });
    provider.keys = null;
    await using app = await startWith(provider);
    const valid = await token(good.privateKey);
    const refused = await app.post("/trpc/chatSession.createSession", valid, {});
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    // Failing is remembered for a while, too.
    for (let again = 0; again < 10; again++) await mintStatus(app, valid);
    expect(provider.asked).toBe(1);
    expect(await mintStatus(app, app.parts.launchToken)).toBe(200);
    provider.keys = { keys: [good.jwk] };
    await expect.poll(() => mintStatus(app, valid), { timeout: 8000, interval: 500 }).toBe(200);
  }, 15_000);

  test("once they have been had, an outage of the provider is not noticed", async () => {
    const good = await keyPair("one");
    await using provider = await openProvider({ keys: [good.jwk] });
    await using app = await startWith(provider);
    expect(await mintStatus(app, await token(good.privateKey))).toBe(200);
    provider.keys = null;
    expect(await mintStatus(app, await token(good.privateKey, { sub: "bob" }))).toBe(200);
  });

  test("S48: when nobody listens where they were, it is an outage for what they cannot prove, and no refusal", async () => {
    const good = await keyPair("one");
    const next = await keyPair("two");
    const provider = await openProvider({ keys: [good.jwk] });
    await using app = await startWith(provider);
    expect(await mintStatus(app, await token(good.privateKey))).toBe(200);
    await provider[Symbol.asyncDispose]();
    const later = async (byMs: number, key: CryptoKey, kid: string) => {
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + byMs });
      try {
        return await mintStatus(app, await token(key, {}, { kid }));
      } finally {
        vi.useRealTimers();
      }
    };
    expect(await later(60_000, next.privateKey, "two")).toBe(503);
    expect(await later(60_000, good.privateKey, "one")).toBe(200);
    expect(await later(2 * 3_600_000, good.privateKey, "one")).toBe(503);
  });

  test.each([
    ["no JSON", "<html></html>"],
    ["no keys", "{}"],
    ["too much", JSON.stringify({ keys: [], padding: "x".repeat(300_000) })],
  ])("S48: what is sent in their place is none: %s", async (_name, keys) => {
    const good = await keyPair("one");
    await using provider = await openProvider({});
    provider.keys = keys;
    await using app = await startWith(provider);
    const valid = await token(good.privateKey);
    for (let again = 0; again < 10; again++) expect(await mintStatus(app, valid)).toBe(503);
    expect(provider.asked).toBe(1);
  });
});

describe("keys of other backends", () => {
  let folder: string;
  let file: string;
  const backend = createToken("cksv_");
  const reader = createToken("cksv_");
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sidekit-services-"));
    file = join(folder, "services.json");
    write([record("backend", backend, ["sessions", "impersonate"]), record("reader", reader, ["operator"])]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function record(id: string, key: string, rights: string[]) {
    return { id, hash: createHash("sha256").update(key).digest("hex"), tenant: "acme", rights };
  }
  function write(keys: object[], mode = 0o600): void {
    writeFileSync(`${file}.new`, JSON.stringify({ keys }), { mode });
    renameSync(`${file}.new`, file);
  }
  function mintAs(app: RunningApp, key: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${app.url}/trpc/chatSession.createSession`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      body: "{}",
    });
  }

  test("the file of docs/credentials.md is of the form", async () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/credentials.md"), "utf8");
    const [, example = ""] = /```json\n([^]*?)```/.exec(page) ?? [];
    const shown = join(folder, "shown.json");
    writeFileSync(shown, example, { mode: 0o600 });
    await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: shown });
    expect(await auditOf(app)).toContain('"action":"service_keys.loaded"');
  });

  test("S29: one with the right acts for a user of its tenant, and each time is in the audit trail", async () => {
    await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: file });
    const minted = await mintAs(app, backend, { "x-sidekit-user": "ann" });
    expect(minted.status).toBe(200);
    const { result } = (await minted.json()) as { result: { data: { clientSecret: string; id: string } } };
    expect(
      (await app.post("/chatkit", result.data.clientSecret, { type: "threads.list", params: {} })).status,
    ).toBe(200);
    const text = await auditOf(app);
    expect(text).toContain('"action":"issuer.impersonated"');
    expect(text).toContain('"service":"backend"');
    expect(text).not.toContain('"ann"');
    // Of its own accord it is somebody of its own.
    const own = await mintAs(app, backend);
    expect(own.status).toBe(200);
  });

  test("S27, S29, S35: without the right, from a page, forged or for the chat it is refused", async () => {
    await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: file });
    expect((await mintAs(app, reader)).status).toBe(403);
    expect((await mintAs(app, reader, { "x-sidekit-user": "ann" })).status).toBe(403);
    expect((await mintAs(app, backend, { "x-sidekit-user": "" })).status).toBe(403);
    expect((await mintAs(app, backend, { "x-sidekit-user": "a".repeat(300) })).status).toBe(403);
    expect((await mintAs(app, backend, { origin: app.url })).status).toBe(403);
    expect((await mintAs(app, createToken("cksv_"))).status).toBe(401);
    expect((await mintAs(app, `${backend.slice(0, -1)}x`)).status).toBe(401);
    expect((await app.post("/chatkit", backend, { type: "threads.list", params: {} })).status).toBe(401);
    const keys = await fetch(`${app.url}/trpc/apiKeys.status`, {
      headers: { authorization: `Bearer ${reader}` },
    });
    expect(keys.status).toBe(200);
    const notOperator = await fetch(`${app.url}/trpc/apiKeys.status`, {
      headers: { authorization: `Bearer ${backend}` },
    });
    expect(notOperator.status).toBe(403);
  });

  test("a key that is taken out of the file opens nothing any more, and a broken file changes nothing", async () => {
    await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: file });
    expect((await mintAs(app, backend)).status).toBe(200);
    writeFileSync(file, "{", { mode: 0o600 });
    await expect
      .poll(() => auditOf(app), { timeout: 9000, interval: 200 })
      .toContain('"action":"service_keys.rejected"');
    expect((await mintAs(app, backend)).status).toBe(200);
    write([record("reader", reader, ["operator"])]);
    await expect
      .poll(async () => (await mintAs(app, backend)).status, { timeout: 9000, interval: 300 })
      .toBe(401);
    write([record("backend", backend, ["sessions", "impersonate"]), record("reader", reader, ["operator"])]);
  }, 30_000);

  test("without its file no key opens anything, and with it again they do", async () => {
    await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: file });
    expect((await mintAs(app, backend)).status).toBe(200);
    renameSync(file, `${file}.away`);
    await expect
      .poll(async () => (await mintAs(app, backend)).status, { timeout: 15_000, interval: 300 })
      .toBe(401);
    renameSync(`${file}.away`, file);
    await expect
      .poll(async () => (await mintAs(app, backend)).status, { timeout: 9000, interval: 300 })
      .toBe(200);
  }, 30_000);

  test.each([
    ["a file that everybody may read", [record("backend", backend, ["sessions"])], 0o644],
    [
      "a key in place of its hash",
      [{ id: "backend", hash: backend, tenant: "acme", rights: ["sessions"] }],
      0o600,
    ],
    ["two of one id", [record("a", backend, ["sessions"]), record("a", reader, ["sessions"])], 0o600],
    ["a right that there is not", [record("a", backend, ["everything"])], 0o600],
    ["one without a tenant", [{ ...record("a", backend, ["sessions"]), tenant: undefined }], 0o600],
  ])("S136: does not start with %s", async (_name, keys, mode) => {
    const bad = join(folder, "bad.json");
    writeFileSync(bad, JSON.stringify({ keys }), { mode });
    await expect(startApp({ SIDEKIT_SERVICE_KEYS_FILE: bad })).rejects.toThrow(
      /service keys cannot be used/i,
    );
    rmSync(bad);
  });
});

test.each([
  [{ SIDEKIT_JWKS_URL: "https://login.example.com/keys" }, "SIDEKIT_JWT_AUDIENCE"],
  [{ SIDEKIT_JWT_TENANT_CLAIM: "org" }, "SIDEKIT_JWKS_URL"],
  [
    { SIDEKIT_JWKS_URL: "http://login.example.com/keys", SIDEKIT_JWT_ISSUER: "a", SIDEKIT_JWT_AUDIENCE: "b" },
    "must use https",
  ],
  [
    {
      SIDEKIT_JWKS_URL: "https://u:p@login.example.com/keys",
      SIDEKIT_JWT_ISSUER: "a",
      SIDEKIT_JWT_AUDIENCE: "b",
    },
    "must not carry credentials",
  ],
])("S186: settings of tokens that do not fit together: %j", (env, words) => {
  expect(() => parseConfig(env)).toThrow(words);
});
