// Arguments in, exit status out. Everything the process gives comes as a parameter.

import type { Readable, Writable } from "node:stream";

import { type Command, parseCommandLine, wantsJson } from "./command-line.ts";
import { runChat } from "./commands/chat.ts";
import { runAudit } from "./commands/audit.ts";
import type { CommandContext } from "./commands/context.ts";
import { runDoctor } from "./commands/doctor.ts";
import { runKeysRotate, runKeysSet, runKeysStatus } from "./commands/keys.ts";
import {
  runSessionCancel,
  runSessionCancelAll,
  runSessionCreate,
  runSessionList,
} from "./commands/session.ts";
import { runServiceKeyCreate } from "./commands/service-key.ts";
import type { Settings } from "./config.ts";
import { CliError, type ExitStatus, exitStatus } from "./errors.ts";
import { openLocalGateway } from "./gateways/local.ts";
import { openRemoteGateway } from "./gateways/remote.ts";
import { helpText } from "./help.ts";
import type { Interrupts } from "./interrupts.ts";
import { createOutput, showFailure } from "./output.ts";
import { askLaunchToken } from "./token-prompt.ts";
import { findWayIn } from "./way-in.ts";

export interface CliParts {
  readonly argv: readonly string[];
  readonly settings: Settings;
  readonly interrupts: Interrupts;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Runs one command to its end. Failures are shown, never thrown. */
export async function runCli(parts: CliParts): Promise<ExitStatus> {
  const { argv, settings, stdout, stderr } = parts;
  const output = createOutput({ stdout, stderr, json: wantsJson(argv), plain: settings.plain });
  const wayIn = (url: string | null) => findWayIn(url, settings.launchToken);
  const context: CommandContext = {
    ...parts,
    output,
    askKeychain: settings.askKeychain,
    localSettings: settings.local,
    wayIn,
    async openGateway(target, signal) {
      if (target.kind === "local") return openLocalGateway(settings.local());
      const { url, launchToken } = wayIn(target.url);
      if (launchToken !== null) return openRemoteGateway({ url, launchToken });
      const answer = await askLaunchToken({ url, input: parts.stdin, output: stderr, signal });
      const given = findWayIn(target.url, answer);
      if (given.launchToken === null) throw new CliError("missing_launch_token");
      return openRemoteGateway({ url: given.url, launchToken: given.launchToken });
    },
  };
  try {
    return await runCommand(parseCommandLine(argv), context, parts);
  } catch (thrown) {
    const error = thrown instanceof CliError ? thrown : new CliError("internal", "", { cause: thrown });
    showFailure(output, error);
    if (error.code === "internal") output.note(placeOf(error.cause));
    return error.exit;
  }
}

async function runCommand(command: Command, context: CommandContext, parts: CliParts): Promise<ExitStatus> {
  switch (command.name) {
    case "help":
      parts.stdout.write(await helpText(command.of, parts.stdout.isTTY === true && !parts.settings.plain));
      return exitStatus.ok;
    case "chat":
      return runChat(command, context);
    case "session create":
      return runSessionCreate(command, context);
    case "session list":
      return runSessionList(command, context);
    case "session cancel":
      return runSessionCancel(command, context);
    case "session cancel-all":
      return runSessionCancelAll(command, context);
    case "keys status":
    case "keys verify":
      return runKeysStatus(command, context);
    case "keys set":
      return runKeysSet(command, context);
    case "keys rotate":
      return runKeysRotate(command, context);
    case "service-key create":
      return runServiceKeyCreate(command, context);
    case "audit":
      return runAudit(command, context);
    case "doctor":
      return runDoctor(command, context);
  }
}

/** Where a fault of this program arose, without its message: that may quote anything. */
function placeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const frames = (thrown.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return `${[thrown.name, ...frames.slice(0, 8)].join("\n")}\n`;
}
