// The limits of connections and requests (L1–L6, L9, L15–L17), for one desk or for a server behind a proxy.

/** What holds on one's own machine. */
export const httpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  uploadTimeoutMs: 300_000,
  keepAliveTimeoutMs: 5_000,
  headerBlockBytes: 16_384,
  bodyBytes: 1_048_576,
  connections: 256,
  heartbeatMs: 15_000,
  stallMs: 30_000,
  /** L17, for a stream that follows no run. */
  streamMs: 600_000,
} as const;

export type HttpLimits = Readonly<Record<keyof typeof httpLimits, number>>;

/** A proxy keeps its connections longer than a browser, and must not be the one that finds them closed (L3). */
const behindProxy = { keepAliveTimeoutMs: 72_000, connections: 4096 } as const;
/** The rest is for files, the database and the upstream (L9, R64). */
const descriptorShare = 0.8;

/** The limits in force. `descriptors` is how many files the process may have open. */
export function httpLimitsFor(options: {
  readonly proxied: boolean;
  readonly descriptors: number;
}): HttpLimits {
  const limits = options.proxied ? { ...httpLimits, ...behindProxy } : httpLimits;
  const affordable = Math.floor(options.descriptors * descriptorShare);
  return { ...limits, connections: Math.min(limits.connections, affordable) };
}
