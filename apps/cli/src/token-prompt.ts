// Asks for the launch token without showing it.

import type { Readable, Writable } from "node:stream";

import { isCancel, password } from "@clack/prompts";
import { Secret } from "@sidekit/secrets";

import { CliError } from "./errors.ts";

/** Throws CliError: `missing_launch_token` when nobody is there to ask, `interrupted` when the person leaves. */
export async function askLaunchToken(options: {
  readonly url: string;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}): Promise<Secret> {
  const { input, output, signal } = options;
  if (input.isTTY !== true || output.isTTY !== true) throw new CliError("missing_launch_token");
  const answer = await password({
    message: `Launch token of ${options.url} (or paste its ready line)`,
    input,
    output,
    signal,
  });
  if (isCancel(answer)) throw new CliError("interrupted");
  return new Secret(answer);
}
