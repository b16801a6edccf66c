// What every command is given.

import type { Readable, Writable } from "node:stream";

import type { AskKeychain } from "@sidekit/secrets";

import type { Target } from "../command-line.ts";
import type { LocalSettings } from "../config.ts";
import type { Gateway } from "../gateway.ts";
import type { Interrupts } from "../interrupts.ts";
import type { Output } from "../output.ts";
import type { WayIn } from "../way-in.ts";

export interface CommandContext {
  readonly output: Output;
  readonly interrupts: Interrupts;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** The system's keychain. */
  readonly askKeychain: AskKeychain;
  /** Throws CliError. */
  localSettings(): LocalSettings;
  /** What option and variables say about the sidecar, before anybody is asked. Throws CliError. */
  wayIn(url: string | null): WayIn;
  /** Asks for a launch token when there is none. Throws CliError when there is no way in. */
  openGateway(target: Target, signal: AbortSignal): Promise<Gateway>;
}
