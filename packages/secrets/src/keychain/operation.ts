// One operation on the system's keychain, by the optional package that knows all of them.

import type { KeychainReply, KeychainRequest } from "./request.ts";

/** The part of `@napi-rs/keyring` that is used. */
export interface KeychainAddon {
  readonly AsyncEntry: new (
    service: string,
    account: string,
    options: { readonly linux: { readonly store: "secret-service" } },
  ) => {
    getPassword(): Promise<string | null>;
    setPassword(value: string): Promise<void>;
  };
}

/**
 * Without this the package falls back in silence to the kernel's keyring, which every program of the same user can read
 * and a restart empties.
 */
const pinned = { linux: { store: "secret-service" } } as const;

type Failure = Extract<KeychainReply, { kind: "failed" }>["code"];

/** The words of the systems, which have no codes that the package would pass on. The first that fits counts. */
const failuresByWords: readonly (readonly [words: RegExp, code: Failure])[] = [
  [
    /dismissed|cancell?ed|denied|not allowed to|auth\w* failed|not correct|\(-128\)|-25293/i,
    "keychain_denied",
  ],
  [/interaction is not allowed|-25308|\blocked\b/i, "keychain_locked"],
  [/\bambiguous\b|matched by more than one|multiple/i, "keychain_ambiguous"],
  [
    /d-?bus|secret service|no (?:default )?store|no storage|not supported|no keychain/i,
    "keychain_unavailable",
  ],
];

/** Never rejects. Of a failure only its kind is told: the system's words may quote anything. */
export async function carryOut(
  request: KeychainRequest,
  loadAddon: () => Promise<KeychainAddon>,
): Promise<KeychainReply> {
  let addon: KeychainAddon;
  try {
    addon = await loadAddon();
  } catch {
    return { kind: "failed", code: "keychain_not_installed" };
  }
  try {
    const entry = new addon.AsyncEntry(request.service, request.account, pinned);
    if (request.operation === "write") {
      await entry.setPassword(request.value);
      return { kind: "written" };
    }
    const value = await entry.getPassword();
    return value === null ? { kind: "none" } : { kind: "value", value };
  } catch (cause) {
    return { kind: "failed", code: failureOf(cause) };
  }
}

function failureOf(cause: unknown): Failure {
  const words = cause instanceof Error ? cause.message : "";
  return failuresByWords.find(([pattern]) => pattern.test(words))?.[1] ?? "keychain_failed";
}
