// Requests that `fetch` would not let a test make: any Host, any Origin, any bytes.

import { request } from "node:http";
import { connect } from "node:net";

import type { Sidecar } from "./sidecar.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const deadlineMs = 40_000;

export function send(
  sidecar: Sidecar,
  { method = "GET", path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(sidecar.url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, timeout: deadlineMs }, (incoming) => {
      let text = "";
      incoming.on("data", (chunk) => (text += chunk));
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
      incoming.on("error", reject);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("No answer in time.")));
    // A server that has answered may close before it has read all of a body that it refused.
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Writes these bytes to a new connection and returns all that comes back until it closes. */
export function sendBytes(sidecar: Sidecar, bytes: string): Promise<string> {
  const { hostname, port } = new URL(sidecar.url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setTimeout(deadlineMs, () => socket.destroy(new Error("The connection stayed open.")));
    socket.on("data", (chunk) => (text += chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
