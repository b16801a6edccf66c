import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { message, mint, post } from "./chat.ts";
import { send, sendBytes, type RawAnswer, type RawRequest } from "./raw-http.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";

let sidecar: Sidecar;
let secret: string;

beforeAll(async () => {
  sidecar = await startSidecar({ env: { SIDEKIT_REQUESTS_PER_MINUTE: "1000" } });
  secret = await mint(sidecar);
});

// After each of them the process lives and serves, and nothing it wrote holds a credential.
afterEach(async () => {
  expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  const written = sidecar.output().replace(/^Sidekit ready at .*$/m, "");
  expect(written).not.toContain(sidecar.launchToken);
  expect(written).not.toContain(secret);
  expect(written).not.toMatch(/ck(ss|bs)_[0-9A-Za-z]{49}/);
});

afterAll(() => sidecar[Symbol.asyncDispose]());

const createSession = "/trpc/chatSession.createSession";
const json = { "content-type": "application/json" };
const asLauncher = () => ({ ...json, authorization: `Bearer ${sidecar.launchToken}` });
const asSession = () => ({ ...json, authorization: `Bearer ${secret}` });

/** Checks the one form of errors outside tRPC. */
async function expectRefusal(request: RawRequest, status: number, code: string): Promise<void> {
  await refusal(request, status, code);
}

async function refusal(request: RawRequest, status: number, code: string): Promise<RawAnswer> {
  const answer = await send(sidecar, request);
  expect(answer.status, answer.text).toBe(status);
  const { error } = JSON.parse(answer.text);
  expect(error.code).toBe(code);
  expect(error.requestId).toMatch(/^req_[0-9a-f]{32}$/);
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
  return answer;
}

/** Checks the form of errors of a procedure. */
async function expectProcedureRefusal(request: RawRequest, status: number, appCode: string): Promise<void> {
  await procedureRefusal(request, status, appCode);
}

async function procedureRefusal(request: RawRequest, status: number, appCode: string) {
  const answer = await send(sidecar, request);
  expect(answer.status, answer.text).toBe(status);
  const { error } = JSON.parse(answer.text);
  expect(error.data).toMatchObject({ httpStatus: status, appCode });
  expect(answer.text).not.toMatch(/\\n\s+at |node_modules|\.ts:|"stack"/);
  return error;
}

