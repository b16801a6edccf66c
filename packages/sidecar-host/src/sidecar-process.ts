// One sidecar process: started with a channel, ready by a deadline, ended in peace or by force.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { scrubText } from "@sidekit/secrets";

import { SidecarHostError } from "./errors.ts";
import type { Handover } from "./handshake.ts";
import { createLineSplitter } from "./lines.ts";
import type { HostOptions } from "./options.ts";
import { orAborted } from "./or-aborted.ts";
import { openParentChannel, type ParentChannel } from "./parent-channel.ts";

/** The descriptor on which the sidecar finds its end of the channel. */
export const channelFd = 3;

const maxLineBytes = 16_384;
/** Kept for the error of one that ends by itself. */
const maxLastLines = 20;
const maxReportedChars = 500;
/** What a process wrote before it ended is read for so long; a program it left behind may hold its output open. */
const flushMs = 500;
/** A sidecar whose end of the channel is closed believes its parent gone, and ends by itself (S59). */
const orphanMs = 5000;

export interface SidecarExit {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it wrote, on either stream; cut, and without whatever looks like a credential. */
  readonly lastLines: readonly string[];
}

export interface SidecarProcess {
  readonly pid: number;
  readonly url: string;
  readonly exit: Promise<SidecarExit>;
  readonly request: ParentChannel["request"];
  /** Resolves when it has ended: in peace, or by force after the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

type StartOptions = Pick<HostOptions, "entry" | "node" | "environment" | "readyDeadlineMs" | "onLine">;

/**
 * Resolves when the sidecar says where it listens. Rejects with SidecarHostError, or the signal's reason; no process is
 * left then.
 */
export async function startProcess(
  options: StartOptions,
  handover: Handover,
  signal: AbortSignal,
): Promise<SidecarProcess> {
  signal.throwIfAborted();
  const child = spawnChild(options);
  const stream = child.stdio?.[channelFd];
  const lastLines = followOutput(child, options.onLine);
  const exit = exitOf(child, lastLines);
  if (!(stream instanceof Duplex)) {
    await exit;
    throw new SidecarHostError("spawn_failed");
  }
  const channel = openParentChannel(stream);
  void channel.closed
    .then(() => sleep(orphanMs, undefined, { ref: false }))
    .then(() => child.kill("SIGKILL"));
  channel.send(handover);
  const deadline = AbortSignal.timeout(options.readyDeadlineMs);
  const endedFirst = exit.then((it) => Promise.reject(startFailed(it)));
  try {
    const url = await orAborted(
      Promise.race([channel.ready, endedFirst]),
      AbortSignal.any([signal, deadline]),
    );
    return { pid: child.pid!, url, exit, request: channel.request, stop };
  } catch (failure) {
    child.kill("SIGKILL");
    await exit.catch(() => undefined);
    signal.throwIfAborted();
    throw deadline.aborted ? new SidecarHostError("start_timeout", { cause: writtenBy(lastLines) }) : failure;
  }

  async function stop(deadlineMs: number): Promise<void> {
    channel.send({ type: "stop" });
    const forced = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
    await exit;
    clearTimeout(forced);
  }
}

/** How a sidecar ended and what it wrote last, as the cause of an error. */
export function exitReport({ status, signal, lastLines }: SidecarExit): Error {
  const how = signal === null ? `It ended with status ${status}.` : `It was ended by ${signal}.`;
  return new Error(how, { cause: writtenBy(lastLines) });
}

/** A wrong setting or command line is as wrong the next time. */
export function isFinal({ status }: SidecarExit): boolean {
  return status === 64 || status === 78;
}

function spawnChild({ node, entry, environment }: StartOptions): ChildProcess {
  try {
    return spawn(node, [entry], {
      // Never this process's own, which a missing `env` would mean.
      env: { ...environment },
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      windowsHide: true,
    });
  } catch (cause) {
    throw new SidecarHostError("spawn_failed", { cause });
  }
}

/** Always read, so that a sidecar never waits for its parent to look. */
function followOutput(child: ChildProcess, onLine: StartOptions["onLine"]): readonly string[] {
  const last: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const splitter = createLineSplitter(maxLineBytes, (line) => {
      last.push(scrubText(line.text.slice(0, maxReportedChars)));
      if (last.length > maxLastLines) last.shift();
      onLine({ stream, ...line });
    });
    child[stream]?.on("data", splitter.push);
    child[stream]?.once("close", splitter.end);
    child[stream]?.on("error", () => {});
  }
  return last;
}

/** Rejects with `spawn_failed` when there never was a process. */
async function exitOf(child: ChildProcess, lastLines: readonly string[]): Promise<SidecarExit> {
  const closed = new Promise((resolve) => child.once("close", resolve));
  try {
    await once(child, "spawn");
  } catch (cause) {
    throw new SidecarHostError("spawn_failed", { cause });
  } finally {
    // What comes now is of a signal that could not be sent; whether it has ended is told by `exit`.
    child.on("error", () => {});
  }
  const [status, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  await Promise.race([closed, sleep(flushMs, undefined, { ref: false })]);
  for (const stream of child.stdio) stream?.destroy();
  return { status, signal, lastLines: [...lastLines] };
}

function startFailed(exit: SidecarExit): SidecarHostError {
  return new SidecarHostError("start_failed", { cause: exitReport(exit) });
}

function writtenBy(lastLines: readonly string[]): Error {
  return new Error(lastLines.length === 0 ? "It wrote nothing." : lastLines.join("\n"));
}
