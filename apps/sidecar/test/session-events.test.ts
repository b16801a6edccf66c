// The event stream of a caller's sessions, over real HTTP, with the typed client and with nothing but a socket.

import { once } from "node:events";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

import { createChatSessionClient, type ChatSessionClient } from "@sidekit/chat-session/client";
import { expect, test } from "vitest";

import { sendProcedureStream } from "../src/routes/procedure-stream.ts";
import type { StreamEnding } from "../src/routes/run-stream.ts";
import { startApp, type RunningApp } from "./fixture.ts";

const json = { "content-type": "application/json" };
const path = "/trpc/chatSession.onSessionEvent";
const hello = {
  type: "threads.create",
  params: {
    input: { content: [{ type: "input_text", text: "Hello" }], attachments: [], inference_options: {} },
  },
};

test("S85, S100: a page is told of its sessions, in order, and goes on from where a broken line left it", async () => {
  await using app = await startApp();
  let connections = 0;
  const cut: AbortController[] = [];
  const chat = createChatSessionClient({
    url: `${app.url}/trpc`,
    issuerCredential: () => app.parts.launchToken,
    fetch(input, init) {
      if (!String(input).includes("onSessionEvent")) return fetch(input, init);
      connections += 1;
      const line = new AbortController();
      cut.push(line);
      return fetch(input, { ...init, signal: AbortSignal.any([init!.signal!, line.signal]) });
    },
  });
  const stop = new AbortController();
  const told: string[] = [];
  const following = (async () => {
    for await (const event of chat.sessionEvents({ signal: stop.signal })) {
      told.push(`${event.type} ${"sessionId" in event ? event.sessionId : ""}`);
    }
  })();
  await expect.poll(() => connections).toBe(1);
  const first = await chat.createSession();
  await expect.poll(() => told).toEqual([`created ${first.id}`]);
  cut[0]!.abort();
  // While nobody listens.
  await chat.cancelSession({ sessionId: first.id });
  const second = await chat.createSession();
  await expect
    .poll(() => told, { timeout: 10_000 })
    .toEqual([`created ${first.id}`, `cancelled ${first.id}`, `created ${second.id}`]);
  expect(connections).toBe(2);
  stop.abort(new Error("left"));
  await expect(following).rejects.toThrow("left");
}, 20_000);

test("S100: a page whose credential has ended is told so, and goes on with another one where it was", async () => {
  await using app = await startApp();
  const credentials = [app.parts.launchToken, "ended"];
  let line: AbortController | undefined;
  const statuses: number[] = [];
  const chat = createChatSessionClient({
    url: `${app.url}/trpc`,
    issuerCredential: () => credentials.shift() ?? app.parts.launchToken,
    async fetch(input, init) {
      line = new AbortController();
      const response = await fetch(input, {
        ...init,
        signal: AbortSignal.any([init!.signal!, line.signal]),
      });
      statuses.push(response.status);
      return response;
    },
  });
  const mint = async () => {
    const answer = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
    return ((await answer.json()) as { result: { data: { id: string } } }).result.data.id;
  };
  let lastEventId = "";
  const following = (async () => {
    for await (const { id } of chat.sessionEvents()) {
      lastEventId = id;
      line?.abort();
    }
  })();
  await expect.poll(() => statuses).toEqual([200]);
  const second = await mint();
  await expect(following).rejects.toMatchObject({ status: 401, appCode: "unauthenticated" });
  expect(statuses).toEqual([200, 401]);
  const third = await mint();
  expect(lastEventId).not.toBe("");

  const again = createChatSessionClient({
    url: `${app.url}/trpc`,
    issuerCredential: () => app.parts.launchToken,
  });
  for await (const event of again.sessionEvents({ lastEventId })) {
    expect(event).toMatchObject({ type: "created", sessionId: third });
    expect(third).not.toBe(second);
    break;
  }
}, 20_000);

test("S97, S98: frames are the library's, ids are tame, and no proxy is asked to hold or change them", async () => {
  await using app = await startApp({}, { heartbeatMs: 50 });
  const response = await follow(app);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  expect(response.headers.has("content-encoding")).toBe(false);
  const read = reader(response);
  await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const text = await read.until(/id: .+\n\n[^]*event: ping\ndata: \n\n$/);
  expect(text).toMatch(/^event: connected\ndata: \{"reconnectAfterInactivityMs":150\}\n\n/);
  expect(text).toMatch(/data: \{"type":"created"[^\n]*\}\nid: [A-Za-z0-9_.-]{1,128}\n\n/);
  await read.stop();
});

