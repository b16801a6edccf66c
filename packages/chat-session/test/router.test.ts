import {
  ChatSessionError,
  createChatSessionRouter,
  createProcedureContext,
  type IssuerAuthority,
  type SessionService,
} from "@sidekit/chat-session";
import { createChatSessionClient } from "@sidekit/chat-session/client";
import { chatSession } from "@sidekit/chat-session/contract";
import { describe, expect, test } from "vitest";

import { member, serveRouter } from "./served-router.ts";

async function post(origin: string, procedure: string, body: unknown, bearer?: string) {
  const response = await fetch(`${origin}/trpc/${procedure}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

/** A service whose every call ends in the same way. */
function every(call: () => Promise<never>): SessionService {
  return {
    createSession: call,
    cancelSession: call,
    cancelAllSessions: call,
    listSessions: call,
    async *followSessions() {
      yield await call();
      return undefined;
    },
  };
}

describe("with the typed client", () => {
  test("create, list, cancel", async () => {
    await using served = await serveRouter();
    const chat = createChatSessionClient({ url: `${served.origin}/trpc`, issuerCredential: () => "member" });
    const session = await chat.createSession({ stateVariables: { topic: "ships" } });
    expect(chatSession.parse(session)).toEqual(session);
    const { data } = await chat.listSessions();
    expect(data.map((it) => it.id)).toEqual([session.id]);
    expect(await chat.cancelSession({ sessionId: session.id })).toMatchObject({ status: "cancelled" });
    expect(await chat.cancelSession({ sessionId: session.id })).toMatchObject({ status: "cancelled" });
    expect((await chat.listSessions()).data).toEqual([]);
  });

  test("system.info needs no credential, and is sent none", async () => {
    await using served = await serveRouter();
    const chat = createChatSessionClient({
      url: `${served.origin}/trpc`,
      issuerCredential: () => {
        throw new Error("asked for a credential");
      },
    });
    expect((await chat.system.info()).profiles[0]!.name).toBe("default");
  });

  test("keys are for operators", async () => {
    await using served = await serveRouter();
    const as = (credential: string) =>
      createChatSessionClient({ url: `${served.origin}/trpc/`, issuerCredential: () => credential });
    expect(await as("operator").apiKeys.status()).toEqual({ keys: [] });
    expect((await as("operator").apiKeys.verify()).keys[0]!.state).toBe("valid");
    await expect(as("member").apiKeys.status()).rejects.toMatchObject({ appCode: "forbidden", status: 403 });
    await expect(as("").apiKeys.verify()).rejects.toMatchObject({ appCode: "unauthenticated", status: 401 });
  });

  test("errors carry the code, the status, the wait and the request's name", async () => {
    await using served = await serveRouter();
    const chat = createChatSessionClient({ url: `${served.origin}/trpc`, issuerCredential: () => "member" });
    await expect(chat.createSession({ profile: "none" })).rejects.toMatchObject({
      name: "ChatSessionClientError",
      appCode: "invalid_request",
      status: 400,
      requestId: expect.any(String),
      fields: ["profile"],
      message: "The request is not valid.",
    });
  });

  test("an edge's own errors, an HTML page and a dead server are told apart", async () => {
    await using served = await serveRouter({
      routes: (app) => {
        app.post("/edge/chatSession.createSession", (_request, reply) =>
          reply.code(403).send({ error: { code: "origin_not_allowed", message: "No.", requestId: "r1" } }),
        );
        app.post("/page/chatSession.createSession", (_request, reply) =>
          reply.type("text/html").send("<h1>proxy</h1>"),
        );
      },
    });
    const at = (path: string, origin = served.origin) =>
      createChatSessionClient({ url: `${origin}${path}`, issuerCredential: () => "member" }).createSession();
    await expect(at("/edge")).rejects.toMatchObject({
      appCode: "origin_not_allowed",
      status: 403,
      requestId: "r1",
    });
    await expect(at("/page")).rejects.toMatchObject({ appCode: "unexpected_reply", status: 200 });
    const gone = served.origin;
    await served[Symbol.asyncDispose]();
    await expect(at("/trpc", gone)).rejects.toMatchObject({ appCode: "network", status: null });
  });

  test("a caller's abort rejects with its own reason", async () => {
    await using served = await serveRouter({
      routes: (app) => void app.post("/slow/chatSession.createSession", () => new Promise(() => {})),
    });
    const chat = createChatSessionClient({ url: `${served.origin}/slow`, issuerCredential: () => "member" });
    const leaving = new AbortController();
    const created = chat.createSession({}, { signal: leaving.signal });
    setTimeout(() => leaving.abort(new Error("left")), 50);
    await expect(created).rejects.toThrow("left");
  });
});

describe("in process", () => {
  test("a call needs no server, and failures have the error key of their row", async () => {
    await using served = await serveRouter();
    const router = createChatSessionRouter(served.service);
    const as = (authority: IssuerAuthority) =>
      router.createCaller(createProcedureContext({ requestId: "r1", authority }));
    const mine = as({ kind: "caller", caller: member });
    expect((await mine.createSession({})).clientSecret).toMatch(/^ckss_/);
    await expect(mine.createSession({ profile: "none" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      cause: { code: "invalid_request" },
    });
    await expect(as({ kind: "none" }).createSession({})).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});

describe("at the HTTP edge", () => {
  test.each([
    ["no credential", undefined, 401, "unauthenticated", 'Bearer realm="chatkit"'],
    ["an unknown credential", "nobody", 401, "unauthenticated", 'Bearer realm="chatkit"'],
    ["a session's secret", "ckss_x", 403, "forbidden", 'Bearer realm="chatkit", error="insufficient_scope"'],
  ])("%s mints nothing, whatever the body (S27, S35)", async (_name, bearer, status, appCode, challenge) => {
    await using served = await serveRouter();
    for (const body of [{}, { user: "mallory" }]) {
      const reply = await post(served.origin, "chatSession.createSession", body, bearer);
      expect(reply.status).toBe(status);
      expect(reply.json.error.data).toMatchObject({
        appCode,
        httpStatus: status,
        requestId: expect.any(String),
      });
      expect(reply.headers.get("www-authenticate")).toBe(challenge);
    }
  });

  test.each<[string, unknown, string[]]>([
    ["an unknown field", { user: "CANARY" }, ["user"]],
    ["a prototype", '{"__proto__":{"CANARY":1}}', ["__proto__"]],
    ["several", { b: 1, a: { deep: 1 } }, ["b", "a"]],
    ["a wrong type", { profile: { CANARY: 1 } }, ["profile"]],
    ["a bad profile name", { profile: "CANARY!" }, ["profile"]],
    ["a wrong variable", { stateVariables: { topic: ["CANARY"] } }, ["stateVariables.topic"]],
    ["a bad idempotency key", { idempotencyKey: "CANARY \n" }, ["idempotencyKey"]],
    ["names that are not names", { "<CANARY>": 1, [`CANARY${"x".repeat(80)}`]: 1 }, []],
    ["a credential for a name", { ckss_CANARY: 1, "sk-CANARY": 1 }, []],
  ])("%s is named, its value is not (S28, S76)", async (_name, body, fields) => {
    await using served = await serveRouter();
    const reply = await post(served.origin, "chatSession.createSession", body, "member");
    expect(reply.status).toBe(400);
    expect(reply.json.error.message).toBe("The request is not valid.");
    expect(reply.json.error.data.appCode).toBe("invalid_request");
    expect(reply.json.error.data.fields ?? []).toEqual(fields);
    expect(reply.text).not.toContain("CANARY");
  });

  test("at most ten fields are named", async () => {
    await using served = await serveRouter();
    const body = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`field${at}`, at]));
    const reply = await post(served.origin, "chatSession.createSession", body, "member");
    expect(reply.json.error.data.fields).toHaveLength(10);
  });

  test.each([
    ["broken JSON", "chatSession.createSession", '{"profile":', 400, "invalid_request"],
    ["an unknown procedure", "chatSession.constructor", "{}", 404, "not_found"],
    ["a query called as a mutation", "chatSession.listSessions", "{}", 405, "method_not_allowed"],
    ["input where none is taken", "apiKeys.verify", "{}", 400, "invalid_request"],
  ])("%s", async (_name, procedure, body, status, appCode) => {
    await using served = await serveRouter();
    const reply = await post(served.origin, procedure, body, "operator");
    expect(reply.status).toBe(status);
    expect(reply.json.error.data.appCode).toBe(appCode);
    expect(Object.keys(reply.json.error.data).sort()).toEqual(["appCode", "code", "httpStatus", "requestId"]);
  });

  test.each(["development", "production", undefined])(
    "a crash says nothing of itself, NODE_ENV %s (S76)",
    async (env) => {
      const before = process.env["NODE_ENV"];
      if (env === undefined) delete process.env["NODE_ENV"];
      else process.env["NODE_ENV"] = env;
      try {
        const crash = async () => Promise.reject(new Error("CANARY at /srv/secret/path.ts"));
        await using served = await serveRouter({
          instead: every(crash),
        });
        const reply = await post(served.origin, "chatSession.createSession", {}, "member");
        expect(reply.status).toBe(500);
        expect(reply.json.error.message).toBe("Something went wrong on our side.");
        expect(Object.keys(reply.json.error).sort()).toEqual(["code", "data", "message"]);
        expect(reply.text).not.toMatch(/CANARY|stack|\.ts/);
      } finally {
        process.env["NODE_ENV"] = before;
      }
    },
  );

  test("S76: an answer that breaks its own contract is internal, not shown", async () => {
    const wrong = async () => ({ id: "CANARY" }) as never;
    await using served = await serveRouter({
      instead: every(wrong),
    });
    const reply = await post(served.origin, "chatSession.createSession", {}, "member");
    expect(reply.json.error.data).toMatchObject({ appCode: "internal", httpStatus: 500 });
    expect(reply.text).not.toContain("CANARY");
  });

  test("S118: a wait is told in the header too", async () => {
    const busy = async () =>
      Promise.reject(new ChatSessionError("upstream_rate_limited", { retryAfterMs: 7200 }));
    await using served = await serveRouter({
      instead: every(busy),
    });
    const reply = await post(served.origin, "chatSession.createSession", {}, "member");
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("8");
    expect(reply.json.error.data).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      appCode: "upstream_rate_limited",
      retryAfterMs: 7200,
    });
  });
});
