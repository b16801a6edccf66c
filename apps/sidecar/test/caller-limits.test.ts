// How often sessions may be asked for, and credentials tried, over real HTTP.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createToken } from "@sidekit/chat-session";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startApp, type RunningApp } from "./fixture.ts";

const proxied = { SIDEKIT_TRUSTED_PROXIES: "127.0.0.1" };
const mintPath = "/trpc/chatSession.createSession";
const list = { type: "threads.list", params: {} };
const backend = createToken("cksv_");
let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-limits-"));
  file = join(folder, "services.json");
  const hash = createHash("sha256").update(backend).digest("hex");
  const keys = [{ id: "backend", hash, tenant: "acme", rights: ["sessions", "impersonate"] }];
  writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

function ask(app: RunningApp, path: string, bearer: string, body: unknown, from?: string): Promise<Response> {
  return fetch(app.url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      ...(from === undefined ? {} : { "x-forwarded-for": from }),
    },
    body: JSON.stringify(body),
  });
}

function askAs(app: RunningApp, user: string): Promise<Response> {
  return fetch(app.url + mintPath, {
    method: "POST",
    headers: {
      authorization: `Bearer ${backend}`,
      "content-type": "application/json",
      "x-sidekit-user": user,
    },
    body: "{}",
  });
}

test("S115, S118: a user gets ten sessions a minute, by whatever way; then the wait, and after it the next", async () => {
  await using app = await startApp({ SIDEKIT_MINTS_PER_MINUTE: "10" });
  for (let at = 0; at < 10; at++) {
    expect((await app.post(mintPath, app.parts.launchToken, {})).status).toBe(200);
  }
  // Another spelling of the same call.
  for (const path of [mintPath, `${mintPath}?batch=1`]) {
    const body = path.includes("batch") ? { 0: {} } : {};
    const refused = await app.post(path, app.parts.launchToken, body);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await refused.text()).toContain('"appCode":"rate_limited"');
  }
  app.moveMonotonicClock(60_000);
  expect((await app.post(mintPath, app.parts.launchToken, {})).status).toBe(200);
});

test("S115, S120: users of a service have limits of their own, and none can use up another's", async () => {
  await using app = await startApp({ SIDEKIT_MINTS_PER_MINUTE: "3", SIDEKIT_SERVICE_KEYS_FILE: file });
  for (let at = 0; at < 3; at++) expect((await askAs(app, "ann")).status).toBe(200);
  expect((await askAs(app, "ann")).status).toBe(429);
  expect((await askAs(app, "bob")).status).toBe(200);
});

test("S115, S119: behind a proxy an address that keeps failing is refused, however it is spelled; others are not", async () => {
  await using app = await startApp(proxied);
  const good = await app.post(mintPath, app.parts.launchToken, {});
  const { result } = (await good.json()) as { result: { data: { clientSecret: string } } };
  const spellings = ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9:4711"];
  for (let at = 0; at < 20; at++) {
    expect((await ask(app, "/chatkit", `ckss_wrong-${at}`, list, spellings[at % 2])).status).toBe(401);
  }
  expect((await ask(app, "/chatkit", "ckss_wrong", list, "203.0.113.9")).status).toBe(429);
  expect((await ask(app, mintPath, "ckbs_wrong", {}, "::ffff:203.0.113.9")).status).toBe(429);
  // Elsewhere all is well; a good credential of that address waits with the others of it.
  expect((await ask(app, "/chatkit", result.data.clientSecret, list, "203.0.113.10")).status).toBe(200);
  expect((await ask(app, "/chatkit", "ckss_wrong", list, "2001:db8::1")).status).toBe(401);
  app.moveMonotonicClock(60_000);
  expect((await ask(app, "/chatkit", result.data.clientSecret, list, "203.0.113.9")).status).toBe(200);
});

test("S119: networks of one IPv6 subscriber are one address", async () => {
  await using app = await startApp(proxied);
  for (let at = 1; at <= 20; at++) {
    expect((await ask(app, "/chatkit", "ckss_wrong", list, `2001:db8:1:2::${at}`)).status).toBe(401);
  }
  expect((await ask(app, "/chatkit", "ckss_wrong", list, "2001:db8:1:2:ffff::1")).status).toBe(429);
  expect((await ask(app, "/chatkit", "ckss_wrong", list, "2001:db8:1:3::1")).status).toBe(401);
});

test("S121, S15: on one's own machine no limit goes by address, whatever a client claims", async () => {
  await using app = await startApp();
  for (let at = 0; at < 60; at++) {
    const refused = await ask(app, "/chatkit", "ckss_wrong", list, "203.0.113.9");
    expect(refused.status).toBe(401);
  }
});

test("S115, L23: an address may mint for thirty users a minute at most", async () => {
  await using app = await startApp(proxied);
  let passed = 0;
  for (let at = 0; at < 40; at++) {
    if ((await ask(app, mintPath, app.parts.launchToken, {}, "203.0.113.9")).status === 200) passed += 1;
  }
  expect(passed).toBe(30);
  expect((await ask(app, mintPath, app.parts.launchToken, {}, "203.0.113.10")).status).toBe(200);
});

test("S115, L23: a service may mint for six hundred users a minute, and for one more after it", async () => {
  await using app = await startApp({ SIDEKIT_SERVICE_KEYS_FILE: file });
  const statuses: number[] = [];
  for (let at = 0; at < 600; at += 50) {
    const some = Array.from({ length: 50 }, (_, user) => askAs(app, `user-${at + user}`));
    for (const response of await Promise.all(some)) statuses.push(response.status);
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(600);
  expect((await askAs(app, "one-more")).status).toBe(429);
  app.moveMonotonicClock(60_000);
  expect((await askAs(app, "one-more")).status).toBe(200);
});

test("S116: of a hundred sessions asked for at once a user gets ten", async () => {
  await using app = await startApp({ SIDEKIT_MINTS_PER_MINUTE: "10" });
  const many = Array.from({ length: 100 }, () => app.post(mintPath, app.parts.launchToken, {}));
  const statuses = (await Promise.all(many)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(90);
});
