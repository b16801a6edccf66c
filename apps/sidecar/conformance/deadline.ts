// Waits for a condition, with the one limit that every wait of the runner has.

import { setTimeout as sleep } from "node:timers/promises";

export const waitLimitMs = 5_000;
const pollMs = 1;

/** Throws with these words when the condition does not hold within 5 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = performance.now() + waitLimitMs;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${waitLimitMs / 1000} s for ${what}`);
    await sleep(pollMs);
  }
}
