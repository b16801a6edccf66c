// The limits in force, by their numbers, for the start-up event (S189): each value comes from the place that keeps it.

import { sessionTtlSeconds } from "@sidekit/chat-session/contract";
import { defaultLimits } from "@sidekit/chatkit";

import { failuresPerAddress, mintsPerAddress, mintsPerService } from "./caller-limits.ts";
import type { HttpLimits } from "./http-limits.ts";
import { jsonLimits } from "./json-bounds.ts";
import { logQueueLimits } from "./log-queue.ts";
import { drainMs } from "./process-end.ts";
import { readsPerMinute } from "./request-limits.ts";
import { maxBatchedCalls } from "./routes/trpc.ts";

/** Durations in milliseconds, sizes in bytes, rates in a minute. Those by address hold behind a proxy only. */
export function limitsInForce(
  http: HttpLimits,
  { mintsPerMinute }: { readonly mintsPerMinute: number },
): Readonly<Record<string, unknown>> {
  return {
    L1: http.headersTimeoutMs,
    L2: http.requestTimeoutMs,
    L3: http.keepAliveTimeoutMs,
    L4: http.headerBlockBytes,
    L5: http.bodyBytes,
    L7: jsonLimits,
    L8: maxBatchedCalls,
    L9: http.connections,
    L10: { perOwner: defaultLimits.runsPerOwner, inAll: defaultLimits.runs },
    L15: http.heartbeatMs,
    L16: { unsentChars: defaultLimits.unsentChars, stallMs: http.stallMs },
    L17: { runMs: defaultLimits.runMs, silenceMs: defaultLimits.silenceMs },
    L18: sessionTtlSeconds,
    L23: { perUser: mintsPerMinute, perAddress: mintsPerAddress, perService: mintsPerService },
    L24: { reads: readsPerMinute },
    L25: failuresPerAddress,
    L26: { perThread: 1, perOwner: defaultLimits.runsPerOwner },
    L35: drainMs,
    L38: logQueueLimits,
  };
}
