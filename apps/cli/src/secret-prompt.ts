// Takes a secret from whoever runs the command, without showing it: at a prompt, or from a pipe.

import type { Readable, Writable } from "node:stream";

import { isCancel, password } from "@clack/prompts";
import { Secret } from "@sidekit/secrets";

import { CliError } from "./errors.ts";

const maxBytes = 4096;

export interface SecretPrompt {
  readonly message: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly signal: AbortSignal;
}

/** Throws CliError: `missing_key` and `key_too_long` of what is piped in, `interrupted` when the person leaves. */
export async function readSecret(prompt: SecretPrompt): Promise<Secret> {
  const { stdin, stderr } = prompt;
  return stdin.isTTY === true && stderr.isTTY === true ? askSecret(prompt) : readPiped(prompt);
}

/** Needs a terminal. Throws CliError `interrupted` when the person leaves. */
export async function askSecret({ message, stdin, stderr, signal }: SecretPrompt): Promise<Secret> {
  const answer = await password({ message, input: stdin, output: stderr, signal });
  if (isCancel(answer)) throw new CliError("interrupted");
  return new Secret(answer);
}

async function readPiped({ stdin, signal }: SecretPrompt): Promise<Secret> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin.iterator({ destroyOnReturn: true })) {
    signal.throwIfAborted();
    bytes += chunks[chunks.push(Buffer.from(chunk)) - 1]!.length;
    if (bytes > maxBytes) throw new CliError("key_too_long");
  }
  if (bytes === 0) throw new CliError("missing_key");
  return new Secret(Buffer.concat(chunks).toString("utf8"));
}
