// What the stand-in remembers of each request, and how long its client stayed.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";

const maxBodyBytes = 16 * 1024 * 1024;

export type Route =
  | "models.list"
  | "models.retrieve"
  | "sessions.create"
  | "sessions.cancel"
  | "responses.create";

export interface RequestEnd {
  /** `dropped`: cut by the stand-in itself, as told or because it was closed. */
  readonly how: "answered" | "client-left" | "dropped";
  /** Monotonic, as `performance.now()`. */
  readonly atMs: number;
}

export interface UpstreamRequest {
  /** Null when no route is served there. */
  readonly route: Route | null;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined when there was none, or it was not JSON. */
  readonly body: unknown;
  /** Monotonic, as `performance.now()`. */
  readonly receivedAtMs: number;
  /** Null while it is being answered. */
  readonly end: RequestEnd | null;
  readonly ended: Promise<RequestEnd>;
}

/** A request on its way through the stand-in. */
export interface Exchange {
  readonly record: UpstreamRequest;
  readonly reply: ServerResponse;
  /** Aborts when the client has left or the exchange is over. */
  readonly gone: AbortSignal;
  /** Resets the connection. */
  drop(): void;
}

const routes: readonly { readonly route: Route; readonly method: string; readonly path: RegExp }[] = [
  { route: "models.list", method: "GET", path: /^\/v1\/models$/ },
  { route: "models.retrieve", method: "GET", path: /^\/v1\/models\/[^/]+$/ },
  { route: "sessions.create", method: "POST", path: /^\/v1\/chatkit\/sessions$/ },
  { route: "sessions.cancel", method: "POST", path: /^\/v1\/chatkit\/sessions\/[^/]+\/cancel$/ },
  { route: "responses.create", method: "POST", path: /^\/v1\/responses$/ },
];

/** Reads the request to its end. Null when the client left before, or sent more than 16 MiB. */
export async function receive(request: IncomingMessage, reply: ServerResponse): Promise<Exchange | null> {
  const body = await readBody(request);
  if (body === null) {
    request.destroy();
    return null;
  }
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://upstream.invalid");
  const method = request.method ?? "";
  const ended = Promise.withResolvers<RequestEnd>();
  const gone = new AbortController();
  let dropped = false;
  let end: RequestEnd | null = null;

  const record: UpstreamRequest = {
    route: routes.find((known) => known.method === method && known.path.test(path))?.route ?? null,
    method,
    path,
    query,
    headers: request.headers,
    body: parseJson(body),
    receivedAtMs: performance.now(),
    get end() {
      return end;
    },
    ended: ended.promise,
  };
  // A client that leaves while something is written: "close" tells it, too.
  reply.on("error", () => {});
  reply.once("close", () => {
    const how = reply.writableFinished ? "answered" : dropped ? "dropped" : "client-left";
    end = { how, atMs: performance.now() };
    ended.resolve(end);
    gone.abort();
  });
  return {
    record,
    reply,
    gone: gone.signal,
    drop() {
      dropped = true;
      reply.socket?.resetAndDestroy();
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBodyBytes) return null;
    }
  } catch {
    return null;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
