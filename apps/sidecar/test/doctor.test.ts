// `system.doctor` over HTTP: a sidecar behind proxies of every kind, and before an upstream of every kind.

import { once } from "node:events";
import { chmodSync } from "node:fs";
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { createProcedureContext } from "@sidekit/chat-session";
import type { Finding } from "@sidekit/chat-session/contract";
import { describe, expect, test } from "vitest";

import { startApp, type RunningApp } from "./fixture.ts";

describe("the public address", () => {
  test("without a proxy it is the bound one, and streams come as they are sent", async () => {
    await using app = await startApp();
    expect(await found(app, "public address")).toEqual([
      ok(`Requests to ${app.url} arrive here, with Host and Origin as they were sent.`),
      ok(expect.stringMatching(/^Two events sent 400 ms apart arrive [34]\d\d ms apart: streams are not/)),
    ]);
  });

  test("a proxy that passes Host on and holds nothing back", async () => {
    await using proxied = await behindProxy(passOn);
    expect(await found(proxied.app, "public address")).toMatchObject([{ status: "ok" }, { status: "ok" }]);
  });

  test("S11: a proxy that sends a Host of its own", async () => {
    await using proxied = await behindProxy((request, response, to) =>
      passOn(request, response, to, { host: "upstream" }),
    );
    expect(await found(proxied.app, "public address")).toMatchObject([
      {
        status: "broken",
        what: expect.stringContaining("arrive with another Host field"),
        mend: expect.stringContaining("proxy_set_header Host $host"),
      },
    ]);
  });

  test("an origin that is not allowed", async () => {
    await using proxied = await behindProxy(passOn, {
      SIDEKIT_ALLOWED_ORIGINS: "https://elsewhere.example",
    });
    expect(await found(proxied.app, "public address")).toMatchObject([
      { status: "broken", mend: expect.stringContaining("SIDEKIT_ALLOWED_ORIGINS") },
    ]);
  });

  test("a proxy that holds a stream back until its end", async () => {
    await using proxied = await behindProxy(async (request, response, to) => {
      const answer = await forward(request, to, {});
      const chunks = await answer.toArray();
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
    });
    expect((await found(proxied.app, "public address")).at(-1)).toMatchObject({
      status: "broken",
      what: expect.stringMatching(
        /400 ms apart arrive \d{1,2} ms apart: something in front holds streams back/,
      ),
      mend: expect.stringContaining("proxy_buffering off"),
    });
  });

  test("S15: a proxy that nobody trusts", async () => {
    await using proxied = await behindProxy((request, response, to) =>
      passOn(request, response, to, { "x-forwarded-for": "203.0.113.7" }),
    );
    expect(await found(proxied.app, "public address")).toContainEqual(
      expect.objectContaining({
        status: "warning",
        mend: expect.stringContaining("SIDEKIT_TRUSTED_PROXIES"),
      }),
    );
  });

  test.each([
    ["something else", (_: IncomingMessage, response: ServerResponse) => response.end("Welcome")],
    [
      "a redirect, which is not followed",
      (_: IncomingMessage, response: ServerResponse) =>
        response.writeHead(302, { location: "https://elsewhere.example/" }).end(),
    ],
    [
      "an endless refusal",
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(403);
        const more = setInterval(() => response.write("x".repeat(65_536)), 5);
        response.on("close", () => clearInterval(more));
      },
    ],
  ])("that leads to %s", async (_name, answer) => {
    await using proxied = await behindProxy(answer);
    expect(await found(proxied.app, "public address")).toMatchObject([
      { status: "broken", what: expect.stringContaining("leads somewhere else") },
    ]);
  });

  test("that nothing answers at", async () => {
    const proxied = await behindProxy(passOn);
    const { app } = proxied;
    await proxied.closeProxy();
    expect(await found(app, "public address")).toMatchObject([
      {
        status: "warning",
        what: expect.stringContaining("cannot be reached from this machine (ECONNREFUSED)"),
      },
    ]);
    await proxied[Symbol.asyncDispose]();
  });

  test("an address of a visit opens once, and nobody can guess one", async () => {
    await using app = await startApp();
    using visit = app.parts.selfVisits.expect();
    const url = `${app.url}/doctor/visits/${visit?.nonce}`;
    expect(await (await fetch(url)).text()).toBe('data: {"visit":1}\n\ndata: {"visit":2}\n\n');
    expect((await fetch(url)).status).toBe(404);
    expect((await fetch(`${app.url}/doctor/visits/${"A".repeat(43)}`)).status).toBe(404);
    const visits = Array.from({ length: 4 }, () => app.parts.selfVisits.expect());
    expect(app.parts.selfVisits.expect()).toBeNull();
    for (const pending of visits) pending?.[Symbol.dispose]();
    using again = app.parts.selfVisits.expect();
    expect(again).not.toBeNull();
  });
});

