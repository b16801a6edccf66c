// What the upstream gets to see while it fails, over real connections.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

import { describe, expect, test } from "vitest";

import { createUpstreamGuard, type UpstreamObservation } from "../src/upstream-guard.ts";
import { createUpstreamHttp } from "../src/upstream-http.ts";

describe("R21: while a circuit is open", () => {
  test("nobody connects, the answer comes at once, and says when to come back", async () => {
    await using upstream = await openUpstream((_request, response) => response.writeHead(500).end());
    for (let at = 0; at < 5; at++) await upstream.ask("/responses");
    const seen = upstream.requests;
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => upstream.ask("/responses")));
    expect(performance.now() - begun).toBeLessThan(20 * 5);
    expect(upstream.requests).toBe(seen);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get("x-should-retry")).toBe("false");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(4);
    }
    expect(upstream.events()).toContain("breaker.open responses");
  });

  test("other operations go on, and it closes when the upstream is back", async () => {
    let broken = true;
    await using upstream = await openUpstream((request, response) =>
      response.writeHead(broken && request.url === "/v1/responses" ? 503 : 200).end("{}"),
    );
    for (let at = 0; at < 6; at++) await upstream.ask("/responses");
    expect((await upstream.ask("/chatkit/sessions")).status).toBe(200);
    expect((await upstream.ask("/chatkit/sessions/cksess_1/cancel")).status).toBe(200);
    broken = false;
    upstream.pass(5_000);
    expect((await upstream.ask("/responses")).status).toBe(200);
    expect(upstream.events().filter((event) => event.startsWith("breaker"))).toEqual([
      "breaker.open responses",
      "breaker.half_open responses",
      "breaker.closed responses",
    ]);
  });

  test("refusals of the request, of the key and of the pace do not open it, and neither do callers who leave", async () => {
    await using upstream = await openUpstream((request, response) => {
      const status = Number(/\d+/.exec(request.headers["x-answer"]?.toString() ?? "")?.[0] ?? 0);
      if (status !== 0) response.writeHead(status).end();
    });
    for (const status of [400, 401, 403, 404, 422, 429, 400, 400]) {
      expect((await upstream.ask("/responses", { "x-answer": String(status) })).status).toBe(status);
    }
    for (let at = 0; at < 6; at++) {
      await expect(upstream.ask("/responses", {}, AbortSignal.timeout(20))).rejects.toThrow();
    }
    expect(upstream.events()).not.toContain("breaker.open responses");
  });
});

test("R22: an upstream that fails every request sees a tenth more than was asked, and three", async () => {
  await using upstream = await openUpstream((_request, response) => response.writeHead(502).end());
  const offered = 200;
  for (let at = 0; at < offered; at++) {
    // As the packages do: up to two attempts more, while the answer allows it.
    for (let attempt = 0; attempt < 3; attempt++) {
      const { headers, status } = await upstream.ask("/other");
      if (status < 500 || headers.get("x-should-retry") === "false") break;
    }
    // The circuit would hide the budget.
    upstream.pass(100);
    await upstream.ask("/other", { "x-good": "1" });
  }
  expect(upstream.requests).toBeLessThanOrEqual(offered * 1.1 + 3 + offered);
  expect(upstream.events()).toContain("upstream.budget");
});

test("R22: a connection that cannot be made is told like an answer once the budget is spent", async () => {
  const observations: UpstreamObservation[] = [];
  await using http = createUpstreamHttp();
  const guarded = createUpstreamGuard({ fetch: http.fetch, observe: (seen) => observations.push(seen) });
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}/v1/models`;
  closed.close();
  await once(closed, "close");
  for (let at = 0; at < 3; at++) await expect(guarded(url)).rejects.toThrow();
  const answer = await guarded(url);
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ error: { code: "ECONNREFUSED" } });
  expect(observations.map(({ event }) => event)).toContain("upstream.budget");
});

async function openUpstream(respond: (request: IncomingMessage, response: ServerResponse) => void) {
  let requests = 0;
  let passedMs = 0;
  const observations: UpstreamObservation[] = [];
  const server = createServer((request, response) => {
    requests++;
    if (request.headers["x-good"] === "1") response.end("{}");
    else respond(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const http = createUpstreamHttp();
  const guarded = createUpstreamGuard({
    fetch: http.fetch,
    observe: (seen) => observations.push(seen),
    monotonicNow: () => performance.now() + passedMs,
    now: () => Date.now() + passedMs,
  });
  return {
    get requests() {
      return requests;
    },
    events: () =>
      observations.map((seen) => ("operation" in seen ? `${seen.event} ${seen.operation}` : seen.event)),
    pass: (ms: number) => (passedMs += ms),
    ask: (path: string, headers: Record<string, string> = {}, signal: AbortSignal | null = null) =>
      guarded(`http://127.0.0.1:${port}/v1${path}`, { method: "POST", headers, signal }),
    async [Symbol.asyncDispose]() {
      await http[Symbol.asyncDispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}
