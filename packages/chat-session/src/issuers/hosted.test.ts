import { describe, expect, test } from "vitest";

import { apiKey, openHosted as open, order, recordWith } from "./hosted.fixture.ts";
import { issuerSuite, orderOf, profileOf } from "./issuer.suite.ts";
import { answerChanged, refuseWith } from "./upstream.fixture.ts";

issuerSuite("hosted", async () => {
  const opened = await open();
  return {
    issuer: opened.issuer,
    keep: async (issued) => recordWith(issued.upstreamId!),
    end: async () => {},
    accepts: async (secret) => opened.upstream.liveSecrets.has(secret),
    [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
  };
});

describe("what the upstream is sent", () => {
  test("S132: the profile's choices, a pseudonym, the beta header, and nothing else of ours", async () => {
    await using opened = await open();
    const profile = profileOf("hosted", {
      workflow: { id: "wf_abc", version: "3" },
      ttlSeconds: 3600,
      requestsPerMinute: 12,
      features: {
        automaticThreadTitling: false,
        fileUpload: { enabled: true, maxFileSizeMb: 900, maxFiles: 3 },
        history: { enabled: true, recentThreads: 5 },
      },
    });
    await opened.issue({ ...orderOf(profile), stateVariables: { topic: "ships" } });
    const [request] = opened.upstream.seen;
    expect(request!.path).toBe("/v1/chatkit/sessions");
    expect(request!.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(request!.headers["openai-beta"]).toBe("chatkit_beta=v1");
    expect(Object.keys(request!.headers).filter((name) => name.startsWith("x-"))).toEqual([]);
    expect(request!.body).toEqual({
      user: expect.stringMatching(/^u_[A-Z2-7]{52}$/),
      workflow: { id: "wf_abc", version: "3", state_variables: { topic: "ships" } },
      expires_after: { anchor: "created_at", seconds: 600 },
      rate_limits: { max_requests_per_1_minute: 12 },
      chatkit_configuration: {
        automatic_thread_titling: { enabled: false },
        file_upload: { enabled: true, max_file_size: 512, max_files: 3 },
        history: { enabled: true, recent_threads: 5 },
      },
    });
    expect(JSON.stringify(request!.body)).not.toMatch(/ann|acme/);
  });

  test("the pseudonym is the caller's own and stays the same (S30)", async () => {
    await using opened = await open();
    const callers = [
      order.caller,
      order.caller,
      { ...order.caller, user: "bob" },
      { ...order.caller, tenant: "b" },
    ];
    for (const caller of callers) await opened.issue({ ...order, caller });
    const users = opened.upstream.seen.map(({ body }) => body["user"]);
    expect(users[0]).toBe(users[1]);
    expect(new Set(users).size).toBe(3);
    // Known answer, reckoned apart: base32 of HMAC-SHA-256(32 bytes of 3, "acme\0ann@example.com").
    expect(users[0]).toBe("u_BLTM5H43VPD3QND5ONCYWP4QI5S2SCRP5E73H4IPCC5IP72FA7IA");
  });
});

describe("sessions that are not as asked", () => {
  test("are cancelled at the upstream (S129)", async () => {
    await using opened = await open();
    opened.upstream.faults.push(answerChanged({ user: "u_OTHER" }));
    await expect(opened.issue()).rejects.toMatchObject({ code: "upstream_malformed" });
    expect(opened.upstream.seen[1]!.path).toBe("/v1/chatkit/sessions/cksess_up1/cancel");
    expect(opened.upstream.liveSecrets.size).toBe(0);
  });

  test("an upstream whose clock is behind ends the session early, never late (R62)", async () => {
    await using opened = await open();
    const early = Math.floor(Date.now() / 1000) + 300;
    opened.upstream.faults.push(answerChanged({ expires_at: early }));
    expect((await opened.issue()).expiresAtMs).toBe(early * 1000);
    opened.upstream.faults.push(answerChanged({ expires_at: Math.floor(Date.now() / 1000) + 650 }));
    expect((await opened.issue()).expiresAtMs).toBeLessThanOrEqual(Date.now() + 600_000);
  });

  test("S129: unknown members of the answer go nowhere", async () => {
    await using opened = await open();
    opened.upstream.faults.push(answerChanged({ surprise: "CANARY" }));
    expect(JSON.stringify(await opened.issue())).not.toContain("CANARY");
  });
});

describe("cancelling", () => {
  test("a session the upstream does not know any more is cancelled", async () => {
    await using opened = await open();
    opened.upstream.faults.push(refuseWith(404, "session_not_found"));
    await opened.issuer.cancel(recordWith("cksess_gone"), AbortSignal.timeout(5000));
    expect(opened.observed).toEqual([]);
  });

  test("is retried, and its failure is told (S54)", async () => {
    await using opened = await open();
    for (let count = 0; count < 3; count += 1) opened.upstream.faults.push(refuseWith(500, "server_error"));
    await expect(
      opened.issuer.cancel(recordWith("cksess_up1"), AbortSignal.timeout(5000)),
    ).rejects.toMatchObject({
      code: "upstream_unavailable",
    });
    expect(opened.observed[0]).toMatchObject({ operation: "cancel", attempts: 3, orphanPossible: false });
  });
});
