// A configured key against a real upstream on loopback.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";

import { describe, expect, test } from "vitest";

import { createApiKey, type ApiKey } from "./api-key.ts";
import { SecretsError } from "./errors.ts";
import { fingerprint } from "./fingerprint.ts";
import { Secret } from "./secret.ts";
import { createEnvironmentKeySource } from "./sources/environment.ts";

const value = "sk-proj-4f1c9be27d08A6535e71";
const json = { "content-type": "application/json" };

describe("before the upstream is asked", () => {
  test("unchecked, and nothing is read", async () => {
    await using upstream = await serve(() => {});
    expect(keyFor(upstream).status()).toEqual({
      id: "openai",
      purpose: "model",
      source: "OPENAI_API_KEY",
      fingerprint: null,
      position: null,
      previous: null,
      state: "unchecked",
      problem: null,
      mend: null,
      checkedAt: null,
      alert: null,
    });
  });

  test("once read: unchecked with a fingerprint, and the upstream is left alone", async () => {
    await using upstream = await serve(() => {});
    const key = keyFor(upstream, { text: `${value}\n` });
    expect((await key.current(soon())).reveal()).toBe(value);
    expect(key.status()).toMatchObject({ state: "unchecked", fingerprint: fingerprint(new Secret(value)) });
    expect(upstream.requests).toHaveLength(0);
  });

  test.each([
    ["missing", null, "key_missing"],
    ["missing", " ", "key_blank"],
    ["malformed", "changeme", "key_placeholder"],
    ["malformed", `${value} `, "key_white_space"],
    ["malformed", "sk-admin-4f1c9be27d08A6535e71", "key_admin"],
  ])("%s: %j", async (state, text, code) => {
    await using upstream = await serve(() => {});
    const key = keyFor(upstream, { text });
    const error = await key.current(soon()).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(SecretsError);
    expect(error).toMatchObject({ code });

    const status = await key.check(soon());
    expect(status).toMatchObject({ state, fingerprint: null, checkedAt: null });
    expect(status.problem).toContain("OPENAI_API_KEY");
    expect(status.mend).toMatch(/\.$/);
    expect(upstream.requests).toHaveLength(0);
  });

  test("a source that answers never is given up after 5 s", async () => {
    await using upstream = await serve(() => {});
    const key = createApiKey({
      id: "openai",
      purpose: "model",
      source: {
        kind: "file",
        setting: "OPENAI_API_KEY_FILE",
        settleMs: 0,
        mark: async () => null,
        read: () => new Promise(() => {}),
      },
      shape: { prefix: "sk-" },
      baseUrl: upstream.baseUrl,
      fetch,
    });
    await expect(key.current(AbortSignal.timeout(9000))).rejects.toMatchObject({ code: "file_slow" });
    expect(key.status()).toMatchObject({ state: "malformed" });
  }, 10_000);

  test("a key that was mended while we run is found", async () => {
    await using upstream = await serve(() => {});
    const texts = ["changeme", value];
    const key = createApiKey({
      id: "openai",
      purpose: "model",
      source: {
        kind: "file",
        setting: "OPENAI_API_KEY_FILE",
        settleMs: 0,
        mark: async () => null,
        read: async () => new Secret(texts.shift() ?? "read too often"),
      },
      shape: { prefix: "sk-" },
      baseUrl: upstream.baseUrl,
      fetch,
    });
    await expect(key.current(soon())).rejects.toMatchObject({ code: "key_placeholder" });
    expect((await key.current(soon())).reveal()).toBe(value);
    expect((await key.current(soon())).reveal()).toBe(value);
    expect(key.status()).toMatchObject({ state: "unchecked", problem: null });
  });
});

