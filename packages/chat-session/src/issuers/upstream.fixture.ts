// A small HTTP stand-in for the vendor's ChatKit sessions API, with a script of faults.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  readonly atMs: number;
}

/** Answers one request itself, or passes it on to the honest answer. */
export type Fault = (
  response: ServerResponse,
  request: SeenRequest,
  honest: Record<string, unknown>,
) => void | Promise<void>;

export interface ScriptedUpstream extends AsyncDisposable {
  readonly baseUrl: string;
  readonly seen: SeenRequest[];
  /** Secrets that would be accepted now. */
  readonly liveSecrets: Set<string>;
  /** Taken one per request, in order; without one the answer is honest. */
  readonly faults: Fault[];
}

export async function openScriptedUpstream(): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = [];
  const faults: Fault[] = [];
  const secretsById = new Map<string, string>();
  const liveSecrets = new Set<string>();
  let count = 0;

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const { method = "", url: path = "", headers } = incoming;
    const request = {
      method,
      path,
      headers,
      body: text === "" ? {} : JSON.parse(text),
      atMs: performance.now(),
    };
    seen.push(request);
    const cancelled = /^\/v1\/chatkit\/sessions\/([^/]+)\/cancel$/.exec(path)?.[1];
    const honest = cancelled === undefined ? mint(request.body) : { id: cancelled, status: "cancelled" };
    if (cancelled !== undefined) liveSecrets.delete(secretsById.get(cancelled) ?? "");
    const fault = faults.shift();
    if (fault !== undefined) return fault(response, request, honest);
    sendJson(response, 200, honest);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    liveSecrets,
    faults,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function mint(body: Record<string, unknown>): Record<string, unknown> {
    count += 1;
    const id = `cksess_up${count}`;
    const clientSecret = `ek_stand_in_${count}`;
    secretsById.set(id, clientSecret);
    liveSecrets.add(clientSecret);
    const limit = (body["rate_limits"] as { max_requests_per_1_minute: number }).max_requests_per_1_minute;
    return {
      id,
      object: "chatkit.session",
      client_secret: clientSecret,
      expires_at: Math.floor(Date.now() / 1000) + (body["expires_after"] as { seconds: number }).seconds,
      status: "active",
      user: body["user"],
      workflow: {
        version: null,
        state_variables: null,
        tracing: { enabled: true },
        ...(body["workflow"] as object),
      },
      rate_limits: { max_requests_per_1_minute: limit },
      max_requests_per_1_minute: limit,
      chatkit_configuration: body["chatkit_configuration"],
    };
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "x-request-id": "req_stand_in",
    ...headers,
  });
  response.end(JSON.stringify(body));
}

/** An error in the vendor's form, whose sentence quotes what must never travel on. */
export const refuseWith =
  (status: number, code: string, headers: Record<string, string> = {}): Fault =>
  (response, request) =>
    sendJson(
      response,
      status,
      {
        error: { message: `CANARY ${request.headers.authorization}`, type: "some_error", param: null, code },
      },
      headers,
    );

/** The honest answer with some members replaced. */
export const answerChanged =
  (changes: Record<string, unknown>): Fault =>
  (response, _request, honest) =>
    sendJson(response, 200, { ...honest, ...changes });
