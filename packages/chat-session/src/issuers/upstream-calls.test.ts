import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { errorTable } from "../errors.ts";
import { apiKey, key, openHosted as open, order, quick, recordWith } from "./hosted.fixture.ts";
import { answerChanged, type Fault, openScriptedUpstream, refuseWith, sendJson } from "./upstream.fixture.ts";

describe("R14, R16, R19, R20, R17, R18, S127, S129: failures of the upstream become rows of the table", () => {
  const hang: Fault = () => {};
  const html: Fault = (response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end("<p>CANARY</p>");
  };
  const truncated: Fault = (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"id":"cksess_CANARY","obj');
  };
  const cutShort: Fault = (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
    response.write('{"id":"cksess_CANARY');
    setTimeout(() => response.destroy(), 20);
  };
  const empty: Fault = (response) => void response.writeHead(204).end();
  const emptyJson: Fault = (response) =>
    void response.writeHead(200, { "content-type": "application/json" }).end();
  const redirect: Fault = (response) => {
    response.writeHead(307, { location: "http://127.0.0.1:9/elsewhere" }).end();
  };
  const huge: Fault = (response) => sendJson(response, 200, { pad: "CANARY".repeat(20_000) });
  const bomb: Fault = (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(JSON.stringify({ pad: " ".repeat(50_000_000) })));
  };
  const endless: Fault = async (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    while (response.writable) {
      response.write(" ".repeat(16_384));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const reset: Fault = (response) => void response.destroy();

  test.each<[string, Fault, keyof typeof errorTable, number]>([
    ["401", refuseWith(401, "invalid_api_key"), "upstream_auth", 1],
    ["403", refuseWith(403, "no_access"), "upstream_auth", 1],
    ["400", refuseWith(400, "bad_workflow"), "upstream_rejected", 1],
    ["404", refuseWith(404, "workflow_not_found"), "upstream_rejected", 1],
    ["422", refuseWith(422, "unprocessable"), "upstream_rejected", 1],
    ["402", refuseWith(402, "billing"), "upstream_quota", 1],
    ["429 without quota", refuseWith(429, "insufficient_quota"), "upstream_quota", 1],
    [
      "429 with a long wait",
      refuseWith(429, "slow_down", { "retry-after": "30" }),
      "upstream_rate_limited",
      1,
    ],
    ["500", refuseWith(500, "server_error"), "upstream_unavailable", 3],
    ["503", refuseWith(503, "server_error"), "upstream_unavailable", 3],
    ["409", refuseWith(409, "conflict"), "upstream_unavailable", 3],
    ["501", refuseWith(501, "not_built"), "upstream_unavailable", 1],
    ["500 not to be retried", refuseWith(500, "e", { "x-should-retry": "false" }), "upstream_unavailable", 1],
    ["reset before headers", reset, "upstream_unavailable", 3],
    ["no answer", hang, "upstream_timeout", 1],
    ["html", html, "upstream_malformed", 1],
    ["truncated JSON", truncated, "upstream_malformed", 1],
    ["connection cut in the body", cutShort, "upstream_malformed", 1],
    ["204", empty, "upstream_malformed", 1],
    ["no body", emptyJson, "upstream_malformed", 1],
    ["redirect", redirect, "upstream_malformed", 1],
    ["too large", huge, "upstream_malformed", 1],
    ["endless", endless, "upstream_malformed", 1],
    ["gzip bomb", bomb, "upstream_malformed", 1],
    ["missing member", answerChanged({ client_secret: undefined }), "upstream_malformed", 2],
    ["wrong type", answerChanged({ expires_at: "soon" }), "upstream_malformed", 2],
    ["another user", answerChanged({ user: "u_OTHER" }), "upstream_malformed", 2],
    [
      "another workflow",
      answerChanged({ workflow: { id: "wf_other", version: null } }),
      "upstream_malformed",
      2,
    ],
    ["already expired", answerChanged({ expires_at: 1_500_000_000 }), "upstream_malformed", 2],
    [
      "lives too long",
      answerChanged({ expires_at: Math.floor(Date.now() / 1000) + 700 }),
      "upstream_malformed",
      2,
    ],
    ["already cancelled", answerChanged({ status: "cancelled" }), "upstream_malformed", 2],
  ])("%s", async (_name, fault, code, requests) => {
    await using opened = await open();
    opened.upstream.faults.push(fault, ...(requests === 3 ? [fault, fault] : []));
    const failure = await opened.issue().then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: "ChatSessionError", code, message: errorTable[code].message });
    expect(opened.upstream.seen).toHaveLength(requests);
    const failed = opened.observed.filter((it) => it.event === "upstream.failed");
    expect(failed).toHaveLength(1);
    expect(failed[0]).toMatchObject({ operation: "create", code });
    const told = [failure, failure instanceof Error ? failure.cause : null]
      .map((it) => (it instanceof Error ? `${it.stack}${JSON.stringify(it)}` : ""))
      .join();
    expect(told + JSON.stringify(opened.observed)).not.toContain("CANARY");
  });

  test("nothing listens", async () => {
    const closed = await openScriptedUpstream();
    await closed[Symbol.asyncDispose]();
    await using opened = await open({ baseUrl: closed.baseUrl });
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect(opened.observed[0]).toMatchObject({ reason: "ECONNREFUSED", attempts: 3, orphanPossible: false });
  });

  test("S131: a connection that is not made in time is E22 and is tried again", async () => {
    // The form in which the platform's fetch reports it.
    const late = Object.assign(new Error("connect"), { code: "UND_ERR_CONNECT_TIMEOUT" });
    await using opened = await open({
      fetch: async () => Promise.reject(new TypeError("fetch failed", { cause: late })),
    });
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(opened.observed[0]).toMatchObject({
      attempts: 3,
      reason: "UND_ERR_CONNECT_TIMEOUT",
      orphanPossible: false,
    });
  });

  test("R17: no usable key is E19, and nothing is sent", async () => {
    await using opened = await open({ apiKey: async () => Promise.reject(new Error("no key")) });
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_auth", retryAfterMs: 30_000 });
    expect(opened.upstream.seen).toEqual([]);
  });

  test("what the upstream may have minted unseen is reported (R13)", async () => {
    await using opened = await open();
    opened.upstream.faults.push(() => {});
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(opened.observed[0]).toMatchObject({ reason: "headers", orphanPossible: true, attempts: 1 });
  });

  test("upstream codes and the request id are reported, sentences are not (R18)", async () => {
    await using opened = await open();
    opened.upstream.faults.push(refuseWith(404, "workflow_not_found"));
    await expect(opened.issue()).rejects.toThrow();
    expect(opened.observed).toEqual([
      {
        event: "upstream.failed",
        operation: "create",
        code: "upstream_rejected",
        status: 404,
        reason: "workflow_not_found",
        requestId: "req_stand_in",
        attempts: 1,
        elapsedMs: expect.any(Number),
        orphanPossible: false,
      },
    ]);
  });
});

