// Looks at the sources of keys for as long as a process runs.

import { setTimeout as sleep } from "node:timers/promises";

import type { ApiKey } from "./api-key.ts";

/** S137. */
const defaultPollMs = 5000;

export interface KeyWatchOptions {
  /** Between two looks. Default 5 s. */
  readonly pollMs?: number;
}

export interface KeyWatch extends AsyncDisposable {
  /** Reads every source now, whatever its mark says. */
  reload(signal: AbortSignal): Promise<void>;
}

/** The first look is at once. Keeps no process alive; ends when it is disposed of. */
export function watchKeys(
  keys: readonly Pick<ApiKey, "refresh" | "reload">[],
  { pollMs = defaultPollMs }: KeyWatchOptions = {},
): KeyWatch {
  const end = new AbortController();
  const rounds = keys.map((key) => watch(key, pollMs, end.signal));
  return {
    async reload(signal) {
      await Promise.all(keys.map((key) => key.reload(signal)));
    },
    async [Symbol.asyncDispose]() {
      end.abort();
      await Promise.all(rounds);
    },
  };
}

/** One key that is slow to read holds up no other. */
async function watch(key: Pick<ApiKey, "refresh">, pollMs: number, end: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await key.refresh(end);
      await sleep(pollMs, undefined, { signal: end, ref: false });
    }
  } catch (cause) {
    if (!end.aborted) throw cause;
  }
}
