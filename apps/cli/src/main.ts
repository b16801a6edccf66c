#!/usr/bin/env node
// The process: environment, streams, Ctrl-C, exit status.

import { runCli } from "./cli.ts";
import { loadSettings } from "./config.ts";
import { exitStatus } from "./errors.ts";
import { createInterrupts } from "./interrupts.ts";

/** What is still on its way when the command is done, such as a stop, gets this long. */
const lingerMs = 5_000;

const interrupts = createInterrupts(() => process.exit(exitStatus.interrupted));
process.on("SIGINT", interrupts.interrupt);
// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on("error", () => process.exit(exitStatus.ok));
process.stderr.on("error", () => process.exit(exitStatus.ok));

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  settings: loadSettings(),
  interrupts,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
setTimeout(() => process.exit(), lingerMs).unref();