test("S99, S100: what is refused is refused before a stream begins, with its status", async () => {
  await using app = await startApp();
  expect((await follow(app, { bearer: "wrong" })).status).toBe(401);
  expect((await follow(app, { method: "POST" })).status).toBe(405);
  expect((await follow(app, { lastEventId: "of-somebody-else" })).status).toBe(400);
  const open = [];
  for (let line = 0; line < 8; line++) open.push(reader(await follow(app)));
  await Promise.all(open.map((line) => line.until(/connected/)));
  const refused = await follow(app);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  // A place becomes free when its reader has gone.
  await open[0]!.stop();
  await expect.poll(async () => (await follow(app)).status).toBe(200);
  await Promise.all(open.map((line) => line.stop()));
});

test("S78: a batch with a subscription in it is refused", async () => {
  await using app = await startApp();
  const batch = await fetch(`${app.url}/trpc/chatSession.onSessionEvent,chatSession.listSessions?batch=1`, {
    headers: { authorization: `Bearer ${app.parts.launchToken}` },
  });
  expect(batch.status).toBe(400);
});

test("L17: a stream ends after its time, so that the next one shows its credential again", async () => {
  await using app = await startApp({}, { streamMs: 100 });
  const text = await (await follow(app)).text();
  // Not the word that says that there is no more to come.
  expect(text).not.toContain("event: return");
});

test("L16, R7: a reader that takes nothing is cut, and the source is told", async () => {
  let stopped = false;
  const ended = Promise.withResolvers<StreamEnding>();
  const server = createServer((_request, response) => {
    const options = { heartbeatMs: 15_000, stallMs: 200, durationMs: 600_000, errorShape: String };
    ended.resolve(sendProcedureStream(response, endless(), options));
  });
  async function* endless() {
    try {
      for (;;) yield "x".repeat(16_000);
    } finally {
      stopped = true;
    }
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const outgoing = request({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  outgoing.end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  incoming.on("error", () => {});
  incoming.pause();
  expect(await ended.promise).toBe("slow_consumer");
  await expect.poll(() => stopped).toBe(true);
  server.close();
});

test.each([
  ["cancelSession", (chat: ChatSessionClient, sessionId: string) => chat.cancelSession({ sessionId })],
  ["cancelAllSessions", (chat: ChatSessionClient) => chat.cancelAllSessions()],
])(
  "S54, S55: %s ends open answers within five seconds and refuses the next request at once",
  async (_procedure, end) => {
    await using app = await startApp();
    const chat = createChatSessionClient({
      url: `${app.url}/trpc`,
      issuerCredential: () => app.parts.launchToken,
    });
    const session = await chat.createSession();
    const stream = await app.post("/chatkit", session.clientSecret, hello);
    expect(stream.status).toBe(200);
    const ended = stream.text();
    const started = performance.now();
    await end(chat, session.id);
    const list = { type: "threads.list", params: {} };
    expect((await app.post("/chatkit", session.clientSecret, list)).status).toBe(401);
    expect(await ended).toContain('"type":"error"');
    expect(performance.now() - started).toBeLessThan(5000);
  },
);

test("S36: a renewal by the client keeps the answer that is under way, and ends the old secret after the overlap", async () => {
  await using app = await startApp();
  const chat = createChatSessionClient({
    url: `${app.url}/trpc`,
    issuerCredential: () => app.parts.launchToken,
  });
  const first = await chat.createSession();
  const stream = await app.post("/chatkit", first.clientSecret, hello);
  const second = await chat.session.renew();
  const { fetch: chatFetch, url } = chat.chatkitApi();
  expect(second.id).not.toBe(first.id);
  expect(await stream.text()).toContain('"type":"thread.item.done"');
  const list = { type: "threads.list", params: {} };
  expect((await app.post("/chatkit", first.clientSecret, list)).status).toBe(200);
  app.moveWallClock(61_000);
  expect((await app.post("/chatkit", first.clientSecret, list)).status).toBe(401);
  const asked = await chatFetch(url, { method: "POST", headers: json, body: JSON.stringify(list) });
  expect(asked.status).toBe(200);
  expect(chat.session.current()?.id).toBe(second.id);
}, 30_000);

function follow(
  app: RunningApp,
  how: { bearer?: string; method?: string; lastEventId?: string } = {},
): Promise<Response> {
  return fetch(app.url + path, {
    method: how.method ?? "GET",
    headers: {
      authorization: `Bearer ${how.bearer ?? app.parts.launchToken}`,
      ...(how.lastEventId === undefined ? {} : { "last-event-id": how.lastEventId }),
      ...(how.method === "POST" ? json : {}),
    },
    ...(how.method === "POST" ? { body: "{}" } : {}),
    signal: AbortSignal.timeout(20_000),
  });
}

function reader(response: Response) {
  const stream = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        const { done, value } = await stream.read();
        if (done) throw new Error(`The stream ended with: ${text}`);
        text += value;
      }
      return text;
    },
    stop: () => stream.cancel(),
  };
}