describe("the provider", () => {
  const key = "sk-proj-4xT9bQ2mLw8ZcV7nRj5KdH1sGyP3fA6e";

  test("reached, with a clock like ours, and each model that a profile names looked up with the key", async () => {
    await using upstream = await openUpstream((request, response) => {
      const known = request.url === "/v1/models/gpt-one" && request.headers.authorization === `Bearer ${key}`;
      response.writeHead(request.url === "/v1/models" || known ? 200 : 404).end("{}");
    });
    await using app = await startApp(
      { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: key },
      {},
      {
        file: {
          profiles: {
            default: { responder: "openai-responses", model: "gpt-one" },
            other: { responder: "openai-responses", model: "gpt-none" },
          },
        },
      },
    );
    const findings = await examine(app);
    expect(findings.filter(({ check }) => check === "upstream")).toEqual([
      expect.objectContaining({
        status: "ok",
        what: expect.stringMatching(/^The provider at 127\.0\.0\.1:\d+ answers\.$/),
      }),
      expect.objectContaining({ status: "ok", what: expect.stringContaining("agrees with the provider's") }),
    ]);
    expect(findings.filter(({ check }) => check === "model")).toEqual([
      expect.objectContaining({ status: "ok", what: "The model gpt-one can be used." }),
      expect.objectContaining({ status: "broken", mend: expect.stringContaining("SIDEKIT_MODEL") }),
    ]);
    expect(JSON.stringify(findings)).not.toContain(key);
  });

  test("R62: with a clock that is not ours", async () => {
    const theirs = new Date(Date.now() - 3_600_000).toUTCString();
    await using upstream = await openUpstream((_request, response) =>
      response.writeHead(200, { date: theirs }).end("{}"),
    );
    await using app = await startApp({ OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: key });
    expect(await found(app, "upstream")).toContainEqual(
      expect.objectContaining({
        status: "warning",
        what: expect.stringMatching(/^The clock of this machine is 3[56]\d\d s ahead of the provider's\.$/),
      }),
    );
  });

  test("ill, and then unreachable: each is said, without its words", async () => {
    await using ill = await openUpstream((_request, response) => response.writeHead(503).end("canary"));
    await using app = await startApp({ OPENAI_BASE_URL: ill.url, OPENAI_API_KEY: key });
    expect(await found(app, "upstream")).toContainEqual(
      expect.objectContaining({ status: "warning", what: expect.stringContaining("HTTP 503") }),
    );
    expect(await found(app, "model")).toMatchObject([
      { status: "warning", what: expect.stringContaining("could not be found out (HTTP 503)") },
    ]);
    await ill[Symbol.asyncDispose]();
    expect(await found(app, "upstream")).toMatchObject([
      { status: "broken", what: expect.stringMatching(/\((ECONNREFUSED|UND_ERR_SOCKET)\)/) },
    ]);
  });

  test("a workflow: tried by a session that is cancelled again, and a refusal named", async () => {
    const asked: string[] = [];
    await using upstream = await openUpstream((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === "/v1/chatkit/sessions") {
        void request.toArray().then((chunks) => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as {
            user: string;
            workflow: { id: string };
          };
          if (body.workflow.id === "wf_gone") return response.writeHead(404).end("{}");
          return response.writeHead(200, { "content-type": "application/json" }).end(
            JSON.stringify({
              id: "cksess_1",
              object: "chatkit.session",
              client_secret: "ek_secret",
              expires_at: Math.floor(Date.now() / 1000) + 600,
              status: "active",
              user: body.user,
              rate_limits: { max_requests_per_1_minute: 10 },
              workflow: { id: body.workflow.id, version: null },
            }),
          );
        });
        return;
      }
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    const workflow = (id: string) => ({ issuer: "hosted", workflow: { id } });
    await using app = await startApp(
      { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: key },
      {},
      { file: { profiles: { default: {}, there: workflow("wf_there"), gone: workflow("wf_gone") } } },
    );
    const findings = await examine(app);
    expect(findings.filter(({ check }) => check === "workflow")).toEqual([
      expect.objectContaining({ status: "ok", what: expect.stringContaining("Profile there minted") }),
      expect.objectContaining({
        status: "broken",
        what: "Profile gone cannot mint a hosted session (upstream_rejected).",
      }),
    ]);
    expect(asked).toContain("POST /v1/chatkit/sessions/cksess_1/cancel");
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: "settings",
        status: "warning",
        what: "Hosted at OpenAI: there, gone.",
      }),
    );
  });
});

