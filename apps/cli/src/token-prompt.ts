// Asks for the launch token without showing it.

import type { Readable, Writable } from "node:stream";

import type { Secret } from "@sidekit/secrets";

import { CliError } from "./errors.ts";
import { askSecret } from "./secret-prompt.ts";

/** Throws CliError: `missing_launch_token` when nobody is there to ask, `interrupted` when the person leaves. */
export async function askLaunchToken(options: {
  readonly url: string;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}): Promise<Secret> {
  const { url, input, output, signal } = options;
  if (input.isTTY !== true || output.isTTY !== true) throw new CliError("missing_launch_token");
  const message = `Launch token of ${url} (or paste its ready line)`;
  return askSecret({ message, stdin: input, stderr: output, signal });
}
