// An upstream on loopback that knows which keys are good.

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface KeyedUpstream extends AsyncDisposable {
  readonly baseUrl: string;
  /** The good keys; a request with another one is answered 401. */
  readonly accepted: Set<string>;
  /** The key of every request, in order. */
  readonly bearers: string[];
  requestsWith(key: string): number;
}

export async function openUpstream(...accepted: readonly string[]): Promise<KeyedUpstream> {
  const bearers: string[] = [];
  const good = new Set(accepted);
  const server = createServer((request, response) => {
    const bearer = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    bearers.push(bearer);
    request.resume();
    response.writeHead(good.has(bearer) ? 200 : 401, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    accepted: good,
    bearers,
    requestsWith: (key) => bearers.filter((bearer) => bearer === key).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