describe("retries", () => {
  test("R14: a passing fault is not seen by the caller", async () => {
    await using opened = await open();
    opened.upstream.faults.push(refuseWith(503, "server_error"), (response) => void response.destroy());
    expect((await opened.issue()).clientSecret).toMatch(/^ek_/);
    expect(opened.upstream.seen).toHaveLength(3);
    expect(opened.observed).toEqual([]);
  });

  test("S131, R13: everything together ends within the deadline", async () => {
    await using opened = await open({ timing: { ...quick, backoffBaseMs: 5000, backoffCapMs: 60_000 } });
    for (let count = 0; count < 3; count += 1) opened.upstream.faults.push(refuseWith(503, "server_error"));
    const started = performance.now();
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_unavailable" });
    expect(performance.now() - started).toBeLessThan(quick.deadlineMs + 500);
  });

  test("S131, R20: a body that never ends is cut at the deadline", async () => {
    await using opened = await open();
    opened.upstream.faults.push((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    });
    const started = performance.now();
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_timeout" });
    expect(performance.now() - started).toBeLessThan(quick.deadlineMs + 500);
    expect(opened.observed[0]).toMatchObject({ orphanPossible: true });
  });

  test("429 with a wait that fits is waited for, once (R15)", async () => {
    await using opened = await open({ timing: { ...quick, deadlineMs: 4000 } });
    opened.upstream.faults.push(refuseWith(429, "slow_down", { "retry-after-ms": "1100" }));
    await opened.issue();
    const [first, second] = opened.upstream.seen;
    expect(second!.atMs - first!.atMs).toBeGreaterThan(1000);
    opened.upstream.faults.push(refuseWith(429, "slow_down"), refuseWith(429, "slow_down"));
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_rate_limited", retryAfterMs: 1000 });
    expect(opened.upstream.seen).toHaveLength(4);
  });

  test.each([
    ["-5", 1000],
    ["900000", 300_000],
    ["whenever", 1000],
    ["Wed, 21 Oct 2099 07:28:00 GMT", 300_000],
    ["20", 20_000],
  ])("R15: Retry-After %j tells the client %d ms", async (field, retryAfterMs) => {
    await using opened = await open();
    opened.upstream.faults.push(
      refuseWith(429, "slow_down", { "retry-after": field }),
      refuseWith(429, "slow_down", { "retry-after": field }),
    );
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_rate_limited", retryAfterMs });
  });

  test("R15: while the upstream asks for patience, other mints do not ask it again, and cancelling goes on", async () => {
    await using opened = await open();
    opened.upstream.faults.push(refuseWith(429, "slow_down", { "retry-after": "60" }));
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_rate_limited" });
    const failure: unknown = await opened.issue().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "upstream_rate_limited" });
    expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(58_000);
    expect(opened.upstream.seen).toHaveLength(1);
    await opened.issuer.cancel(recordWith("cksess_up1"), AbortSignal.timeout(5000));
    expect(opened.upstream.seen).toHaveLength(2);
  });

  test("a key that was replaced meanwhile is tried once (S142)", async () => {
    let reads = 0;
    const fresh = { reveal: () => "sk-test-fresh" };
    await using opened = await open({ apiKey: async () => ((reads += 1) === 1 ? key : fresh) });
    opened.upstream.faults.push(refuseWith(401, "invalid_api_key"));
    await opened.issue();
    expect(opened.upstream.seen.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${apiKey}`,
      "Bearer sk-test-fresh",
    ]);
  });

  test("a caller who leaves ends the call", async () => {
    await using opened = await open();
    opened.upstream.faults.push(() => {});
    const leaving = new AbortController();
    const issued = opened.issuer.issue(order, leaving.signal);
    setTimeout(() => leaving.abort(), 50);
    await expect(issued).rejects.toMatchObject({ code: "request_timeout" });
    expect(opened.observed[0]).toMatchObject({ reason: "caller_left", orphanPossible: true });
  });
});