describe("createSession", () => {
  const call = (body: string | undefined, headers: Record<string, string> = asLauncher()): RawRequest => ({
    method: "POST",
    path: createSession,
    headers,
    ...(body === undefined ? {} : { body }),
  });

  test("an unknown field is named", async () => {
    const error = await procedureRefusal(
      call('{"user":"mallory","profile":"default"}'),
      400,
      "invalid_request",
    );
    expect(error.data.fields).toEqual(["user"]);
    expect(JSON.stringify(error)).not.toContain("mallory");
  });

  test("a wrong type is named by its path, without the value", async () => {
    const error = await procedureRefusal(call('{"profile":4711}'), 400, "invalid_request");
    expect(error.data.fields).toEqual(["profile"]);
    expect(JSON.stringify(error)).not.toContain("4711");
  });

  test("an unknown profile", async () => {
    const error = await procedureRefusal(call('{"profile":"no-such-profile"}'), 400, "invalid_request");
    expect(JSON.stringify(error)).not.toContain("no-such-profile");
  });

  test("a missing body", () => expectProcedureRefusal(call(undefined), 400, "invalid_request"));
  test("an empty body", () => expectProcedureRefusal(call(""), 400, "invalid_request"));
  test("truncated JSON", () => expectProcedureRefusal(call('{"profile":'), 400, "invalid_request"));
  test("a depth bomb", () => expectRefusal(call("[".repeat(500_000)), 400, "invalid_request"));
  test("__proto__", () => expectRefusal(call('{"__proto__":{"profile":"default"}}'), 400, "invalid_request"));
  test("prototype, deep down", () =>
    expectRefusal(call('{"stateVariables":{"a":{"constructor":{"prototype":{}}}}}'), 400, "invalid_request"));

  test("two MiB", () =>
    expectRefusal(call(`{"profile":"${"x".repeat(2_097_152)}"}`), 413, "payload_too_large"));

  test.each([
    ["multipart", "multipart/form-data; boundary=x"],
    ["text", "text/plain"],
    ["a form", "application/x-www-form-urlencoded"],
    ["JSON with garbage", "application/json garbage"],
    ["JSON with a parameter", "application/json\t;x"],
    ["something like JSON", "application/jsonp"],
  ])("%s is refused before its body", (_name, type) =>
    expectRefusal(call("{}", { ...asLauncher(), "content-type": type }), 415, "unsupported_media_type"),
  );

  test("no content type", () =>
    expectRefusal(
      call("{}", { authorization: `Bearer ${sidecar.launchToken}` }),
      415,
      "unsupported_media_type",
    ));

  test("no credential", async () => {
    await expectProcedureRefusal(call("{}", json), 401, "unauthenticated");
  });

  test("a garbage credential", () =>
    expectProcedureRefusal(call("{}", { ...json, authorization: "Bearer garbage" }), 401, "unauthenticated"));

  test("a client secret opens nothing here", () =>
    expectProcedureRefusal(call("{}", asSession()), 403, "forbidden"));

  test("S77, S23: by GET", () =>
    expectProcedureRefusal(
      { path: `${createSession}?input={}`, headers: asLauncher() },
      405,
      "method_not_allowed",
    ));

  test("batched with another call", () =>
    expectRefusal(
      {
        method: "POST",
        path: `${createSession},${createSession.slice(6)}?batch=1`,
        headers: asLauncher(),
        body: '{"0":{},"1":{}}',
      },
      400,
      "invalid_request",
    ));

  test.each(["chatSession.noSuchThing", "__proto__", "constructor", "a..b", "toString"])(
    "unknown procedure %s",
    (name) =>
      expectProcedureRefusal(
        { method: "POST", path: `/trpc/${name}`, headers: asLauncher(), body: "{}" },
        404,
        "not_found",
      ),
  );

  test.each(["%2C", "%252C"])("batched behind an encoded comma, %s", async (comma) => {
    const answer = await send(sidecar, {
      method: "POST",
      path: `${createSession}${comma}chatSession.createSession?batch=1`,
      headers: asLauncher(),
      body: '{"0":{},"1":{}}',
    });
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toContain("ckss_");
  });

  test("an input that is given twice", () =>
    expectRefusal(
      { path: "/trpc/chatSession.listSessions?input={}&input={}", headers: asLauncher() },
      400,
      "invalid_request",
    ));

  test("PUT names what is allowed", async () => {
    const answer = await refusal(
      { method: "PUT", path: createSession, headers: asLauncher(), body: "{}" },
      405,
      "method_not_allowed",
    );
    expect(answer.headers.allow).toBe("GET, POST");
  });
});

describe("credentials", () => {
  test("the launch token does not open the chat", () =>
    expectRefusal(
      { method: "POST", path: "/chatkit", headers: asLauncher(), body: "{}" },
      401,
      "unauthenticated",
    ));

  test.each(["", "Bearer", "Bearer ", "Bearer a b", "Basic abc", "Bearer\tabc"])(
    "Authorization %j",
    (authorization) =>
      expectRefusal(
        { method: "POST", path: "/chatkit", headers: { ...json, authorization }, body: "{}" },
        401,
        "unauthenticated",
      ),
  );

  test("S47: a forged secret and a garbage one get the same bytes", async () => {
    const changed = secret.slice(0, -1) + (secret.endsWith("0") ? "1" : "0");
    const bodies = [];
    for (const token of [changed, `ckss_${"0".repeat(43)}1K2Qwh`, "garbage"]) {
      const answer = await send(sidecar, {
        method: "POST",
        path: "/chatkit",
        headers: { ...json, authorization: `Bearer ${token}` },
        body: "{}",
      });
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="chatkit", error="invalid_token"');
      bodies.push(answer.text.replace(/req_[0-9a-f]+/, ""));
    }
    expect(new Set(bodies).size).toBe(1);
  });

  test("a secret in the address is refused, and dead from then on", async () => {
    const leaked = await mint(sidecar);
    await expectRefusal({ path: `/readyz?token=${leaked}` }, 400, "credential_in_url");
    const refused = await post(sidecar, "/chatkit", leaked, { type: "threads.list", params: {} });
    expect(refused.status).toBe(401);
    expect(sidecar.output()).not.toContain(leaked);
  });

  test("a launch token in the address is refused", () =>
    expectRefusal({ path: `/?launch=${sidecar.launchToken}` }, 400, "credential_in_url"));

  test("a cancelled secret", async () => {
    const created = JSON.parse((await post(sidecar, createSession, sidecar.launchToken, {})).text).result
      .data;
    await post(sidecar, "/trpc/chatSession.cancelSession", sidecar.launchToken, { sessionId: created.id });
    const refused = await post(sidecar, "/chatkit", created.clientSecret, {
      type: "threads.list",
      params: {},
    });
    expect(refused.status).toBe(401);
  });
});

