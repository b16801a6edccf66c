// A client, the procedures and a small ChatKit endpoint, joined by real HTTP.

import type { IncomingMessage, ServerResponse } from "node:http";

import { parseBearer } from "@sidekit/chat-session";
import { createChatSessionClient, type ChatSessionClientOptions } from "@sidekit/chat-session/client";

import { serveRouter, type ServedRouterOptions } from "./served-router.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly bearer: string | null;
  readonly body: string;
  /** Whether the request says that it is not the one before, once more. */
  readonly repeat: string | null;
}

/** What the endpoint does with an authenticated POST. */
export type Answer = (response: ServerResponse) => void | Promise<void>;

export const frame = 'data: {"type":"thread.item.done"}\n\n';
export const finish: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-sidekit-run-id": "run_1" });
  response.end(frame);
};
export const streamOn: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream", "x-sidekit-run-id": "run_1" });
  response.write(frame);
};

/** Procedures and a small ChatKit endpoint, over real HTTP, with everything the endpoint saw. */
export async function openEndpoint(
  answer: Answer,
  options: {
    service?: ServedRouterOptions["service"];
    /** Secrets that the endpoint refuses although the sessions live. */
    refused?: Set<string>;
    client?: Omit<Partial<ChatSessionClientOptions>, "issuer">;
  } = {},
) {
  const seen: SeenRequest[] = [];
  const closed: string[] = [];
  const served = await serveRouter({
    ...(options.service === undefined ? {} : { service: options.service }),
    routes(app, authenticate) {
      const guard = async (request: IncomingMessage, response: ServerResponse, body: string) => {
        const bearer = parseBearer(request.headers.authorization);
        const repeat = [request.headers["x-sidekit-repeat"] ?? null].flat()[0] ?? null;
        seen.push({ method: request.method ?? "", path: request.url ?? "", bearer, body, repeat });
        const refused = bearer === null || options.refused?.has(bearer) === true;
        const session = refused
          ? null
          : await authenticate(bearer, null, AbortSignal.timeout(5000)).catch(() => null);
        if (session === null) response.writeHead(401).end();
        return session !== null;
      };
      app.post("/chatkit", async (request, reply) => {
        reply.hijack();
        request.raw.once("close", () => closed.push("request"));
        reply.raw.once("close", () => closed.push("response"));
        if (await guard(request.raw, reply.raw, JSON.stringify(request.body))) await answer(reply.raw);
      });
      app.delete("/chatkit/runs/:runId", async (request, reply) => {
        reply.hijack();
        if (await guard(request.raw, reply.raw, "")) reply.raw.writeHead(204).end();
      });
    },
  });
  let mints = 0;
  const counting: typeof fetch = (input, init) => {
    if (String(input).includes("createSession")) mints += 1;
    return fetch(input, init);
  };
  const chat = createChatSessionClient({
    url: `${served.origin}/trpc`,
    issuerCredential: () => "member",
    fetch: counting,
    ...options.client,
  });
  const api = chat.chatkitApi();
  return {
    chat,
    api,
    seen,
    closed,
    served,
    mints: () => mints,
    stops: () => seen.filter(({ method }) => method === "DELETE").map(({ path }) => path),
    send: (init: RequestInit = {}, url = api.url) =>
      api.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"type":"threads.create"}',
        ...init,
      }),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}
