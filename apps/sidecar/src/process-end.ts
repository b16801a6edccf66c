// How the process ends: drained by a signal, at once by the second one, or by a fault of its own.

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

import type { Parts } from "./compose.ts";
import type { LogOutput } from "./log-output.ts";

/** sysexits: a setting is wrong; an internal fault. What else keeps it from starting brings its own. */
export const exitStatus = { config: 78, fault: 70, forced: 1 } as const;

/** L35: streams get this long to finish. */
export const drainMs = 15_000;
const wholeDrainMs = 25_000;
/** After the runs have ended, for requests that are still being read or answered. */
const closeMs = 2_000;
/** A terminal and a parent may both deliver one Ctrl-C. */
const echoMs = 500;
/** R54, S172: what is tried once more before the process goes. */
const farewellMs = 1000;
/** Well within the 5 s of S59. */
const orphanMs = 3000;

export interface Drain {
  begun: boolean;
}

export interface Running {
  readonly app: FastifyInstance;
  readonly parts: Parts;
  readonly log: Logger;
  readonly output: LogOutput;
  readonly drain: Drain;
}

/** First signal: finish or store what runs, then leave with 0. Second one: leave at once (R53, R54). */
export function stopOnSignals(running: Running, signals: readonly NodeJS.Signals[]): void {
  const { parts, log } = running;
  let startedAt: number | null = null;
  for (const signal of signals) {
    process.on(signal, () => {
      if (startedAt === null) {
        startedAt = Date.now();
        void stop(running);
      } else if (Date.now() - startedAt > echoMs) {
        log.warn("drain.forced");
        void parts.chatKit.drain({ deadlineMs: 0 }).finally(() => leave(exitStatus.forced));
        setTimeout(() => leave(exitStatus.forced), farewellMs).unref();
      }
    });
  }
}

/** Finishes or stores what runs, then leaves with 0. Once. */
export async function stop({ app, parts, log, output, drain }: Running): Promise<void> {
  if (drain.begun) return;
  drain.begun = true;
  parts.sessionUpkeep.closeFollowers();
  const runs = parts.chatKit.activeRuns();
  log.info({ running: runs }, "drain.start");
  if (runs > 0) {
    process.stderr.write(
      `Finishing ${runs} running ${runs === 1 ? "answer" : "answers"}; once more stops at once.\n`,
    );
  }
  const forced = setTimeout(() => {
    log.warn("drain.forced");
    leave(exitStatus.forced, "Stopping took too long.");
  }, wholeDrainMs);
  forced.unref();
  await parts.chatKit.drain({ deadlineMs: drainMs });
  // Whoever takes or sends nothing by then is not waited for.
  const cut = setTimeout(() => app.server.closeAllConnections(), closeMs);
  await app.close();
  clearTimeout(cut);
  await parts[Symbol.asyncDispose]();
  log.info("stop");
  await output.settled();
  leave(0);
}

/** S59, R58: serves nobody any more, and with the process all sessions end. */
export async function leaveWithoutParent({ app, parts, log, output, drain }: Running): Promise<void> {
  drain.begun = true;
  setTimeout(() => leave(0), orphanMs).unref();
  app.server.close();
  await parts.chatKit.drain({ deadlineMs: 0 });
  app.server.closeAllConnections();
  log.info({ reason: "parent" }, "stop");
  await output.settled();
  leave(0);
}

/** What a fault finds: nothing before the log is there, then more and more. */
export interface FaultScene {
  log: Logger | null;
  running: Running | null;
}

/** S172: said once; open streams are told; never survived. */
export function stopOnFaults(scene: FaultScene): void {
  let crashed = false;
  const crash = (fault: unknown) => {
    if (crashed) return;
    crashed = true;
    scene.log?.fatal({ err: fault }, "crash");
    const gone = () =>
      leave(exitStatus.fault, "Sidekit stopped because of an internal fault; the log says more.");
    setTimeout(gone, farewellMs);
    if (scene.running === null) return gone();
    const { app, parts, drain, output } = scene.running;
    drain.begun = true;
    void parts.chatKit
      .drain({ deadlineMs: 0 })
      .finally(() => app.close())
      .finally(() => output.settled())
      .finally(gone);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}

/** What waits for the log is written on the way out. */
export function leave(status: number, message?: string): never {
  if (message !== undefined) process.stderr.write(`${message}\n`);
  process.exit(status);
}