describe("the chat", () => {
  const chat = (body: unknown) => ({
    method: "POST",
    path: "/chatkit",
    headers: asSession(),
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const create = (input: object) => chat({ type: "threads.create", params: { input } });
  const empty = { attachments: [], inference_options: {} };

  test.each([
    ["not JSON", "nonsense"],
    ["truncated", '{"type":"threads.list","params":'],
    ["a string", '"threads.list"'],
    ["null", "null"],
    ["no type", "{}"],
    ["no params", '{"type":"threads.list"}'],
    ["null params", '{"type":"threads.list","params":null}'],
    ["wrong order", '{"type":"threads.list","params":{"order":"sideways"}}'],
    ["negative limit", '{"type":"threads.list","params":{"limit":-1}}'],
    ["a half limit", '{"type":"threads.list","params":{"limit":5.5}}'],
    ["__proto__", '{"type":"threads.list","params":{"__proto__":{}}}'],
    ["a duplicate key", '{"type":"threads.list","type":"threads.delete","params":{}}'],
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString("latin1")],
  ])("%s", (_name, body) => expectRefusal(chat(body), 400, "invalid_request"));

  test("an unknown type", () =>
    expectRefusal(chat({ type: "threads.explode", params: {} }), 400, "invalid_request"));

  test("a blank message", () =>
    expectRefusal(
      create({ content: [{ type: "input_text", text: " \n " }], ...empty }),
      400,
      "invalid_request",
    ));
  test("S103: a message of 300 KiB", () =>
    expectRefusal(chat(message("x".repeat(307_200))), 400, "invalid_request"));
  test("S103: a message of 65 KiB", () =>
    expectRefusal(chat(message("x".repeat(66_560))), 400, "invalid_request"));
  test("a megabyte of something else than a recording", () =>
    expectRefusal(
      chat({ type: "threads.list", params: { audio_base64: "x".repeat(1_100_000) } }),
      413,
      "payload_too_large",
    ));
  test("a recording of 9 MiB is read, and not understood by a server without a key", () =>
    expectRefusal(
      chat({
        type: "input.transcribe",
        params: { audio_base64: "A".repeat(9_437_184), mime_type: "audio/webm" },
      }),
      501,
      "not_configured",
    ));
  // A server that has refused a body reads it no further, and the client may find out before it has read why.
  test("S108: a recording of 11 MiB", { retry: 2 }, () =>
    expectRefusal(
      chat({
        type: "input.transcribe",
        params: { audio_base64: "A".repeat(11_534_336), mime_type: "audio/webm" },
      }),
      413,
      "payload_too_large",
    ),
  );
  test("a lone surrogate", () =>
    expectRefusal(chat(JSON.stringify(message("x")).replace('"x"', '"\\ud800"')), 400, "invalid_request"));
  test("S102: an attachment that does not exist", () =>
    expectRefusal(
      create({
        content: [{ type: "input_text", text: "hi" }],
        attachments: ["atc_1"],
        inference_options: {},
      }),
      404,
      "not_found",
    ));

  test.each([
    ["open", { type: "threads.get_by_id", params: { thread_id: "thr_foreign" } }],
    ["rename", { type: "threads.update", params: { thread_id: "thr_foreign", title: "Mine" } }],
    ["continue", message("Hello", "thr_foreign")],
    [
      "retry in",
      { type: "threads.retry_after_item", params: { thread_id: "thr_foreign", item_id: "msg_1" } },
    ],
    [
      "act in",
      { type: "threads.custom_action", params: { thread_id: "thr_foreign", action: { type: "x" } } },
    ],
    [
      "act at once in",
      { type: "threads.sync_custom_action", params: { thread_id: "thr_foreign", action: { type: "x" } } },
    ],
    [
      "answer a tool in",
      { type: "threads.add_client_tool_output", params: { thread_id: "thr_foreign", result: null } },
    ],
    [
      "fill in a form in",
      { type: "threads.add_structured_input", params: { thread_id: "thr_foreign", item_id: "m", input: {} } },
    ],
  ])("S102: %s a thread that does not exist, or is another's", (_name, body) =>
    expectRefusal(chat(body), 404, "not_found"),
  );

  test("stopping a run that does not exist, or is another's", () =>
    expectRefusal(
      { method: "DELETE", path: `/chatkit/runs/run_${"0".repeat(22)}`, headers: asSession() },
      404,
      "not_found",
    ));
  test("stopping something that is no run", () =>
    expectRefusal(
      { method: "DELETE", path: "/chatkit/runs/..%2f..%2fetc", headers: asSession() },
      404,
      "not_found",
    ));

  test("GET is not for this path", async () => {
    const answer = await refusal({ path: "/chatkit", headers: asSession() }, 405, "method_not_allowed");
    expect(answer.headers.allow).toBe("POST");
  });
});

describe("host and origin", () => {
  const paths = ["/", "/healthz", "/readyz", "/trpc/system.info", "/chatkit", "/no/such/path"];

  test.each(paths)("a foreign Host gets nothing from %s", (path) =>
    expectRefusal({ path, headers: { host: "evil.example" } }, 403, "host_not_allowed"),
  );
  test.each(paths)("a foreign Origin gets nothing from %s", async (path) => {
    const answer = await refusal(
      { path, headers: { origin: "https://evil.example" } },
      403,
      "origin_not_allowed",
    );
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });
  test("the name localhost is another name", () =>
    expectRefusal(
      { path: "/healthz", headers: { host: new URL(sidecar.url).host.replace("127.0.0.1", "localhost") } },
      403,
      "host_not_allowed",
    ));
  test("a preflight of a foreign origin", () =>
    expectRefusal(
      {
        method: "OPTIONS",
        path: "/chatkit",
        headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
      },
      403,
      "origin_not_allowed",
    ));
  test("a preflight of our own", async () => {
    const answer = await send(sidecar, {
      method: "OPTIONS",
      path: "/chatkit",
      headers: {
        origin: sidecar.url,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers["access-control-allow-origin"]).toBe(sidecar.url);
    expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
  });
  test("a cross-site request without an origin", () =>
    expectRefusal(
      { path: "/trpc/system.info", headers: { "sec-fetch-site": "cross-site" } },
      403,
      "origin_not_allowed",
    ));
  test("an address bar that leads to data", () =>
    expectRefusal(
      { path: "/trpc/system.info", headers: { "sec-fetch-mode": "navigate", "sec-fetch-site": "none" } },
      403,
      "origin_not_allowed",
    ));

  test("a target with an authority of its own", async () => {
    const host = new URL(sidecar.url).host;
    const answer = await sendBytes(
      sidecar,
      `GET http://evil.example/healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
  test("a target that cannot be decoded, for a foreign host", () =>
    expectRefusal({ path: "/trpc/%E0%A4%A", headers: { host: "evil.example" } }, 403, "host_not_allowed"));
  test("a method nobody serves", async () => {
    const answer = await send(sidecar, { method: "QUERY", path: "/healthz" });
    expect(answer.status).toBe(405);
  });
  test.each(["/assets/none.js", "/assets/..%2findex.html", "/assets/%2e%2e", "/assets/%00"])(
    "no file %s",
    async (path) => {
      const answer = await send(sidecar, { path });
      expect(answer.status).toBe(404);
      expect(answer.headers["cache-control"]).toBe("no-store");
    },
  );
  test("two Host fields", async () => {
    const host = new URL(sidecar.url).host;
    const answer = await sendBytes(
      sidecar,
      `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
  });
  test("no Host field", async () => {
    const answer = await sendBytes(sidecar, "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
  test("two lengths", async () => {
    const host = new URL(sidecar.url).host;
    const answer = await sendBytes(
      sidecar,
      `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
  test("an upgrade is never granted", async () => {
    const host = new URL(sidecar.url).host;
    const answer = await sendBytes(
      sidecar,
      `GET /trpc HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    );
    expect(answer).not.toContain(" 101 ");
  });
});

describe("limits of the connection", () => {
  test("a header block of 20 KiB", async () => {
    const answer = await send(sidecar, { path: "/healthz", headers: { "x-large": "x".repeat(20_480) } });
    expect(answer.status).toBe(431);
  });
  test("more than 100 header fields", async () => {
    const headers = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-${at}`, "1"]));
    await expectRefusal({ path: "/healthz", headers }, 431, "headers_too_large");
  });
  test("a target of 9 KiB", () => expectRefusal({ path: `/${"a".repeat(9216)}` }, 414, "uri_too_long"));
  test("headers that never end are cut after 10 s (L1)", async () => {
    const started = Date.now();
    const answer = await sendBytes(
      sidecar,
      `GET /healthz HTTP/1.1\r\nHost: ${new URL(sidecar.url).host}\r\nX-Slow: `,
    );
    expect(Date.now() - started).toBeGreaterThan(8_000);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(answer === "" || answer.startsWith("HTTP/1.1 408 ")).toBe(true);
  });
});
