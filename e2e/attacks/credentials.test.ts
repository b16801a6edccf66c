// Credentials in every wrong place, and everything that is nearly one.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { mint, post } from "../chat.ts";
import { send } from "../raw-http.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { bearer, createSession, expectRefused, json, minted } from "./target.ts";

const list = '{"type":"threads.list","params":{}}';
let sidecar: Sidecar;

beforeAll(async () => {
  sidecar = await startSidecar({ env: { SIDEKIT_REQUESTS_PER_MINUTE: "1000" } });
});
afterEach(() => {
  const written = sidecar.output().replace(/^Sidekit ready at .*$/m, "");
  expect(written).not.toMatch(/ck(?:ss|bs|sv|st)_[0-9A-Za-z]{20}/);
});
afterAll(() => sidecar[Symbol.asyncDispose]());

const opens = async (secret: string) => (await post(sidecar, "/chatkit", secret, list)).status === 200;

describe("S35: each credential opens one place", () => {
  test("a client secret opens no procedure but that for everybody", async () => {
    const before = (await minted(sidecar)) + 1;
    const secret = await mint(sidecar);
    await expect.poll(() => minted(sidecar)).toBe(before);
    for (const name of [
      "chatSession.createSession",
      "chatSession.cancelSession",
      "chatSession.cancelAllSessions",
      "apiKeys.verify",
      "system.doctor",
    ]) {
      const answer = await send(sidecar, {
        method: "POST",
        path: `/trpc/${name}`,
        headers: bearer(secret),
        body: "{}",
      });
      expectRefused(answer, [400, 403], secret);
      expect(JSON.parse(answer.text).error.data.appCode, name).toBe("forbidden");
    }
    for (const name of ["chatSession.listSessions", "apiKeys.status"]) {
      expectRefused(await send(sidecar, { path: `/trpc/${name}`, headers: bearer(secret) }), [403], secret);
    }
    expect(await minted(sidecar)).toBe(before);
    expect(await opens(secret)).toBe(true);
  });

  test("the launch token opens no chat", async () => {
    const headers = bearer(sidecar.launchToken);
    expectRefused(await send(sidecar, { method: "POST", path: "/chatkit", headers, body: list }), [401]);
    expectRefused(
      await send(sidecar, { method: "DELETE", path: `/chatkit/runs/run_${"0".repeat(22)}`, headers }),
      [401],
    );
    expectRefused(await send(sidecar, { path: `/attachments/${"A".repeat(40)}`, headers }), [401, 404]);
  });
});

describe("S46, S47: a bearer that is not exactly one", () => {
  test("opens nothing, with the same words for all of them", async () => {
    const secret = await mint(sidecar);
    const fields = [
      secret,
      `Bearer  ${secret}`,
      `Bearer\t${secret}`,
      `Bearer ${secret} x`,
      `Bearer ${secret},`,
      `Bearer ${secret}, Bearer ${secret}`,
      `Bearer "${secret}"`,
      `Basic ${btoa(`${secret}:`)}`,
      `Token ${secret}`,
      `Bearer=${secret}`,
      `BearerX ${secret}`,
      `Bearer ${secret}\u00a0`,
      "Bearer",
      "Bearer ",
    ];
    const bodies = new Set<string>();
    for (const authorization of fields) {
      const headers = { ...json, authorization };
      const answer = await send(sidecar, { method: "POST", path: "/chatkit", headers, body: list });
      expectRefused(answer, [401], secret);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="chatkit", error="invalid_token"');
      bodies.add(answer.text.replace(/req_[0-9a-f]+/, ""));
    }
    expect(bodies.size).toBe(1);
    const none = await send(sidecar, { method: "POST", path: "/chatkit", headers: json, body: list });
    expect(none.headers["www-authenticate"]).toBe('Bearer realm="chatkit"');
    for (const scheme of ["bearer", "BEARER"]) {
      const headers = { ...json, authorization: `${scheme} ${secret}` };
      expect((await send(sidecar, { method: "POST", path: "/chatkit", headers, body: list })).status).toBe(
        200,
      );
    }
  });

  test("S39, S41: cut, lengthened, changed and swapped ones get the same bytes as one of no session", async () => {
    const secret = await mint(sidecar);
    const other = await mint(sidecar);
    const body = secret.slice(5, 48);
    const forged = [
      ...Array.from({ length: 54 }, (_, at) => secret.slice(0, at)).filter((cut) => cut !== ""),
      ...Array.from(
        { length: 54 },
        (_, at) => secret.slice(0, at) + changed(secret[at]!) + secret.slice(at + 1),
      ),
      `${secret}0`,
      `0${secret}`,
      secret.toUpperCase(),
      `ckbs_${secret.slice(5)}`,
      `cksv_${secret.slice(5)}`,
      `ckst_${secret.slice(5)}`,
      `ckss_${body}${other.slice(48)}`,
      `ckss_${"0".repeat(43)}1K2Qwh`,
      [...secret].reverse().join(""),
    ];
    const bodies = new Set<string>();
    for (const token of forged) {
      const answer = await post(sidecar, "/chatkit", token, list);
      expect(answer.status, token).toBe(401);
      bodies.add(`${answer.headers.get("www-authenticate")} ${answer.text.replace(/req_[0-9a-f]+/, "")}`);
    }
    expect(bodies.size).toBe(1);
    expect(await opens(secret)).toBe(true);
  });

  test("S54: what was cancelled stays dead, however often it is tried", async () => {
    const created = JSON.parse((await post(sidecar, createSession, sidecar.launchToken, {})).text).result
      .data;
    expect(await opens(created.clientSecret)).toBe(true);
    await post(sidecar, "/trpc/chatSession.cancelSession", sidecar.launchToken, { sessionId: created.id });
    for (let at = 0; at < 5; at++) expect(await opens(created.clientSecret)).toBe(false);
  });
});

