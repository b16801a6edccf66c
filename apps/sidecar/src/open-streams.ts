// The streams that each session has open: how many it may have, and the end of them when it is cancelled (L10, S54).

import { EdgeError } from "./errors.ts";

const streamsPerSession = 4;

export interface OpenStreams {
  /**
   * Counts a stream until `close`; the signal aborts when the session is cancelled. Throws EdgeError `rate_limited`
   * when the session has as many as it may.
   */
  open(sessionId: string): { readonly cut: AbortSignal; close(): void };
  cutAll(sessionId: string): void;
  /** How often `cutAll` has been called: as long as it is the same, no session has been cancelled. */
  readonly cuts: number;
}

export function createOpenStreams(): OpenStreams {
  const bySession = new Map<string, Set<AbortController>>();
  let cuts = 0;
  return {
    open(sessionId) {
      const cut = new AbortController();
      const streams = bySession.get(sessionId) ?? new Set();
      if (streams.size >= streamsPerSession) throw new EdgeError("rate_limited", { retryAfterMs: 1000 });
      bySession.set(sessionId, streams.add(cut));
      return {
        cut: cut.signal,
        close() {
          streams.delete(cut);
          if (streams.size === 0) bySession.delete(sessionId);
        },
      };
    },
    cutAll(sessionId) {
      cuts++;
      for (const stream of bySession.get(sessionId) ?? []) stream.abort();
    },
    get cuts() {
      return cuts;
    },
  };
}
