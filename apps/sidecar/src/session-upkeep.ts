// What sessions need from time to time: an end for those whose time is over, and a new pepper.

import { createHmac, randomBytes } from "node:crypto";

import type { RotatingSessionKeys, SessionUpkeep } from "@sidekit/chat-session";
import type { Logger } from "pino";

/** A fifth of what the end of a session may take to reach its streams (L21). */
const lapseEveryMs = 1000;
/** Many times the longest life of a session: no live one was minted under a pepper that leaves the ring (S44, L18). */
const pepperEveryMs = 12 * 3_600_000;

export interface SessionUpkeepOptions {
  readonly service: Pick<SessionUpkeep, "endLapsed" | "closeFollowers">;
  readonly keys: Pick<RotatingSessionKeys, "rotate">;
  readonly log: Logger;
  readonly lapseEveryMs?: number;
  readonly pepperEveryMs?: number;
}

/** Until it is disposed. Keeps no process alive. */
export function startSessionUpkeep(options: SessionUpkeepOptions): Disposable {
  const { service, keys, log } = options;
  const everyMs = options.lapseEveryMs ?? lapseEveryMs;
  let running = false;
  const lapse = setInterval(() => {
    if (running) return;
    running = true;
    service
      .endLapsed(AbortSignal.timeout(everyMs))
      .catch((err: unknown) => log.warn({ err }, "session.upkeep_failed"))
      .finally(() => (running = false));
  }, everyMs).unref();
  const pepper = setInterval(() => {
    keys.rotate(randomBytes(32));
    log.info("pepper.rotated");
  }, options.pepperEveryMs ?? pepperEveryMs).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(lapse);
      clearInterval(pepper);
      service.closeFollowers();
    },
  };
}

/** Names the instances that share a data directory's key, and says nothing of the key. */
export function deploymentOf(key: Uint8Array): string {
  return createHmac("sha256", key).update("sidekit deployment").digest("hex").slice(0, 16);
}