describe("S50: a credential where none belongs", () => {
  test("in an address: refused, even if it is valid, and dead from then on", async () => {
    const places = [
      (token: string) => `/healthz?token=${token}`,
      (token: string) => `/chatkit?x=${token}`,
      (token: string) => `/trpc/system.info?input=${encodeURIComponent(JSON.stringify({ token }))}`,
      (token: string) => `/${token}`,
      (token: string) => `/chatkit/runs/${token}`,
      (token: string) => `/attachments/${token}`,
      (token: string) => `/trpc/${token}`,
      (token: string) => `/assets/${token}.js`,
    ];
    for (const place of places) {
      const secret = await mint(sidecar);
      const answer = await send(sidecar, { path: place(secret) });
      expectRefused(answer, [400], secret);
      expect(answer.text).toContain("credential_in_url");
      expect(await opens(secret), place("…")).toBe(false);
      const launch = await send(sidecar, { path: place(sidecar.launchToken) });
      expectRefused(launch, [400], sidecar.launchToken);
    }
    // It is not used up by that: whoever sent it to the wrong place did not get to end everybody's way in.
    expect((await post(sidecar, createSession, sidecar.launchToken, {})).status).toBe(200);
  });

  test("by the usual names of such a parameter, whatever its value", async () => {
    for (const name of ["access_token", "token", "client_secret", "api_key", "authorization", "launch"]) {
      expectRefused(await send(sidecar, { path: `/readyz?a=b&${name}=anything` }), [400]);
    }
  });

  test("in a cookie: not looked at, and none is ever set (S22)", async () => {
    const secret = await mint(sidecar);
    for (const cookie of [
      `token=${secret}`,
      `authorization=Bearer ${secret}`,
      `sidekit=${sidecar.launchToken}`,
    ]) {
      const chat = await send(sidecar, {
        method: "POST",
        path: "/chatkit",
        headers: { ...json, cookie },
        body: list,
      });
      expectRefused(chat, [400, 401], secret);
      const made = await send(sidecar, {
        method: "POST",
        path: createSession,
        headers: { ...json, cookie },
        body: "{}",
      });
      expectRefused(made, [400, 401], secret);
      expect(chat.headers["set-cookie"]).toBeUndefined();
    }
  });

  test("in other header fields: not looked at", async () => {
    const secret = await mint(sidecar);
    for (const field of [
      "x-api-key",
      "x-auth-token",
      "proxy-authorization",
      "sec-websocket-protocol",
      "x-sidekit-secret",
    ]) {
      const headers = { ...json, [field]: `Bearer ${secret}` };
      expectRefused(
        await send(sidecar, { method: "POST", path: "/chatkit", headers, body: list }),
        [400, 401],
        secret,
      );
    }
  });

  test("in a body: refused, and dead from then on", async () => {
    const holder = await mint(sidecar);
    for (const wrap of [
      (token: string) => ({ type: "threads.list", params: { after: token } }),
      (token: string) => ({ type: "threads.list", params: {}, metadata: { token } }),
      (token: string) => ({
        type: "threads.create",
        params: {
          input: {
            content: [{ type: "input_text", text: `use ${token}` }],
            attachments: [],
            inference_options: {},
          },
        },
      }),
    ]) {
      const secret = await mint(sidecar);
      const answer = await post(sidecar, "/chatkit", holder, wrap(secret));
      expect(answer.status, answer.text).toBe(400);
      expect(answer.text).toContain("credential_in_body");
      expect(answer.text).not.toContain(secret);
      expect(await opens(secret)).toBe(false);
    }
  });
});

describe("S27, S28, S31, S32: who a session is for, and what it may do, is not the client's choice", () => {
  test.each([
    { user: "mallory" },
    { userId: "mallory" },
    { tenant: "north" },
    { scope: "admin" },
    { scopes: ["admin"] },
    { ttlSeconds: 3600 },
    { expiresIn: 3600 },
    { requestsPerMinute: 1000 },
    { rate_limits: { max_requests_per_1_minute: 1000 } },
    { workflow: { id: "wf_mine" } },
    { responder: "openai-responses" },
    { model: "gpt-6-astra" },
  ])("%o in the body is refused", async (input) => {
    const before = await minted(sidecar);
    const answer = await post(sidecar, createSession, sidecar.launchToken, input);
    expect(answer.status, answer.text).toBe(400);
    expect(JSON.parse(answer.text).error.data.appCode).toBe("invalid_request");
    expect(await minted(sidecar)).toBe(before);
  });

  test("no header names the user for who has no right to it", async () => {
    const answer = await send(sidecar, {
      method: "POST",
      path: createSession,
      headers: {
        ...bearer(sidecar.launchToken),
        "x-user": "mallory",
        "x-user-id": "mallory",
        "x-tenant": "north",
        "x-forwarded-user": "mallory",
        "remote-user": "mallory",
      },
      body: "{}",
    });
    expect(answer.status).toBe(200);
    const listed = await send(sidecar, {
      path: "/trpc/chatSession.listSessions",
      headers: bearer(sidecar.launchToken),
    });
    expect(listed.text).not.toContain("mallory");
  });

  test("S27: without a credential nothing is minted", async () => {
    const before = await minted(sidecar);
    for (const authorization of [undefined, "Bearer x", `Bearer ckbs_${"0".repeat(49)}`]) {
      const headers = authorization === undefined ? json : { ...json, authorization };
      expectRefused(await send(sidecar, { method: "POST", path: createSession, headers, body: "{}" }), [401]);
    }
    expect(await minted(sidecar)).toBe(before);
  });
});

function changed(char: string): string {
  return char === "A" ? "B" : "A";
}
