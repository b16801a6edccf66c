// A key from the operating system's keychain: macOS Keychain, Windows Credential Manager, or a Secret Service on Linux.

import { SecretsError } from "../errors.ts";
import type { AskKeychain } from "../keychain/process.ts";
import type { KeychainReply, KeychainRequest } from "../keychain/request.ts";
import type { KeySource } from "../key-source.ts";
import { Secret } from "../secret.ts";
import { untilAborted } from "../single-flight.ts";

const deadlineMs = 5000;

export interface KeychainEntry {
  /** The setting that names the entry, such as `OPENAI_API_KEY_KEYCHAIN`. */
  readonly setting: string;
  readonly service: string;
  readonly account: string;
  /** What `createKeychainProcess` gives. */
  readonly ask: AskKeychain;
}

/**
 * Each reading ends within 5 s and may put a question of the system on the screen, which is why only a reading tells
 * whether the entry has changed (S138).
 */
export function createKeychainKeySource(entry: KeychainEntry): KeySource {
  const { setting, service, account } = entry;
  return {
    kind: "keychain",
    setting,
    settleMs: 0,
    async read(signal) {
      const reply = await askInTime(entry, { operation: "read", service, account }, signal);
      if (reply.kind === "value") return new Secret(reply.value);
      throw new SecretsError("keychain_no_entry", setting);
    },
    mark: async () => null,
  };
}

/** Puts the key into the entry, in place of what is there. Throws SecretsError, or the signal's reason. */
export async function writeKeychainEntry(
  entry: KeychainEntry,
  key: Secret,
  signal: AbortSignal,
): Promise<void> {
  const { service, account } = entry;
  await askInTime(entry, { operation: "write", service, account, value: key.reveal() }, signal);
}

async function askInTime(
  { setting, ask }: KeychainEntry,
  request: KeychainRequest,
  signal: AbortSignal,
): Promise<Exclude<KeychainReply, { kind: "failed" }>> {
  signal.throwIfAborted();
  const deadline = AbortSignal.timeout(deadlineMs);
  const either = AbortSignal.any([signal, deadline]);
  let reply: KeychainReply;
  try {
    reply = await untilAborted(ask(request, either), either);
  } catch (cause) {
    signal.throwIfAborted();
    throw deadline.aborted ? new SecretsError("keychain_slow", setting) : cause;
  }
  if (reply.kind === "failed") throw new SecretsError(reply.code, setting);
  return reply;
}
