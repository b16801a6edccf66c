// Ctrl-C: first it stops what is going on, then it leaves.

import { CliError } from "./errors.ts";

export interface Interrupts {
  /**
   * Runs `work`; the next interrupt aborts its signal with CliError `interrupted`. Any beyond that one, or between
   * works, leaves.
   */
  during<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** To be called when one arrives. */
  interrupt(): void;
}

export function createInterrupts(leave: () => void): Interrupts {
  let current: AbortController | null = null;
  return {
    async during(work) {
      const controller = new AbortController();
      current = controller;
      try {
        return await work(controller.signal);
      } finally {
        current = null;
      }
    },
    interrupt() {
      if (current === null || current.signal.aborted) leave();
      else current.abort(new CliError("interrupted"));
    },
  };
}
