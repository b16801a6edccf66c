// What users and sessions may use, over real HTTP, a real database and an upstream that counts.

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { untoldTokens } from "../src/budgets.ts";
import { mint, startApp, type RunningApp } from "./fixture.ts";

let asked = 0;

/** Never the same words: a repeat is shown the answer that is there, and uses nothing. */
function hello() {
  const content = [{ type: "input_text", text: `Hello ${++asked}` }];
  return { type: "threads.create", params: { input: { content, attachments: [], inference_options: {} } } };
}

const list = { type: "threads.list", params: {} };

/** Null for `totalTokens`: it does not count. With `hangs` it never comes to an end. */
async function openUpstream(told: { totalTokens: number | null; hangs?: boolean }) {
  const server = createServer((request, response) => {
    request.resume();
    if (request.url !== "/v1/responses") return response.end("{}");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    if (told.hangs === true) return response.write(": waiting\n\n");
    const usage = told.totalTokens === null ? {} : { usage: { total_tokens: told.totalTokens } };
    const last = { type: "response.completed", response: { status: "completed", output: [], ...usage } };
    return response.end(`data: ${JSON.stringify(last)}\n\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_DETACH_GRACE_SECONDS: "0",
      OPENAI_API_KEY: "sk-proj-dddd1c9be27d08A6535e71",
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      SIDEKIT_RESPONDER: "openai-responses",
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The status of an answer that has been read to its end, and gone well. */
async function ask(app: RunningApp, secret: string, body: unknown = hello()): Promise<number> {
  const response = await app.post("/chatkit", secret, body);
  expect(await response.text()).not.toContain('"type":"error"');
  return response.status;
}

test("S124: at the tokens of a day new work waits for the next one, in every session; what goes on is not cut", async () => {
  await using upstream = await openUpstream({ totalTokens: 5_000 });
  await using app = await startApp({ ...upstream.settings, SIDEKIT_USER_TOKENS_PER_DAY: "7000" });
  const secret = await mint(app);
  expect(await ask(app, secret)).toBe(200);
  // Over the budget only at its end: it is answered all the same.
  expect(await ask(app, secret)).toBe(200);
  const refused = await app.post("/chatkit", await mint(app), hello());
  expect(refused.status).toBe(429);
  const untilMidnightSeconds = (86_400_000 - (Date.now() % 86_400_000)) / 1000;
  expect(Math.abs(Number(refused.headers.get("retry-after")) - untilMidnightSeconds)).toBeLessThan(30);
  expect(await refused.json()).toMatchObject({
    error: { code: "rate_limited", message: "What may be used today is used up. It goes on tomorrow." },
  });
  expect(await ask(app, secret, list)).toBe(200);
  // Not before the day is over, by the world's clock.
  app.moveWallClock((untilMidnightSeconds - 60) * 1000);
  expect(await ask(app, await mint(app))).toBe(429);
  app.moveWallClock(120_000);
  expect(await ask(app, await mint(app))).toBe(200);
});

test("S124: a restart keeps the count", async () => {
  await using upstream = await openUpstream({ totalTokens: 1 });
  const dataDir = mkdtempSync(join(tmpdir(), "sidekit-budget-"));
  const settings = { ...upstream.settings, SIDEKIT_USER_REQUESTS_PER_DAY: "2" };
  try {
    {
      await using app = await startApp(settings, {}, { dataDir });
      const secret = await mint(app);
      for (let at = 0; at < 2; at++) expect(await ask(app, secret)).toBe(200);
    }
    await using app = await startApp(settings, {}, { dataDir });
    expect(await ask(app, await mint(app))).toBe(429);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test("S124: whoever stops an answer before its count is known has used something all the same", async () => {
  await using upstream = await openUpstream({ totalTokens: 1, hangs: true });
  const budget = String(2 * untoldTokens);
  await using app = await startApp({ ...upstream.settings, SIDEKIT_USER_TOKENS_PER_DAY: budget });
  const secret = await mint(app);
  for (let at = 0; at < 2; at++) {
    const response = await app.post("/chatkit", secret, hello());
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }
  expect(await ask(app, secret)).toBe(429);
});

test("S124: an upstream that does not count is counted by answers", async () => {
  await using upstream = await openUpstream({ totalTokens: null });
  const budget = String(3 * untoldTokens);
  await using app = await startApp({ ...upstream.settings, SIDEKIT_USER_TOKENS_PER_DAY: budget });
  const secret = await mint(app);
  for (let at = 0; at < 3; at++) expect(await ask(app, secret)).toBe(200);
  expect(await ask(app, secret)).toBe(429);
});

test("S124, S117: what is refused, or asks for what is not there, uses nothing", async () => {
  await using upstream = await openUpstream({ totalTokens: 1 });
  await using app = await startApp({ ...upstream.settings, SIDEKIT_USER_REQUESTS_PER_DAY: "1" });
  const secret = await mint(app);
  const nowhere = {
    type: "threads.add_user_message",
    params: { ...hello().params, thread_id: "thr_00000000000000000000000000000000" },
  };
  for (let at = 0; at < 3; at++) expect(await ask(app, secret, nowhere)).toBe(404);
  const said = hello();
  expect(await ask(app, secret, said)).toBe(200);
  expect(await ask(app, secret, nowhere)).toBe(429);
  // The same words again are shown the same answer.
  expect(await ask(app, secret, said)).toBe(200);
});

test("S124: a session has a budget of its own, and says when it ends", async () => {
  await using upstream = await openUpstream({ totalTokens: 1 });
  await using app = await startApp({ ...upstream.settings, SIDEKIT_SESSION_REQUESTS: "2" });
  const secret = await mint(app);
  for (let at = 0; at < 2; at++) expect(await ask(app, secret)).toBe(200);
  const refused = await app.post("/chatkit", secret, hello());
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(500);
  expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(600);
  expect(await ask(app, await mint(app))).toBe(200);
});

test("S124, S37: of a hundred sessions asked for at once ten stay, and their answers keep to the day's budget", async () => {
  await using upstream = await openUpstream({ totalTokens: 1 });
  await using app = await startApp({ ...upstream.settings, SIDEKIT_USER_REQUESTS_PER_DAY: "3" });
  const secrets = await Promise.all(Array.from({ length: 100 }, () => mint(app)));
  const statuses = await Promise.all(secrets.map((secret) => ask(app, secret, list)));
  const alive = secrets.filter((_, at) => statuses[at] === 200);
  expect(alive).toHaveLength(10);
  // Four at a time is what a user may have under way.
  const answers = await Promise.all(alive.map((secret) => ask(app, secret)));
  expect(answers.filter((status) => status === 200)).toHaveLength(3);
});