describe("the question", () => {
  test("is GET {baseUrl}/models with the key, and nothing else of ours", async () => {
    await using upstream = await serve(valid);
    await keyFor(upstream, { baseUrl: `${upstream.baseUrl}/` }).check(soon());
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]).toMatchObject({ method: "GET", url: "/v1/models" });
    expect(upstream.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${value}` });
  });

  test("follows no redirect, so that the key reaches no second host (S127)", async () => {
    await using other = await serve(valid);
    await using upstream = await serve((_request, response) => {
      response.writeHead(307, { location: `${other.baseUrl}/models` }).end();
    });
    expect(await keyFor(upstream).check(soon())).toMatchObject({ state: "unreachable" });
    expect(other.requests).toHaveLength(0);
  });
});

const quota = JSON.stringify({
  error: { message: `Quota used up for ${value}`, code: "insufficient_quota" },
});
const quotaType = JSON.stringify({ error: { message: "", type: "insufficient_quota", code: null } });
const rateLimit = JSON.stringify({ error: { message: `Slow down, ${value}`, code: "rate_limit_exceeded" } });

describe("the outcomes (S141)", () => {
  test.each([
    ["valid", "200", 200, json, "{}", null],
    ["invalid", "401", 401, json, `{"error":{"message":"Incorrect API key provided: ${value}"}}`, null],
    ["lacks-permission", "403", 403, json, `{"error":{"message":"${value}"}}`, null],
    ["no-quota", "402", 402, json, "{}", null],
    ["no-quota", "429 of a used up quota", 429, json, quota, null],
    ["no-quota", "429 that says so by type", 429, json, quotaType, null],
    ["unreachable", "429 of a rate limit", 429, json, rateLimit, "HTTP 429"],
    [
      "unreachable",
      "429 with prose",
      429,
      { "content-type": "text/html" },
      "<p>insufficient_quota",
      "HTTP 429",
    ],
    ["unreachable", "429 with an oversized body", 429, json, quota + " ".repeat(20_000), "HTTP 429"],
    ["unreachable", "404", 404, json, "{}", "HTTP 404"],
    ["unreachable", "500", 500, json, value, "HTTP 500"],
    ["unreachable", "503", 503, json, "{}", "HTTP 503"],
    ["unreachable", "204", 204, {}, "", "HTTP 204"],
    [
      "unreachable",
      "a sign-in page",
      200,
      { "content-type": "text/html" },
      "<form>",
      "an answer that is not JSON",
    ],
  ] as const)("%s: %s", async (state, _name, status, headers, body, fact) => {
    await using upstream = await serve((_request, response) => {
      response.writeHead(status, headers).end(body);
    });
    const seen = await keyFor(upstream, { now: () => 1_750_000_000_000 }).check(soon());
    expect(seen).toMatchObject({
      state,
      fingerprint: fingerprint(new Secret(value)),
      checkedAt: "2025-06-15T15:06:40.000Z",
    });
    const troubled = state !== "valid";
    expect([seen.problem?.endsWith("."), seen.mend?.endsWith(".")]).toEqual(
      troubled ? [true, true] : [undefined, undefined],
    );
    expect(/\((.+)\)/.exec(seen.problem ?? "")?.[1] ?? null).toBe(fact);
    expect(inspect(seen, { depth: 9 })).not.toContain(value);
  });

  test("unreachable: reset", async () => {
    await using upstream = await serve((request) => request.socket.resetAndDestroy());
    expect(await keyFor(upstream).check(soon())).toMatchObject({
      state: "unreachable",
      problem: expect.stringContaining("(ECONNRESET)"),
    });
  });

  test("unreachable: nobody listens", async () => {
    const upstream = await serve(valid);
    await upstream[Symbol.asyncDispose]();
    expect(await keyFor(upstream).check(soon())).toMatchObject({
      state: "unreachable",
      problem: expect.stringContaining("(ECONNREFUSED)"),
    });
  });

  test("unreachable: no answer, or an error without an end, after 3 s", async () => {
    await using silent = await serve(() => {});
    await using endless = await serve((_request, response) => {
      response.writeHead(429, json).write("{");
    });
    const start = performance.now();
    const seen = await Promise.all(
      [keyFor(silent), keyFor(endless)].map((key) => key.check(AbortSignal.timeout(9000))),
    );
    const tookMs = performance.now() - start;
    for (const status of seen) {
      expect(status).toMatchObject({
        state: "unreachable",
        problem: expect.stringContaining("(no answer within 3 s)"),
      });
    }
    expect(tookMs).toBeGreaterThan(2900);
    expect(tookMs).toBeLessThan(4500);
  }, 10_000);

  test("a body that does not end does not hold up a valid key", async () => {
    await using upstream = await serve((_request, response) => {
      response.writeHead(200, json).write("{");
    });
    expect(await keyFor(upstream).check(soon())).toMatchObject({ state: "valid" });
  });
});

describe("how often the upstream is asked", () => {
  test("once by all who ask at the same time", async () => {
    await using upstream = await serve(valid);
    const key = keyFor(upstream);
    const seen = await Promise.all([
      key.check(soon()),
      key.check(soon()),
      key.checkNow(soon()),
      key.check(soon()),
    ]);
    expect(seen.map(({ state }) => state)).toEqual(["valid", "valid", "valid", "valid"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test.each([
    ["valid", 200, 300_000],
    ["invalid", 401, 15_000],
  ])("an answer of %s (%d) is kept for %d ms", async (state, status, keptMs) => {
    let nowMs = 1_750_000_000_000;
    await using upstream = await serve((_request, response) => {
      response.writeHead(status, json).end("{}");
    });
    const key = keyFor(upstream, { now: () => nowMs });
    await key.check(soon());
    nowMs += keptMs - 1;
    expect(await key.check(soon())).toMatchObject({ state });
    expect(upstream.requests).toHaveLength(1);
    nowMs += 1;
    await key.check(soon());
    expect(upstream.requests).toHaveLength(2);
  });

  test("anew when somebody wants to know now, or the clock was set back", async () => {
    let nowMs = 1_750_000_000_000;
    await using upstream = await serve(valid);
    const key = keyFor(upstream, { now: () => nowMs });
    await key.check(soon());
    await key.checkNow(soon());
    expect(upstream.requests).toHaveLength(2);
    nowMs -= 1;
    await key.check(soon());
    expect(upstream.requests).toHaveLength(3);
  });

  test("a caller who leaves does not end it for the others", async () => {
    const asked = Promise.withResolvers<ServerResponse>();
    await using upstream = await serve((_request, response) => asked.resolve(response));
    const key = keyFor(upstream);
    const leaver = new AbortController();
    const left = key.check(leaver.signal);
    const stays = key.check(soon());
    const response = await asked.promise;
    leaver.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    response.writeHead(200, json).end("{}");
    expect(await stays).toMatchObject({ state: "valid" });
    expect(upstream.requests).toHaveLength(1);
  });
});

test("shows nothing of the key", async () => {
  await using upstream = await serve(valid);
  const key = keyFor(upstream);
  await key.check(soon());
  expect(inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key.status())).not.toContain(value);
});

interface TestUpstream extends AsyncDisposable {
  readonly baseUrl: string;
  readonly requests: IncomingMessage[];
}

function keyFor(
  upstream: TestUpstream,
  { text = value, ...given }: { text?: string | null; baseUrl?: string; now?: () => number } = {},
): ApiKey {
  const setting = "OPENAI_API_KEY";
  return createApiKey({
    id: "openai",
    purpose: "model",
    source: createEnvironmentKeySource({ setting, value: text === null ? null : new Secret(text) }),
    shape: { prefix: "sk-" },
    baseUrl: upstream.baseUrl,
    fetch,
    ...given,
  });
}

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TestUpstream> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function valid(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, json).end('{"object":"list","data":[]}');
}

function soon(): AbortSignal {
  return AbortSignal.timeout(5000);
}
