// The sidecar as its parent process drives it: secrets before anything else, changes while it runs, its end.

import { openHostChannel, SidecarHostError, type Outcome } from "@sidekit/sidecar-host/child";
import type { Secret } from "@sidekit/secrets";
import type { Logger } from "pino";

import type { Parts } from "./compose.ts";
import type { Config } from "./config.ts";
import { leave, leaveWithoutParent, stop, type Running } from "./process-end.ts";
import { StartError } from "./start-error.ts";

/** A part of L21. What the provider is told of the sessions that ended may take longer. */
const originEndMs = 4000;

export interface ParentLink {
  readonly handedOver: { readonly launchToken: string; readonly keys: ReadonlyMap<string, Secret> };
  /** Tells the parent, and nobody else, where this process listens (S2); from then on does what the parent asks. */
  serve(running: Running): void;
}

/**
 * Null when no parent is to hand anything over. From now on this process ends when its parent does (S59). Throws StartError,
 * also for a key that no setting asks for.
 */
export async function openParentLink({ handoffFd, keys }: Config, log: Logger): Promise<ParentLink | null> {
  if (handoffFd === null) return null;
  const channel = await openHostChannel(handoffFd).catch((cause: unknown) => {
    if (!(cause instanceof SidecarHostError)) throw cause;
    throw new StartError(`${cause.message} SIDEKIT_HANDOFF_FD is set by the program that starts a sidecar.`, {
      cause,
    });
  });
  let running: Running | null = null;
  void channel.gone.then(() => {
    log.warn("parent.gone");
    return running === null ? leave(0) : leaveWithoutParent(running);
  });
  const awaited = new Set(keys.filter(({ source }) => source.kind === "host").map(({ id }) => id));
  for (const id of channel.keys.keys()) {
    if (awaited.has(id)) continue;
    throw new StartError(`The key ${id} was handed over, and no setting asks for it.`, { exitStatus: 64 });
  }

  return {
    handedOver: channel,
    serve(started) {
      running = started;
      const { parts } = started;
      for (const origin of channel.origins) parts.hostOrigins.add(origin);
      channel.ready(parts.lists().boundUrl, {
        setKey: (id, key) => parts.keys.handOver(id, key),
        addOrigin: async (origin) => (parts.hostOrigins.add(origin) ? "done" : "too_many_origins"),
        removeOrigin: (origin) => removeOrigin(parts, origin),
        stop: () => void stop(started),
        dropped: () => log.warn("parent.message_dropped"),
      });
    },
  };
}

/** Its sessions end here at once, and with them their streams. */
async function removeOrigin({ hostOrigins, sessionUpkeep }: Parts, origin: string): Promise<Outcome> {
  hostOrigins.remove(origin);
  const signal = AbortSignal.timeout(originEndMs);
  try {
    await sessionUpkeep.endSessions({ kind: "origin", origin }, "origin-removed", signal);
  } catch (failure) {
    if (!signal.aborted) throw failure;
  }
  return "done";
}
