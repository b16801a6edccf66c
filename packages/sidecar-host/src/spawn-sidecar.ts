// Keeps one sidecar running: started, proven, started again after it ended by itself, closed for good.

import { setTimeout as sleep } from "node:timers/promises";

import { SidecarHostError } from "./errors.ts";
import {
  keyId,
  maxOrigins,
  origin as originForm,
  protocolVersion,
  type Change,
  type Handover,
} from "./handshake.ts";
import { createLaunchToken } from "./launch-token.ts";
import { defaultKeyId, keySecret, parseArgument, parseOptions } from "./options.ts";
import { orAborted } from "./or-aborted.ts";
import { provePort } from "./port-proof.ts";
import { restartDelayMs } from "./restart.ts";
import { channelFd, exitReport, isFinal, startProcess, type SidecarProcess } from "./sidecar-process.ts";
import type { Sidecar, SidecarState, SpawnSidecarOptions } from "./sidecar.ts";

/** A change that was refused is not tried again by the next process. */
const refusals = new Set(["key_not_configured", "key_not_taken", "too_many_origins", "request_failed"]);

interface Running {
  readonly process: SidecarProcess;
  /** New for each process, and useless to the next (S34). */
  readonly launchToken: string;
}

/**
 * Starts a sidecar on 127.0.0.1 and a port of the kernel's choice, hands it secrets over an inherited descriptor, and
 * resolves when it is ready and has proven that the port is its own. It gets the variables that are given and no others; no
 * secret is in them, in its arguments or in a file (S2, S5, S34). It ends when this process does, however that ends (S59).
 *
 * Rejects with SidecarHostError, or the signal's reason; no process is left then. A sidecar that ends later by itself is
 * started again with the keys and origins it had.
 */
export async function spawnSidecar(given: SpawnSidecarOptions): Promise<Sidecar> {
  const options = parseOptions(given);
  const environment = {
    ...options.environment,
    SIDEKIT_HOST: "127.0.0.1",
    SIDEKIT_PORT: "0",
    SIDEKIT_HANDOFF_FD: String(channelFd),
    ...(defaultKeyId in options.keys && { OPENAI_API_KEY_HANDOFF: "1" }),
  };
  const keys = new Map(Object.entries(options.keys));
  const origins = new Set(options.origins);
  const closing = new AbortController();
  const endedAtMs: number[] = [];
  let state: SidecarState = { kind: "starting" };
  let live: Running | null = null;
  /** Of the process that runs, or of the next one. */
  let ready = waitingRoom<Running>();
  let closed: Promise<void> | null = null;

  options.onState(state);
  const first = await begin(options.signal).catch((failure: unknown) => {
    if (failure instanceof SidecarHostError) enter({ kind: "failed", error: failure });
    throw failure;
  });
  const kept = keepRunning(first);
  const closeOnSignal = () => void close();
  options.signal.addEventListener("abort", closeOnSignal, { once: true });
  if (options.signal.aborted) {
    await close();
    options.signal.throwIfAborted();
  }

  return {
    get state() {
      return state;
    },
    async address(signal) {
      const { process, launchToken } = await orAborted(ready.promise, signal);
      await provePort(process.url, launchToken, signal);
      return { url: process.url, launchToken };
    },
    async setKey(id, key, signal) {
      parseArgument(keyId, id);
      parseArgument(keySecret.nullable(), key);
      const former = keys.get(id);
      keys.set(id, key);
      await change({ type: "key", id, value: key?.reveal() ?? null }, signal, () => {
        if (keys.get(id) !== key) return;
        if (former === undefined) keys.delete(id);
        else keys.set(id, former);
      });
    },
    async addOrigin(given, signal) {
      const origin = parseArgument(originForm, given);
      if (!origins.has(origin) && origins.size >= maxOrigins) throw new SidecarHostError("too_many_origins");
      origins.add(origin);
      await change({ type: "origin-add", origin }, signal, () => origins.delete(origin));
    },
    async removeOrigin(given, signal) {
      const origin = parseArgument(originForm, given);
      origins.delete(origin);
      // Nobody is there any more to be called.
      if (closing.signal.aborted || state.kind === "failed") return;
      await change({ type: "origin-remove", origin }, signal, () => {});
    },
    close,
    [Symbol.asyncDispose]: close,
  };

  async function begin(signal: AbortSignal): Promise<Running> {
    const launchToken = createLaunchToken();
    const process = await startProcess({ ...options, environment }, handover(launchToken), signal);
    try {
      await provePort(process.url, launchToken, signal);
      signal.throwIfAborted();
    } catch (failure) {
      await process.stop(0);
      throw failure;
    }
    live = { process, launchToken };
    enter({ kind: "running", pid: process.pid });
    ready.resolve(live);
    return live;
  }

  function handover(launchToken: string): Handover {
    const known = [...keys].flatMap(([id, key]) => (key === null ? [] : [[id, key.reveal()] as const]));
    return {
      type: "start",
      version: protocolVersion,
      launchToken,
      keys: Object.fromEntries(known),
      origins: [...origins],
    };
  }

  /** Until it is closed, or given up. */
  async function keepRunning(started: Running): Promise<void> {
    let running: Running | null = started;
    let failure = new SidecarHostError("gave_up");
    while (!closing.signal.aborted) {
      if (running !== null) {
        const exit = await running.process.exit;
        if (closing.signal.aborted) return;
        live = null;
        ready = waitingRoom();
        failure = new SidecarHostError("gave_up", { cause: exitReport(exit) });
        if (isFinal(exit)) return giveUp(failure);
      }
      endedAtMs.push(performance.now());
      const delayMs = options.restart === null ? null : restartDelayMs(endedAtMs, options.restart);
      if (delayMs === null) return giveUp(failure);
      endedAtMs.splice(0, endedAtMs.length - (options.restart?.maxEnds ?? 1));
      enter({ kind: "waiting", delayMs, error: failure });
      await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => {});
      if (closing.signal.aborted) return;
      enter({ kind: "starting" });
      running = await begin(closing.signal).catch((cause: unknown) => {
        failure = new SidecarHostError("gave_up", { cause });
        return null;
      });
    }
  }

  function giveUp(error: SidecarHostError): void {
    ready.reject(error);
    enter({ kind: "failed", error });
  }

  async function change(one: Change, signal: AbortSignal, undo: () => void): Promise<void> {
    signal.throwIfAborted();
    // The next process starts with it.
    if (state.kind === "waiting") return;
    const { process } = await orAborted(ready.promise, signal);
    const outcome = await process.request(one, signal);
    if (outcome === "done") return;
    if (refusals.has(outcome)) undo();
    throw new SidecarHostError(outcome);
  }

  function close(): Promise<void> {
    closed ??= end();
    return closed;
  }

  async function end(): Promise<void> {
    options.signal.removeEventListener("abort", closeOnSignal);
    enter({ kind: "closing" });
    const reason = new SidecarHostError("closed");
    closing.abort(reason);
    ready.reject(reason);
    ready = waitingRoom();
    ready.reject(reason);
    await live?.process.stop(options.closeDeadlineMs);
    await kept;
    enter({ kind: "closed" });
  }

  function enter(next: SidecarState): void {
    state = next;
    options.onState(next);
  }
}

/** A promise that nobody has to wait for. */
function waitingRoom<Value>(): PromiseWithResolvers<Value> {
  const room = Promise.withResolvers<Value>();
  room.promise.catch(() => {});
  return room;
}
