import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { post } from "./chat.ts";
import { makeDataDir, startSidecar, type Sidecar } from "./sidecar.ts";
import {
  apiError,
  hang,
  htmlPage,
  rawReply,
  resetConnection,
  startUpstream,
  type Answer,
  type Upstream,
} from "./upstream.ts";

const createSession = "/trpc/chatSession.createSession";

let upstream: Upstream;
let sidecar: Sidecar;

const settings = (base: Upstream) => ({
  OPENAI_API_KEY: base.apiKey,
  OPENAI_BASE_URL: base.baseUrl,
  SIDEKIT_ISSUER: "hosted",
  SIDEKIT_WORKFLOW_ID: "wf_0123456789",
});

beforeAll(async () => {
  upstream = await startUpstream();
  sidecar = await startSidecar({ env: settings(upstream) });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("createSession returns the upstream's secret, for a pseudonym and the profile's workflow", async () => {
  const answer = await post(sidecar, createSession, sidecar.launchToken, {});
  const session = JSON.parse(answer.text).result.data;
  const [minted] = upstream.sessions();
  expect(session).toMatchObject({
    clientSecret: minted!.client_secret,
    profile: "default",
    api: { kind: "hosted" },
  });
  expect(session.clientSecret).toMatch(/^ek_/);
  const sent = upstream.requestsTo("sessions.create")[0]!;
  expect(sent.headers["openai-beta"]).toBe("chatkit_beta=v1");
  expect(sent.headers.authorization).toBe(`Bearer ${upstream.apiKey}`);
  expect(sent.body).toMatchObject({
    workflow: { id: "wf_0123456789" },
    user: expect.stringMatching(/^u_[a-z2-7]{52}$/i),
  });
  expect(JSON.stringify(sent.body)).not.toContain("local");

  const cancelled = await post(sidecar, "/trpc/chatSession.cancelSession", sidecar.launchToken, {
    sessionId: session.id,
  });
  expect(JSON.parse(cancelled.text).result.data.status).toBe("cancelled");
  expect(upstream.sessions()[0]?.status).toBe("cancelled");
});

test("S30: the pseudonym outlives the process", async () => {
  const dataDir = makeDataDir();
  for (let start = 0; start < 2; start++) {
    await using once = await startSidecar({ env: settings(upstream), dataDir });
    await post(once, createSession, once.launchToken, {});
  }
  const [before, after] = upstream
    .requestsTo("sessions.create")
    .slice(-2)
    .map(({ body }) => body as { user: string });
  expect(after?.user).toBe(before?.user);
  expect(after?.user).toMatch(/^u_/);
});

describe("R16, R17, R18, R20: upstream failures (E17 to E23)", () => {
  test.each<[string, Answer, number, string]>([
    ["401", apiError(401), 502, "upstream_auth"],
    ["403", apiError(403), 502, "upstream_auth"],
    ["404", apiError(404), 502, "upstream_rejected"],
    ["400", apiError(400), 502, "upstream_rejected"],
    ["429 without quota", apiError(429, { code: "insufficient_quota" }), 402, "upstream_quota"],
    ["500", apiError(500), 503, "upstream_unavailable"],
    ["a reset", resetConnection, 503, "upstream_unavailable"],
    [
      "a redirect",
      rawReply(302, "", { headers: { location: "https://example.com/" } }),
      502,
      "upstream_malformed",
    ],
    ["HTML", htmlPage(200), 502, "upstream_malformed"],
    [
      "truncated JSON",
      rawReply(200, '{"id":"cksess_', { headers: { "content-type": "application/json" } }),
      502,
      "upstream_malformed",
    ],
    ["silence", hang, 504, "upstream_timeout"],
  ])("%s", async (_name, answer, status, appCode) => {
    upstream.answerAlways("sessions.create", answer);
    const started = performance.now();
    const refused = await post(sidecar, createSession, sidecar.launchToken, {});
    upstream.answerAlways("sessions.create", { kind: "ordinary" });
    expect(performance.now() - started).toBeLessThan(11_000);
    expect(refused.status, refused.text).toBe(status);
    const { error } = JSON.parse(refused.text);
    expect(error.data.appCode).toBe(appCode);
    expect(refused.text).not.toContain("Scripted failure");
  });

  test("after all of them the next call succeeds", async () => {
    expect((await post(sidecar, createSession, sidecar.launchToken, {})).status).toBe(200);
    expect(sidecar.output()).not.toContain(upstream.apiKey);
    expect(sidecar.output()).not.toMatch(/ek_[0-9a-f]{64}/);
  });
});

test("429 with a long Retry-After: the wait is passed on, and kept for everybody (R15)", async () => {
  await using busy = await startSidecar({ env: settings(upstream) });
  upstream.answerNext("sessions.create", apiError(429, { headers: { "retry-after": "120" } }));
  const before = upstream.requestsTo("sessions.create").length;
  for (let call = 0; call < 2; call++) {
    const refused = await post(busy, createSession, busy.launchToken, {});
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text).error.data.appCode).toBe("upstream_rate_limited");
    expect(refused.headers.get("retry-after")).toBe("120");
  }
  expect(upstream.requestsTo("sessions.create").length).toBe(before + 1);
});
