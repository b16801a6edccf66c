import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { SessionProfile } from "@sidekit/chat-session";
import { createChatSessionClient } from "@sidekit/chat-session/client";
import { describe, expect, test } from "vitest";

import { finish, frame, openEndpoint as open } from "./chatkit-endpoint.ts";
import { profile, serveRouter } from "./served-router.ts";

const shortLived = (ttlSeconds: number): { profiles: [SessionProfile] } => ({
  profiles: [{ ...profile, ttlSeconds }],
});

describe("the client secret", () => {
  test("is minted on first use, once for all who need it, and sent as bearer", async () => {
    await using opened = await open(finish);
    expect(opened.mints()).toBe(0);
    const replies = await Promise.all(Array.from({ length: 8 }, () => opened.send()));
    expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual(Array(8).fill(frame));
    expect(opened.mints()).toBe(1);
    expect(new Set(opened.seen.map(({ bearer }) => bearer)).size).toBe(1);
    expect(opened.seen[0]!.bearer).toMatch(/^ckss_/);
    expect(opened.stops()).toEqual([]);
  });

  test("of a session made by createSession is used, not another", async () => {
    await using opened = await open(finish);
    const session = await opened.chat.createSession();
    await (await opened.send()).text();
    expect(opened.mints()).toBe(1);
    expect(opened.seen[0]!.bearer).toBe(session.clientSecret);
    expect(opened.chat.chatkitApi()).toMatchObject({
      url: `${opened.served.origin}/chatkit`,
      domainKey: "local",
    });
  });

  test("is renewed before it ends, by the seconds since it was received", async () => {
    const clock = { wall: Date.now(), monotonic: 0 };
    await using opened = await open(finish, {
      client: { now: () => clock.wall, monotonicNow: () => clock.monotonic },
    });
    await (await opened.send()).text();
    clock.monotonic = 538_000;
    await (await opened.send()).text();
    expect(opened.mints()).toBe(1);
    clock.monotonic = 540_000;
    await (await opened.send()).text();
    expect(opened.mints()).toBe(2);
    // Asleep, the monotonic clock stands still.
    clock.wall += 541_000;
    await (await opened.send()).text();
    expect(opened.mints()).toBe(3);
    expect(new Set(opened.seen.map(({ bearer }) => bearer)).size).toBe(3);
  });

  test("that is due but cannot be renewed is used while it lives", async () => {
    const clock = { wall: Date.now(), monotonic: 0 };
    let credential = "member";
    await using opened = await open(finish, {
      client: {
        now: () => clock.wall,
        monotonicNow: () => clock.monotonic,
        issuerCredential: () => credential,
      },
    });
    await (await opened.send()).text();
    credential = "nobody";
    clock.monotonic = 545_000;
    expect((await opened.send()).status).toBe(200);
    clock.monotonic = 600_000;
    await expect(opened.send()).rejects.toMatchObject({ appCode: "unauthenticated" });
  });

  test("that is refused is replaced once, for all at once, and the text is sent again", async () => {
    await using opened = await open(finish);
    await (await opened.send()).text();
    const { id } = opened.chat.session.current()!;
    await opened.chat.cancelSession({ sessionId: id });
    opened.seen.length = 0;
    const replies = await Promise.all([opened.send({ body: '{"n":1}' }), opened.send({ body: '{"n":2}' })]);
    expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual([frame, frame]);
    expect(opened.mints()).toBe(2);
    expect(opened.seen.map(({ body }) => body).sort()).toEqual(['{"n":1}', '{"n":1}', '{"n":2}', '{"n":2}']);
  });

  test("that is refused twice is the caller's 401", async () => {
    const refused = new Set<string>();
    refused.has = () => true;
    await using opened = await open(finish, { refused });
    expect((await opened.send()).status).toBe(401);
    expect(opened.mints()).toBe(2);
    expect(opened.seen).toHaveLength(2);
  });

  test("that the server will not mint is an answer with the reason; without a credential the call rejects", async () => {
    await using server = await serveStatus(503, "draining");
    const { fetch: send, url } = client(server.origin).chatkitApi();
    const answer = await send(url, { method: "POST", body: "{}" });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: "draining" } });

    await using closed = await serveStatus(401, "unauthenticated");
    const refused = client(closed.origin).chatkitApi();
    await expect(refused.fetch(refused.url, { method: "POST", body: "{}" })).rejects.toMatchObject({
      appCode: "unauthenticated",
    });
  });

  test("is sent to the session's own endpoint only", async () => {
    await using opened = await open(finish);
    await using other = await open(finish);
    await (await opened.send()).text();
    for (const url of [
      other.api.url,
      `${opened.api.url}/other`,
      `${opened.api.url}?x=1`,
      `${opened.served.origin}/trpc/system.info`,
      "https://example.com/chatkit",
    ]) {
      await expect(opened.send({}, url)).rejects.toMatchObject({ appCode: "foreign_url" });
    }
    expect(other.seen).toEqual([]);
    expect(opened.seen).toHaveLength(1);
  });

  test("does not follow a redirect", async () => {
    await using other = await open(finish);
    await using opened = await open((response) => {
      response.writeHead(307, { location: other.api.url }).end();
    });
    await expect(opened.send()).rejects.toThrow();
    expect(other.seen).toEqual([]);
  });

  test("a Request object is sent like any other", async () => {
    await using opened = await open(finish);
    const headers = { "content-type": "application/json", authorization: "Bearer mine" };
    const request = new Request(opened.api.url, { method: "POST", body: '{"n":1}', headers });
    expect(await (await opened.api.fetch(request)).text()).toBe(frame);
    expect(opened.seen[0]).toMatchObject({
      method: "POST",
      body: '{"n":1}',
      bearer: expect.stringMatching(/^ckss_/),
    });
  });
});

