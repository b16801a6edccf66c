// Keys in the running app: several of them, replaced while they are used.

import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fingerprint, Secret } from "@sidekit/secrets";
import { describe, expect, test } from "vitest";

import { mint, startApp, type RunningApp } from "./fixture.ts";

const keyA = "sk-proj-aaaa1c9be27d08A6535e71";
const keyB = "sk-proj-bbbb1c9be27d08A6535e71";
const keyC = "sk-proj-cccc1c9be27d08A6535e71";
/** E19 in a stream. */
const refusedForGood = `"code":"custom","message":"This chat's access to the model was refused.","allow_retry":false`;
const [nameA, nameB, nameC] = [keyA, keyB, keyC].map((key) => fingerprint(new Secret(key)));

describe("several keys", () => {
  test("each profile calls with the key that it names, when answering and when minting", async () => {
    await using upstream = await openUpstream(keyA, keyB, keyC);
    await using app = await startApp(
      { OPENAI_API_KEY: keyA, OPENAI_BASE_URL: upstream.baseUrl, RESEARCH_KEY: keyB, HOSTED_KEY: keyC },
      {},
      {
        file: {
          keys: {
            research: { environment: "RESEARCH_KEY", purpose: "Research" },
            hosted: { environment: "HOSTED_KEY" },
          },
          profiles: {
            research: { key: "research" },
            agent: { issuer: "hosted", workflow: "wf_1", key: "hosted" },
          },
        },
      },
    );
    await say(app, await mint(app));
    await say(app, await mint(app, "research"));
    const hosted = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {
      profile: "agent",
    });
    expect(hosted.status).toBe(200);
    const { result } = (await hosted.json()) as { result: { data: { id: string } } };
    await app.post("/trpc/chatSession.cancelSession", app.parts.launchToken, { sessionId: result.data.id });
    expect(upstream.calls).toEqual([
      ["/v1/responses", keyA],
      ["/v1/responses", keyB],
      ["/v1/chatkit/sessions", keyC],
      ["/v1/chatkit/sessions/cksess_up1/cancel", keyC],
    ]);
    expect((await statusOf(app)).map(({ id, source, fingerprint }) => [id, source, fingerprint])).toEqual([
      ["upstream", "OPENAI_API_KEY", nameA],
      ["research", "RESEARCH_KEY", nameB],
      ["hosted", "HOSTED_KEY", nameC],
    ]);
    expect(await (await fetch(`${app.url}/readyz`)).text()).toContain(`key.research valid (${nameB})\n`);
  });

  test("one that does not work fails the profiles that name it, and no other", async () => {
    await using upstream = await openUpstream(keyA);
    await using app = await startApp(
      { OPENAI_API_KEY: keyA, OPENAI_BASE_URL: upstream.baseUrl },
      {},
      { file: { keys: { other: { environment: "OTHER_KEY" } }, profiles: { other: { key: "other" } } } },
    );
    expect(await say(app, await mint(app))).toContain("ok");
    expect(await say(app, await mint(app, "other"))).toContain(refusedForGood);
    expect(upstream.calls).toHaveLength(1);
  });

  test("a key from the parent is used from the moment it is handed over, and replaced as any other", async () => {
    await using upstream = await openUpstream(keyA, keyB);
    await using app = await startApp(
      { OPENAI_BASE_URL: upstream.baseUrl, SIDEKIT_HANDOFF_FD: "3" },
      {},
      { file: { keys: { desk: { host: true } }, profiles: { default: { key: "desk" } } } },
    );
    expect(await statusOf(app)).toMatchObject([{ id: "desk", state: "missing" }]);
    expect(await app.parts.keys.handOver("desk", new Secret(keyA))).toBe("done");
    expect(await app.parts.keys.handOver("nobody", new Secret(keyA))).toBe("key_not_configured");
    await say(app, await mint(app));
    await app.parts.keys.handOver("desk", new Secret(keyB));
    await say(app, await mint(app));
    expect(upstream.calls.filter(([path]) => path === "/v1/responses").map(([, key]) => key)).toEqual([
      keyA,
      keyB,
    ]);
  });
});

