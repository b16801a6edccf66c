// The process: settings, parts, listen, the ready line.

import "./process-guards.ts";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";

import { createApp } from "./app.ts";
import { refuseSecretArguments } from "./arguments.ts";
import { compose, type Parts } from "./compose.ts";
import { ConfigError, loadConfig, type Config } from "./config.ts";
import { openLogOutput, type LogOutput } from "./log-output.ts";
import { createLog } from "./log.ts";
import { openParentLink } from "./parent-link.ts";
import { exitStatus, leave, stopOnFaults, stopOnSignals, type FaultScene } from "./process-end.ts";
import { StartError } from "./start-error.ts";
import { describeStart } from "./start-report.ts";

/** Of a reload: every key source has a deadline of its own. */
const reloadMs = 15_000;

// A reader of our output that goes away, or a full disk, is no reason to die in the middle of an answer (R72).
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const scene: FaultScene = { log: null, running: null };
stopOnFaults(scene);
const output = openLogOutput(process.stderr);
const config = configOrLeave();
const log = createLog(config.logLevel, output.write);
scene.log = log;
await start(config, log, output);

function configOrLeave(): Config {
  try {
    refuseSecretArguments(process.argv.slice(2));
    return loadConfig();
  } catch (error) {
    if (error instanceof StartError) leave(error.exitStatus, error.message);
    if (!(error instanceof ConfigError)) throw error;
    createLog("info", output.write).error({ settings: error.settings }, "config.rejected");
    return leave(exitStatus.config, `Sidekit cannot start with these settings:\n${error.message}`);
  }
}

async function start(config: Config, log: Logger, output: LogOutput): Promise<void> {
  let parts: Parts | undefined;
  try {
    log.info(describeStart(config), "start");
    // However little is logged, who was let in is part of it, unless nothing is.
    const writeAudit = config.logLevel === "silent" ? () => {} : output.writeAudit;
    const parent = await openParentLink(config, log);
    parts = await compose(config, log, { writeAudit, ...(parent && { handedOver: parent.handedOver }) });
    const drain = { begun: false };
    const { trustedProxies } = config;
    const app = await createApp({ parts, log, trustedProxies, draining: () => drain.begun });
    await listen(app, config, parts);
    scene.running = { app, parts, log, output, drain };
    // A terminal that closes hangs up; nobody is there then to stop it by other means.
    stopOnSignals(scene.running, isOnTerminal() ? ["SIGTERM", "SIGINT", "SIGHUP"] : ["SIGTERM", "SIGINT"]);
    if (!isOnTerminal()) reloadOnHangup(parts, log);
    log.info("ready");
    if (parent !== null) return parent.serve(scene.running);
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
    await app.listen({ host: config.host, port: config.port, listenTextResolver: () => "listen" });
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
