// How often somebody may ask for a session (L23), and how often an address may bring a credential that is none (L25). Keys are
// what has been proven, or the address as a trusted proxy names it: nobody fills somebody else's (S120).

import { ChatSessionError, type Caller, type MintSource } from "@sidekit/chat-session";

import { addressKey } from "./address-key.ts";
import { EdgeError } from "./errors.ts";
import type { SlidingWindows } from "./sliding-windows.ts";

/** L23, in a minute. */
export const mintsPerAddress = 30;
export const mintsPerService = 600;
/** L25, in a minute. */
export const failuresPerAddress = 20;
const leastWaitMs = 1000;

export interface CallerLimits {
  /** Counts this mint for its user, its service and its address. Throws ChatSessionError `rate_limited` or `overloaded`. */
  admitMint(caller: Caller, source: MintSource): void;
  /** Throws EdgeError `rate_limited` when this address has failed too often. */
  assertMayTry(address: string): void;
  failed(address: string): void;
}

export interface CallerLimitsOptions {
  readonly windows: Pick<SlidingWindows, "admit" | "check">;
  /** For one user. */
  readonly mintsPerMinute: number;
  /** False where all clients share one address, as on a desktop (S121). */
  readonly byAddress: boolean;
}

export function createCallerLimits({
  windows,
  mintsPerMinute,
  byAddress,
}: CallerLimitsOptions): CallerLimits {
  return {
    admitMint(caller, { address }) {
      const { tenant, user, service } = caller;
      const claims = [
        { key: `mint-user:${tenant.length}:${tenant}${user}`, limit: mintsPerMinute, weight: 1 },
        ...(service === undefined
          ? []
          : [{ key: `mint-service:${service}`, limit: mintsPerService, weight: 1 }]),
        // A backend asks for many users from one address.
        ...(byAddress && address && service === undefined
          ? [{ key: `mint-address:${addressKey(address)}`, limit: mintsPerAddress, weight: 1 }]
          : []),
      ];
      const verdict = windows.admit(claims);
      if (verdict.kind === "full") throw new ChatSessionError("overloaded", { retryAfterMs: leastWaitMs });
      if (verdict.kind === "refused")
        throw new ChatSessionError("rate_limited", { retryAfterMs: Math.max(leastWaitMs, verdict.waitMs) });
    },
    assertMayTry(address) {
      if (!byAddress) return;
      const verdict = windows.check([failureOf(address)]);
      if (verdict.kind === "refused")
        throw new EdgeError("rate_limited", { retryAfterMs: Math.max(leastWaitMs, verdict.waitMs) });
    },
    failed(address) {
      if (byAddress) windows.admit([failureOf(address)]);
    },
  };
}

function failureOf(address: string) {
  return { key: `failed:${addressKey(address)}`, limit: failuresPerAddress, weight: 1 };
}