describe("a key in a file", () => {
  test("S137: is replaced without a restart", async () => {
    await using upstream = await openUpstream(keyA, keyB);
    using file = keyFile(keyA);
    await using app = await startApp({
      OPENAI_API_KEY_FILE: file.path,
      OPENAI_BASE_URL: upstream.baseUrl,
    });
    await say(app, await mint(app));
    file.put(keyB);
    await app.parts.keys.reload(AbortSignal.timeout(5000));
    await say(app, await mint(app));
    expect(upstream.keysOf("/v1/responses")).toEqual([keyA, keyB]);
    expect(await statusOf(app)).toMatchObject([
      { fingerprint: nameB, position: 2, previous: { fingerprint: nameA } },
    ]);
  });

  test("S142: one that was replaced and switched off is found by the refusal, and nobody notices", async () => {
    await using upstream = await openUpstream(keyA, keyB);
    using file = keyFile(keyA);
    await using app = await startApp({
      OPENAI_API_KEY_FILE: file.path,
      OPENAI_BASE_URL: upstream.baseUrl,
    });
    await say(app, await mint(app));
    app.moveMonotonicClock(5000);
    file.put(keyB);
    upstream.accepted.delete(keyA);
    expect(await say(app, await mint(app))).toContain("ok");
    expect(upstream.keysOf("/v1/responses")).toEqual([keyA, keyA, keyB]);
  });

  test("R17: one that is refused is upstream_auth in the stream, in our words", async () => {
    await using upstream = await openUpstream();
    using file = keyFile(keyA);
    await using app = await startApp({
      OPENAI_API_KEY_FILE: file.path,
      OPENAI_BASE_URL: upstream.baseUrl,
    });
    const answer = await say(app, await mint(app));
    expect(answer).toContain(refusedForGood);
    expect(answer).not.toContain("Incorrect");
    expect(upstream.keysOf("/v1/responses")).toEqual([keyA]);
  });

  test("S137, S190: readiness tells that what stands there now is not used", async () => {
    await using upstream = await openUpstream(keyA);
    using file = keyFile(keyA);
    await using app = await startApp({
      OPENAI_API_KEY_FILE: file.path,
      OPENAI_BASE_URL: upstream.baseUrl,
    });
    await say(app, await mint(app));
    file.put("changeme");
    await app.parts.keys.reload(AbortSignal.timeout(5000));
    const ready = await fetch(`${app.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.text()).toContain(`key valid (${nameA}), source key_placeholder\n`);
    expect(await say(app, await mint(app))).toContain("ok");
  });

  test("S148: one that was taken away is given up after the configured time, and is then upstream_auth", async () => {
    await using upstream = await openUpstream(keyA);
    using file = keyFile(keyA);
    await using app = await startApp({
      OPENAI_API_KEY_FILE: file.path,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_KEY_REMOVED_SECONDS: "30",
    });
    await say(app, await mint(app));
    rmSync(file.path);
    await app.parts.keys.reload(AbortSignal.timeout(5000));
    app.moveMonotonicClock(29_000);
    expect(await say(app, await mint(app))).toContain("ok");
    app.moveMonotonicClock(1_000);
    expect(await say(app, await mint(app))).toContain(refusedForGood);
    expect(await statusOf(app)).toMatchObject([{ state: "missing", fingerprint: null }]);
  });
});

test("R59: a stream that has begun outlives the rotation of its key", async () => {
  await using upstream = await openUpstream(keyA, keyB);
  using file = keyFile(keyA);
  await using app = await startApp({ OPENAI_API_KEY_FILE: file.path, OPENAI_BASE_URL: upstream.baseUrl });
  const goOn = upstream.holdNext();
  const answer = say(app, await mint(app));
  await expect.poll(() => upstream.calls.length, { timeout: 5000 }).toBe(1);
  file.put(keyB);
  await app.parts.keys.reload(AbortSignal.timeout(5000));
  expect(await statusOf(app)).toMatchObject([{ fingerprint: nameB }]);
  goOn();
  expect(await answer).toContain("ok");
});

interface StandIn extends AsyncDisposable {
  readonly baseUrl: string;
  readonly accepted: Set<string>;
  /** Path and key of each call, but for questions about keys. */
  readonly calls: (readonly [path: string, key: string])[];
  keysOf(path: string): string[];
  /** The next answer comes in two halves; the second when this is called. */
  holdNext(): () => void;
}

async function openUpstream(...keys: string[]): Promise<StandIn> {
  const accepted = new Set(keys);
  const calls: [string, string][] = [];
  let held: Promise<void> | null = null;
  const server = createServer(async (request, response) => {
    const key = (request.headers.authorization ?? "").replace("Bearer ", "");
    const path = request.url ?? "";
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const wait = held;
    if (path !== "/v1/models") calls.push([path, key]);
    if (!accepted.has(key)) {
      const error = { message: `Incorrect API key provided: ${key}`, code: "invalid_api_key" };
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    } else if (path === "/v1/responses") {
      held = null;
      response.writeHead(200, { "content-type": "text/event-stream" });
      const [first, ...others] = answerFrames();
      response.write(first);
      await wait;
      response.end(others.join(""));
    } else if (path === "/v1/chatkit/sessions") {
      const { user, workflow } = JSON.parse(body) as { user: string; workflow: { id: string } };
      const session = {
        id: "cksess_up1",
        object: "chatkit.session",
        client_secret: "ek_1234567890",
        expires_at: Math.floor(Date.now() / 1000) + 300,
        status: "active",
        user,
        workflow: { id: workflow.id, version: null },
        rate_limits: { max_requests_per_1_minute: 10 },
      };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(session));
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    accepted,
    calls,
    keysOf: (path) => calls.filter((call) => call[0] === path).map(([, key]) => key),
    holdNext() {
      const gate = Promise.withResolvers<void>();
      held = gate.promise;
      return gate.resolve;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A response that says `ok`. */
function answerFrames(): string[] {
  const item = { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] };
  const text = { type: "output_text", text: "ok", annotations: [] };
  const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
  const done = { ...item, status: "completed", content: [text] };
  const response = { id: "resp_1", object: "response", status: "completed", output: [done] };
  return [
    { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
    { type: "response.output_item.added", output_index: 0, item },
    { type: "response.content_part.added", ...at, part: { ...text, text: "" } },
    { type: "response.output_text.delta", ...at, delta: "ok" },
    { type: "response.output_text.done", ...at, text: "ok" },
    { type: "response.content_part.done", ...at, part: text },
    { type: "response.output_item.done", output_index: 0, item: done },
    { type: "response.completed", response },
  ].map((event, sequence) => `data: ${JSON.stringify({ ...event, sequence_number: sequence })}\n\n`);
}

function keyFile(text: string): Disposable & { readonly path: string; put(text: string): void } {
  const directory = mkdtempSync(join(tmpdir(), "sidekit-app-key-"));
  const path = join(directory, "key");
  const put = (next: string) => {
    writeFileSync(`${path}.new`, next, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  put(text);
  return { path, put, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

/** The whole stream of one answer. */
async function say(app: RunningApp, secret: string): Promise<string> {
  const response = await app.post("/chatkit", secret, {
    type: "threads.create",
    params: {
      input: {
        content: [{ type: "input_text", text: "Hello" }],
        attachments: [],
        quoted_text: null,
        inference_options: {},
      },
    },
  });
  return response.text();
}

async function statusOf(app: RunningApp): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${app.url}/trpc/apiKeys.status`, {
    headers: { authorization: `Bearer ${app.parts.launchToken}` },
  });
  const { result } = (await response.json()) as { result: { data: { keys: Record<string, unknown>[] } } };
  return result.data.keys;
}
