import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";

import { expect, test } from "vitest";

import { mint, startApp } from "./fixture.ts";

const list = { type: "threads.list", params: {} };
const hello = {
  type: "threads.create",
  params: {
    input: { content: [{ type: "input_text", text: "Hello" }], attachments: [], inference_options: {} },
  },
};

test.each(["moveWallClock", "moveMonotonicClock"] as const)(
  "S53, S62: an expired secret is refused, by %s alone",
  async (move) => {
    await using app = await startApp({ SIDEKIT_SESSION_TTL_SECONDS: "60" });
    const secret = await mint(app);
    expect((await app.post("/chatkit", secret, list)).status).toBe(200);
    app[move](59_000);
    expect((await app.post("/chatkit", secret, list)).status).toBe(200);
    app[move](2_000);
    const refused = await app.post("/chatkit", secret, list);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { code: "unauthenticated" } });
  },
);

test("S115, S118: runs beyond the session's limit are refused with the wait; reads are not", async () => {
  await using app = await startApp({ SIDEKIT_REQUESTS_PER_MINUTE: "2", SIDEKIT_DETACH_GRACE_SECONDS: "0" });
  const secret = await mint(app);
  for (let run = 0; run < 2; run++) {
    const response = await app.post("/chatkit", secret, hello);
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }
  const refused = await app.post("/chatkit", secret, hello);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused.json()).toMatchObject({ error: { code: "rate_limited" } });
  expect((await app.post("/chatkit", secret, list)).status).toBe(200);
  // Another session has a limit of its own.
  const other = await app.post("/chatkit", await mint(app), hello);
  expect(other.status).toBe(200);
  await other.body?.cancel();
});

test("S108: a recording counts like five answers", async () => {
  await using app = await startApp({ SIDEKIT_REQUESTS_PER_MINUTE: "11", SIDEKIT_DETACH_GRACE_SECONDS: "0" });
  const secret = await mint(app);
  const recording = {
    type: "input.transcribe",
    params: { audio_base64: "AAAA", mime_type: "audio/webm" },
  };
  for (let at = 0; at < 2; at++) expect((await app.post("/chatkit", secret, recording)).status).toBe(501);
  const answered = await app.post("/chatkit", secret, hello);
  expect(answered.status).toBe(200);
  await answered.body?.cancel();
  expect((await app.post("/chatkit", secret, hello)).status).toBe(429);
});

test("S115: reads have a bound of 120 a minute", async () => {
  await using app = await startApp();
  const secret = await mint(app);
  const statuses = [];
  for (let read = 0; read < 121; read++) statuses.push((await app.post("/chatkit", secret, list)).status);
  expect(statuses.slice(0, 120).every((status) => status === 200)).toBe(true);
  expect(statuses[120]).toBe(429);
});

test("S37: a session beyond the tenth ends the oldest (L19)", async () => {
  await using app = await startApp();
  const secrets = [];
  for (let session = 0; session < 11; session++) secrets.push(await mint(app));
  expect((await app.post("/chatkit", secrets[0]!, list)).status).toBe(401);
  expect((await app.post("/chatkit", secrets[1]!, list)).status).toBe(200);
});

test("S54: cancelling a session ends its open stream with a word, and the thread keeps the message", async () => {
  await using app = await startApp({ SIDEKIT_DETACH_GRACE_SECONDS: "0" });
  const created = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const session = ((await created.json()) as { result: { data: { id: string; clientSecret: string } } })
    .result.data;
  const stream = await app.post("/chatkit", session.clientSecret, hello);
  const text = stream.text();
  await app.post("/trpc/chatSession.cancelSession", app.parts.launchToken, { sessionId: session.id });
  expect(await text).toMatch(
    /data: \{"type":"error","code":"custom","message":"[^"]+","allow_retry":true\}\n\n$/,
  );
});

test("S99: a session has at most four streams open at a time (L10)", async () => {
  await using app = await startApp({ SIDEKIT_REQUESTS_PER_MINUTE: "100", SIDEKIT_DETACH_GRACE_SECONDS: "0" });
  const secret = await mint(app);
  const open = [];
  for (let stream = 0; stream < 4; stream++) open.push(await app.post("/chatkit", secret, hello));
  expect((await app.post("/chatkit", secret, hello)).status).toBe(429);
  await Promise.all(open.map((response) => response.body?.cancel()));
});

test("a session that is cancelled while the body is still coming starts nothing (S54)", async () => {
  await using app = await startApp();
  const created = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const session = ((await created.json()) as { result: { data: { id: string; clientSecret: string } } })
    .result.data;
  const body = JSON.stringify(hello);
  const outgoing = request(`${app.url}/chatkit`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${session.clientSecret}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    },
  });
  outgoing.write(body.slice(0, 5));
  // On a connection of its own, so that the first bytes are long there when it is answered.
  await app.post("/chatkit", session.clientSecret, list);
  await app.post("/trpc/chatSession.cancelSession", app.parts.launchToken, { sessionId: session.id });
  outgoing.end(body.slice(5));
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  expect(response.statusCode).toBe(401);
  response.resume();
});

test("S56: an answer that has begun outlives its session; nothing else begins on it", async () => {
  await using app = await startApp({ SIDEKIT_SESSION_TTL_SECONDS: "60" });
  const secret = await mint(app);
  const stream = await app.post("/chatkit", secret, hello);
  app.moveWallClock(61_000);
  expect((await app.post("/chatkit", secret, list)).status).toBe(401);
  expect(await stream.text()).toMatch(/"type":"thread\.item\.done"[^]*"type":"assistant_message"/);
});
