// A key that the process which started this one hands over, at the start or later. What carries it is that process's
// private channel; here it only arrives.

import { SecretsError } from "../errors.ts";
import type { KeySource } from "../key-source.ts";
import type { Secret } from "../secret.ts";

export interface HandoffKeySourceOptions {
  /** How people know the place, such as `keys.default (host)`. */
  readonly setting: string;
}

export interface HandoffKeySource {
  readonly source: KeySource;
  /** Takes the place of what was handed over before; null takes the key away (S148). Never gives one back (S139). */
  offer(key: Secret | null): void;
}

/** Until a key has been handed over, reading fails with `key_not_handed_over`. */
export function createHandoffKeySource({ setting }: HandoffKeySourceOptions): HandoffKeySource {
  let offered: Secret | null = null;
  let offers = 0;
  return {
    source: {
      kind: "host",
      setting,
      settleMs: 0,
      async read(signal) {
        signal.throwIfAborted();
        if (!offered) throw new SecretsError("key_not_handed_over", setting);
        return offered;
      },
      mark: async () => String(offers),
    },
    offer(key) {
      offered = key;
      offers += 1;
    },
  };
}