describe("the current session", () => {
  test("is shown without its secret and announced when it changes", async () => {
    await using opened = await open(finish);
    const { session } = opened.chat;
    let changes = 0;
    const unsubscribe = session.subscribe(() => (changes += 1));
    expect(session.current()).toBeNull();
    const [first, same] = await Promise.all([session.renew(), session.renew()]);
    expect(first).toBe(same);
    expect(session.current()).toBe(first);
    expect(first).toMatchObject({ profile: "default", issuer: "local" });
    expect(first.expiresAtMs - Date.now()).toBeGreaterThan(595_000);
    expect(JSON.stringify(first)).not.toContain("ckss_");
    expect(changes).toBe(1);
    await session.end();
    expect(session.current()).toBeNull();
    expect(changes).toBe(2);
    expect((await opened.chat.listSessions()).data).toEqual([]);
    unsubscribe();
    await session.renew();
    expect(changes).toBe(2);
  });

  test("that is ended while it is minted ends all the same", async () => {
    await using opened = await open(finish);
    const renewed = opened.chat.session.renew();
    await opened.chat.session.end();
    await renewed;
    expect(opened.chat.session.current()).toBeNull();
    expect((await opened.chat.listSessions()).data).toEqual([]);
  });

  test("of a server whose sessions are short is renewed in time", async () => {
    await using opened = await open(finish, { service: shortLived(60) });
    const { refreshAtMs, expiresAtMs } = await opened.chat.session.renew();
    expect(expiresAtMs - refreshAtMs).toBe(12_000);
  });
});

describe("hosted", () => {
  test("hands out the secret, and another one when that one was refused", async () => {
    let count = 0;
    const hosted: SessionProfile = { ...profile, issuer: "hosted", workflow: { id: "wf_1", version: null } };
    await using served = await serveRouter({
      service: {
        profiles: [hosted],
        issuers: [
          {
            kind: "hosted",
            issue: async () => ({
              clientSecret: `ek_${(count += 1)}`,
              upstreamId: `cksess_up${count}`,
              expiresAtMs: Date.now() + 600_000,
              requestsPerMinute: 10,
              api: { kind: "hosted" },
            }),
            cancel: async () => {},
          },
        ],
      },
    });
    const options = { url: `${served.origin}/trpc`, issuerCredential: () => "member" };
    const { getClientSecret } = createChatSessionClient({ ...options, issuer: "hosted" }).chatkitApi();
    expect(await Promise.all([getClientSecret(null), getClientSecret(null)])).toEqual(["ek_1", "ek_1"]);
    expect(await getClientSecret("ek_1")).toBe("ek_2");
    expect(await getClientSecret("ek_1")).toBe("ek_2");
    const local = createChatSessionClient(options).chatkitApi();
    await expect(local.fetch(local.url, { method: "POST" })).rejects.toMatchObject({
      appCode: "wrong_issuer",
    });
  });

  test("a local session has no secret to hand out", async () => {
    await using opened = await open(finish);
    const url = `${opened.served.origin}/trpc`;
    const chat = createChatSessionClient({ url, issuerCredential: () => "member", issuer: "hosted" });
    await expect(chat.chatkitApi().getClientSecret(null)).rejects.toMatchObject({ appCode: "wrong_issuer" });
  });
});

function client(origin: string) {
  return createChatSessionClient({ url: `${origin}/trpc`, issuerCredential: () => "any" });
}

/** A server that refuses every procedure with this row. */
async function serveStatus(status: number, appCode: string) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    const data = { code: "SERVICE_UNAVAILABLE", httpStatus: status, appCode, requestId: "req_1" };
    response.end(JSON.stringify({ error: { code: -32603, message: "Refused.", data } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
