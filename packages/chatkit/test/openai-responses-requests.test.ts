import { expect, test, vi } from "vitest";

import { reasonOf, run, upstreamWords } from "./responder-runs.ts";
import { json, startStandIn, stream, textResponse } from "./responses-stand-in.ts";
import { createTurn, streamedText } from "./turn-fixture.ts";

test.each([
  ["server_error", "upstream_unavailable"],
  ["rate_limit_exceeded", "upstream_rate_limited"],
  ["insufficient_quota", "upstream_quota"],
  ["invalid_prompt", "upstream_rejected"],
])("R27: a response that failed with %s is %s, and what was open stays open", async (code, expected) => {
  for (const event of [
    { type: "response.failed", response: { status: "failed", error: { code, message: upstreamWords } } },
    { type: "error", code, message: upstreamWords, param: null },
    { type: "error", error: { code, message: upstreamWords } },
  ]) {
    await using upstream = await startStandIn();
    upstream.answer(stream([...textResponse(["Half"]).slice(0, 4), event]));
    const { events, thrown, observations } = await run(upstream, createTurn("Hi"));
    expect(reasonOf(thrown)).toBe(expected);
    expect(events.map((it) => it.type)).not.toContain("thread.item.done");
    expect(observations).toMatchObject([{ phase: "stream", failure: { upstreamCode: code } }]);
  }
});

test.each<[string, number, object, string, number]>([
  ["a refused key", 401, { code: "invalid_api_key" }, "upstream_auth", 1],
  ["a missing permission", 403, {}, "upstream_auth", 1],
  ["an unknown model", 404, { code: "model_not_found" }, "upstream_rejected", 1],
  ["a bad request", 400, { param: "model" }, "upstream_rejected", 1],
  ["an invalid request", 422, {}, "upstream_rejected", 1],
  ["an empty account", 429, { code: "insufficient_quota" }, "upstream_quota", 1],
  ["an unpaid account", 402, {}, "upstream_quota", 1],
  ["too many requests", 429, { code: "rate_limit_exceeded" }, "upstream_rate_limited", 3],
  ["a failing upstream", 500, { code: "server_error" }, "upstream_unavailable", 3],
  ["a conflict", 409, {}, "upstream_unavailable", 3],
  ["a redirect", 302, {}, "upstream_malformed", 1],
])(
  "R16, R17, R18, S127: %s (%i) ends the turn with its code",
  async (_, status, facts, expected, attempts) => {
    await using upstream = await startStandIn();
    const location = { location: `${upstream.baseURL}/elsewhere` };
    upstream.answer(
      ...Array.from({ length: 4 }, () =>
        json(status, { error: { message: upstreamWords, ...facts } }, location),
      ),
    );
    const { events, thrown, observations } = await run(upstream, createTurn("Hi"));
    expect(events).toEqual([]);
    expect(reasonOf(thrown)).toBe(expected);
    expect(upstream.requests).toHaveLength(attempts);
    expect(observations).toMatchObject([
      { event: "upstream.failed", phase: "request", attempts, failure: { status, requestId: "req_1" } },
    ]);
  },
);

test("R14: an upstream that recovers is answered by", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(503, {}), (response) => void response.destroy(), stream(textResponse(["ok"])));
  const { events } = await run(upstream, createTurn("Hi"));
  expect(streamedText(events)).toBe("ok");
});

test("R14: x-should-retry: false is obeyed", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(503, {}, { "x-should-retry": "false" }));
  const { thrown } = await run(upstream, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_unavailable");
  expect(upstream.requests).toHaveLength(1);
});

test("Retry-After is waited for once when it fits, and told when it does not (R15)", async () => {
  await using upstream = await startStandIn();
  upstream.answer(json(429, {}, { "retry-after-ms": "120" }), stream(textResponse(["ok"])));
  const startedMs = Date.now();
  await run(upstream, createTurn("Hi"));
  expect(Date.now() - startedMs).toBeGreaterThanOrEqual(119);

  upstream.answer(json(429, {}, { "retry-after": "120" }));
  const { thrown } = await run(upstream, createTurn("Hi"), { firstByteMs: 60_000 });
  expect(thrown).toMatchObject({ reason: "upstream_rate_limited", retryAfterMs: 120_000 });
  expect(upstream.requests).toHaveLength(3);
});

test("a key that was replaced is read again, once (S142)", async () => {
  await using upstream = await startStandIn();
  const refused = json(401, { error: { message: upstreamWords } });
  upstream.answer(refused, stream(textResponse(["ok"])));
  const keys = ["sk-old", "sk-new"];
  const apiKey = () => Promise.resolve({ reveal: () => keys.shift() ?? "sk-new" });
  let revealed = 0;
  const { events } = await run(upstream, createTurn("Hi"), {
    apiKey: async () => {
      const key = (await apiKey()).reveal();
      return { reveal: () => (revealed++, key) };
    },
  });
  expect(streamedText(events)).toBe("ok");
  expect(upstream.requests.map((it) => it.headers.authorization)).toEqual(["Bearer sk-old", "Bearer sk-new"]);
  expect(revealed).toBeGreaterThan(0);
});

test("R17: a key that cannot be had is upstream_auth, and nothing is sent", async () => {
  await using upstream = await startStandIn();
  const { thrown } = await run(upstream, createTurn("Hi"), {
    apiKey: () => Promise.reject(new Error("no key")),
  });
  expect(reasonOf(thrown)).toBe("upstream_auth");
  expect(upstream.requests).toEqual([]);
});

test("a key that no header can carry is quoted nowhere", async () => {
  await using upstream = await startStandIn();
  const { thrown } = await run(upstream, createTurn("Hi"), {
    apiKey: () => Promise.resolve({ reveal: () => "sk-canary\nhost: evil" }),
  });
  expect(reasonOf(thrown)).toBe("internal");
  expect(upstream.requests).toEqual([]);
});

test("R19: an upstream that is not there is unavailable", async () => {
  const gone = await startStandIn();
  await gone[Symbol.asyncDispose]();
  const { thrown, observations } = await run(gone, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_unavailable");
  expect(observations).toMatchObject([{ attempts: 3, failure: { transport: "ECONNREFUSED" } }]);
});

test("S129, R20: an error reply of any size is read to 64 KiB only", async () => {
  await using upstream = await startStandIn();
  upstream.answer((response) => {
    response.writeHead(400, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    };
    response.on("drain", more);
    more();
  });
  const { thrown } = await run(upstream, createTurn("Hi"));
  expect(reasonOf(thrown)).toBe("upstream_rejected");
  await vi.waitFor(() => expect(upstream.cutAtMs).toHaveLength(1));
});
