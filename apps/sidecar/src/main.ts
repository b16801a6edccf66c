// The process: settings, parts, listen, signals, drain, exit status.

import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

import { createApp } from "./app.ts";
import { refuseSecretArguments } from "./arguments.ts";
import { compose, type Parts } from "./compose.ts";
import { ConfigError, loadConfig, type Config } from "./config.ts";
import { createLog } from "./log.ts";
import { StartError } from "./start-error.ts";

/** sysexits: a setting is wrong; an internal fault. What else keeps it from starting brings its own. */
const exitStatus = { config: 78, fault: 70, forced: 1 } as const;
/** L35: streams get this long to finish. */
const drainMs = 15_000;
const wholeDrainMs = 25_000;
/** A terminal and a parent may both deliver one Ctrl-C. */
const echoMs = 500;
/** Of a reload: every key source has a deadline of its own. */
const reloadMs = 15_000;
/** After the runs have ended, for requests that are still being read or answered. */
const closeMs = 2_000;

process.umask(0o077);
// A reader of our output that goes away is no reason to die in the middle of an answer.
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error: Error & { code?: string }) => {
    if (error.code !== "EPIPE") throw error;
  });
}
await main();

async function main(): Promise<void> {
  let config: Config;
  try {
    refuseSecretArguments(process.argv.slice(2));
    config = loadConfig();
  } catch (error) {
    if (error instanceof StartError) return leave(error.exitStatus, error.message);
    if (!(error instanceof ConfigError)) throw error;
    return leave(exitStatus.config, `Sidekit cannot start with these settings:\n${error.message}`);
  }
  const log = createLog(config.logLevel);
  let parts: Parts | undefined;
  try {
    parts = await compose(config, log);
    const drain = { begun: false };
    const { trustedProxies } = config;
    const app = await createApp({ parts, log, trustedProxies, draining: () => drain.begun });
    await listen(app, config, parts);
    stopOnSignals(app, parts, drain, log);
    if (!isOnTerminal()) reloadOnHangup(parts, log);
    stopOnFaults(log);
    log.info({ config: describe(config) }, "ready");
    process.stdout.write(`Sidekit ready at ${parts.lists().boundUrl}/#launch=${parts.launchToken}\n`);
  } catch (error) {
    await parts?.[Symbol.asyncDispose]();
    if (!(error instanceof StartError)) throw error;
    log.debug({ err: error }, "start.failed");
    leave(error.exitStatus, error.message);
  }
}

async function listen(app: FastifyInstance, config: Config, parts: Parts): Promise<void> {
  // Before the first connection can be accepted: it is judged by lists that need the port.
  app.server.once("listening", () => parts.bound(portOf(app)));
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const where = `Port ${config.port} on ${config.host}`;
    if (code === "EADDRINUSE") {
      throw new StartError(
        `${where} is taken by another program. Stop that program, or choose another port with SIDEKIT_PORT (0 lets the system choose).`,
        { cause },
      );
    }
    if (code === "EACCES")
      throw new StartError(`${where} may not be used by this user. Choose one above 1023.`, { cause });
    if (code === "EADDRNOTAVAIL") {
      throw new StartError(`This machine does not have the address ${config.host}. Change SIDEKIT_HOST.`, {
        cause,
      });
    }
    throw cause;
  }
}

function portOf(app: FastifyInstance): number {
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port.");
  return address.port;
}

/** First signal: finish or store what runs, then leave with 0. Second one: leave at once (R53, R54). */
function stopOnSignals(app: FastifyInstance, parts: Parts, drain: { begun: boolean }, log: Logger): void {
  let startedAt: number | null = null;
  const stop = async () => {
    drain.begun = true;
    parts.sessionUpkeep.closeFollowers();
    const running = parts.chatKit.activeRuns();
    log.info({ running }, "drain.start");
    if (running > 0) {
      process.stderr.write(
        `Finishing ${running} running ${running === 1 ? "answer" : "answers"}; once more stops at once.\n`,
      );
    }
    const forced = setTimeout(() => leave(exitStatus.forced, "Stopping took too long."), wholeDrainMs);
    forced.unref();
    await parts.chatKit.drain({ deadlineMs: drainMs });
    // Whoever takes or sends nothing by then is not waited for.
    const cut = setTimeout(() => app.server.closeAllConnections(), closeMs);
    await app.close();
    clearTimeout(cut);
    await parts[Symbol.asyncDispose]();
    log.info("stop");
    leave(0);
  };
  // A terminal that closes hangs up; nobody is there then to stop it by other means.
  for (const signal of ["SIGTERM", "SIGINT", ...(isOnTerminal() ? (["SIGHUP"] as const) : [])] as const) {
    process.on(signal, () => {
      if (startedAt === null) {
        startedAt = Date.now();
        void stop();
      } else if (Date.now() - startedAt > echoMs) {
        log.warn("drain.forced");
        void parts.chatKit.drain({ deadlineMs: 0 }).finally(() => leave(exitStatus.forced));
        setTimeout(() => leave(exitStatus.forced), 1000).unref();
      }
    });
  }
}

/** S137, R54. Keys alone: all other settings stay what they were. */
function reloadOnHangup({ keys }: Parts, log: Logger): void {
  process.on("SIGHUP", () => {
    log.info("reload");
    keys
      .reload(AbortSignal.timeout(reloadMs))
      .catch((error: unknown) => log.warn({ err: error }, "reload.failed"));
  });
}

function isOnTerminal(): boolean {
  return process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
}

/** S172: said once, never survived. */
function stopOnFaults(log: Logger): void {
  const crash = (error: unknown) => {
    log.fatal({ err: error }, "crash");
    leave(exitStatus.fault, "Sidekit stopped because of an internal fault; the log says more.");
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
}

/** The settings in force, with nothing secret among them. */
function describe(config: Config): Record<string, unknown> {
  return {
    profiles: config.profiles.map(({ name, issuer, responder, model }) => ({
      name,
      issuer,
      responder,
      model,
    })),
    keys: config.keys.map(({ id, source }) => ({
      id,
      source: source.kind === "environment" && source.value === null ? "none" : source.kind,
    })),
    upstreamIsVendor: config.upstreamIsVendor,
    detachGraceMs: config.detachGraceMs,
    element: config.element,
  };
}

function leave(status: number, message?: string): void {
  if (message !== undefined) process.stderr.write(`${message}\n`);
  process.exit(status);
}
