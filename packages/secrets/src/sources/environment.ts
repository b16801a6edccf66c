// A key from a variable. The process edge reads the variable once, takes it out of the environment (S135) and hands
// over what it found.

import { SecretsError } from "../errors.ts";
import type { KeySource } from "../key-source.ts";
import type { Secret } from "../secret.ts";

export interface EnvironmentKeySourceOptions {
  readonly setting: string;
  /** Null when the variable is not set. */
  readonly value: Secret | null;
}

export function createEnvironmentKeySource({ setting, value }: EnvironmentKeySourceOptions): KeySource {
  return {
    kind: "environment",
    setting,
    settleMs: 0,
    // Nobody can change a variable of a running process from outside.
    mark: async () => "fixed",
    async read(signal) {
      signal.throwIfAborted();
      if (!value) throw new SecretsError("key_missing", setting);
      return value;
    },
  };
}
