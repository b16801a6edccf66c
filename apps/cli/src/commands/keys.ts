// `sidekit keys status`, `verify`, `set` and `rotate`. A key comes from a prompt or from standard input, and is never shown.

import { setTimeout as wait } from "node:timers/promises";

import type { ApiKeyStatus } from "@sidekit/chat-session/contract";
import {
  checkKeyShape,
  fingerprint,
  type Secret,
  SecretsError,
  writeKeychainEntry,
  writeKeyFile,
} from "@sidekit/secrets";

import type { Command, KeyPlace } from "../command-line.ts";
import { CliError, type ExitStatus, exitStatus } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { type Output, printable } from "../output.ts";
import { readSecret } from "../secret-prompt.ts";
import type { CommandContext } from "./context.ts";

const takenDeadlineMs = 20_000;
const askEveryMs = 1000;
const sound: ReadonlySet<ApiKeyStatus["state"]> = new Set(["valid", "unchecked"]);

/** Exit status 1 if a key is of no use. */
export async function runKeysStatus(
  command: Extract<Command, { name: "keys status" | "keys verify" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const { keys } = await interrupts.during(async (signal) => {
    await using gateway = await openGateway(command.target, signal);
    return await (command.name === "keys verify" ? gateway.verifyKeys(signal) : gateway.keyStatus(signal));
  });
  if (output.json) output.object({ keys });
  if (keys.length === 0) output.note("No key is configured: the built-in demo answers.\n");
  for (const key of keys) showKey(key, output);
  return keys.every(({ state, alert }) => sound.has(state) && alert === null)
    ? exitStatus.ok
    : exitStatus.failed;
}

export async function runKeysSet(
  command: Extract<Command, { name: "keys set" }>,
  context: CommandContext,
): Promise<ExitStatus> {
  const key = await putKey(command.place, context);
  const { output } = context;
  if (output.json) output.object({ fingerprint: fingerprint(key) });
  else output.result(`${fingerprint(key)}\n`);
  output.note(
    `The key is in ${nameOf(command.place)}. A sidecar that reads it there takes it into use by itself.\n`,
  );
  return exitStatus.ok;
}

/** As `set`, and then waits until the sidecar has taken the key into use and the upstream has accepted it. */
export async function runKeysRotate(
  command: Extract<Command, { name: "keys rotate" }>,
  context: CommandContext,
): Promise<ExitStatus> {
  const { output, interrupts, openGateway } = context;
  await using gateway = await openGateway(command.target, AbortSignal.timeout(takenDeadlineMs));
  const before = await interrupts.during((signal) => gateway.keyStatus(signal));
  const alerted = new Set(before.keys.filter(({ alert }) => alert !== null).map(({ id }) => id));
  const key = await putKey(command.place, context);
  output.note("Waiting until it is in use.\n");
  const status = await interrupts.during((signal) => untilTaken(gateway, fingerprint(key), alerted, signal));
  if (output.json) output.object(status);
  showKey(status, output);
  return status.state === "valid" ? exitStatus.ok : exitStatus.failed;
}

/** `alerted`: of keys that were not well before, an alert says nothing about this one. */
async function untilTaken(
  gateway: Gateway,
  wanted: string,
  alerted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<ApiKeyStatus> {
  const deadlineMs = performance.now() + takenDeadlineMs;
  for (;;) {
    const { keys } = await gateway.verifyKeys(signal);
    const taken = keys.find((status) => status.fingerprint === wanted);
    if (taken !== undefined) return taken;
    const alert = keys.find(({ id, alert: told }) => told !== null && !alerted.has(id))?.alert;
    if (alert) throw new CliError("key_not_used", printable(alert.problem), { mend: printable(alert.mend) });
    if (performance.now() > deadlineMs) throw new CliError("key_not_taken");
    await wait(askEveryMs, undefined, { signal });
  }
}

async function putKey(place: KeyPlace, context: CommandContext): Promise<Secret> {
  const { interrupts, stdin, stderr, askKeychain } = context;
  const prefix = context.localSettings().upstreamIsVendor ? "sk-" : null;
  return await interrupts.during(async (signal) => {
    const given = await readSecret({ message: `API key for ${nameOf(place)}`, stdin, stderr, signal });
    try {
      const key = checkKeyShape(given, "what was given", { prefix });
      if (place.kind === "file") await writeKeyFile(place.path, key, "--file");
      else await writeKeychainEntry({ setting: "--keychain", ...place, ask: askKeychain }, key, signal);
      return key;
    } catch (cause) {
      if (!(cause instanceof SecretsError)) throw cause;
      throw new CliError("key_not_written", cause.problem, { cause, reason: cause.code, mend: cause.mend });
    }
  });
}

function nameOf(place: KeyPlace): string {
  return place.kind === "file"
    ? "the file"
    : `keychain entry ${printable(`${place.service}/${place.account}`)}`;
}

function showKey(key: ApiKeyStatus, output: Output): void {
  const { green, red, yellow } = output.resultStyle;
  const mark = key.state === "valid" ? green : sound.has(key.state) ? yellow : red;
  const columns = [
    key.id,
    key.source,
    key.fingerprint ?? "-",
    mark(key.state),
    key.checkedAt ?? "not checked",
  ];
  output.result(`${columns.map((column) => column).join("  ")}\n`);
  if (key.problem !== null) output.result(`         ${printable(key.problem)}\n`);
  if (key.mend !== null) output.result(`         To mend it: ${printable(key.mend)}\n`);
  if (key.alert === null) return;
  output.result(`         Not in use: ${printable(key.alert.problem)}\n`);
  output.result(`         To mend it: ${printable(key.alert.mend)}\n`);
}
