// Connections to the upstream: kept alive, bounded, without redirects.

import { Agent, fetch as pooledFetch } from "undici";

const connectTimeoutMs = 3000;
const maxConnections = 256;

export interface UpstreamHttp extends AsyncDisposable {
  /** As the global one, over the kept-alive connections of this process. Never follows a redirect (S127). */
  readonly fetch: typeof fetch;
}

export function createUpstreamHttp(): UpstreamHttp {
  const dispatcher = new Agent({
    connect: { timeout: connectTimeoutMs },
    connections: maxConnections,
    keepAliveTimeout: 30_000,
    // Deadlines belong to the callers, who know what they wait for.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    fetch: (input, init) => pooledFetch(input, { ...init, redirect: "manual", dispatcher }),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
