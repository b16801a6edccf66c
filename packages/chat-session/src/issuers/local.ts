// Mints the client secrets of our own ChatKit endpoint.

import type { Issuer } from "../ports.ts";
import { createToken } from "../token.ts";

export interface LocalIssuerOptions {
  /** Absolute URL of the ChatKit endpoint; asked at each mint, because the port may be known late. */
  readonly apiUrl: () => string;
  readonly domainKey: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Its secrets are `ckss_…` tokens (S39), valid while the session store holds their record. Never waits. */
export function createLocalIssuer(options: LocalIssuerOptions): Issuer {
  const { apiUrl, domainKey } = options;
  const now = options.now ?? Date.now;
  return {
    kind: "local",
    async issue({ profile }) {
      return {
        clientSecret: createToken("ckss_"),
        upstreamId: null,
        expiresAtMs: now() + profile.ttlSeconds * 1000,
        requestsPerMinute: profile.requestsPerMinute,
        api: {
          kind: "self-hosted",
          url: apiUrl(),
          domainKey,
          uploadStrategy: profile.features.fileUpload.enabled ? { type: "two_phase" } : null,
        },
      };
    },
    // The store's record is all that makes a secret valid, and the service has cancelled it.
    async cancel() {},
  };
}