describe("who may ask", () => {
  test("S35: the launch token opens it; a client secret and nothing do not", async () => {
    await using app = await startApp();
    const minted = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
    const { result } = (await minted.json()) as { result: { data: { clientSecret: string } } };
    expect((await app.post("/trpc/system.doctor", app.parts.launchToken, undefined)).status).toBe(200);
    expect((await app.post("/trpc/system.doctor", result.data.clientSecret, undefined)).status).toBe(403);
    expect((await app.post("/trpc/system.doctor", "", undefined)).status).toBe(401);
  });

  test("a data directory that others may look into is named", async () => {
    await using app = await startApp();
    chmodSync(app.dataDir, 0o755);
    expect(await found(app, "data directory")).toMatchObject([
      { status: "warning", what: expect.stringContaining("mode 755"), why: expect.any(String) },
    ]);
  });
});

const ok = (what: unknown) => ({ check: "public address", status: "ok", what, why: null, mend: null });

async function examine(app: Pick<RunningApp, "parts">): Promise<Finding[]> {
  const { router } = app.parts;
  const caller = {
    tenant: "local",
    user: "local",
    credential: "launch",
    sessions: true,
    operator: true,
  } as const;
  const context = createProcedureContext({ requestId: "req_1", authority: { kind: "caller", caller } });
  return (await router.createCaller(context).system.doctor()).findings;
}

async function found(app: Pick<RunningApp, "parts">, check: string): Promise<Finding[]> {
  return (await examine(app)).filter((finding) => finding.check === check);
}

type Proxy = (request: IncomingMessage, response: ServerResponse, to: string) => unknown;

/** A sidecar whose public address is that of the proxy. */
async function behindProxy(proxy: Proxy, env: Record<string, string> = {}) {
  let to = "";
  const front = createServer((request, response) => void proxy(request, response, to));
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  const host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  const app = await startApp({ SIDEKIT_ALLOWED_HOSTS: host, ...env });
  to = app.url;
  const closeProxy = async () => {
    front.closeAllConnections();
    if (front.listening) await new Promise((resolve) => front.close(resolve));
  };
  return {
    app,
    closeProxy,
    async [Symbol.asyncDispose]() {
      await closeProxy();
      await app[Symbol.asyncDispose]();
    },
  };
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  to: string,
  changed: Record<string, string> = {},
): Promise<void> {
  const answer = await forward(request, to, changed);
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

function forward(
  request: IncomingMessage,
  to: string,
  changed: Record<string, string>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    ask(to + (request.url ?? ""), { headers: { ...request.headers, ...changed } }, resolve)
      .on("error", reject)
      .end();
  });
}

async function openUpstream(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
