// What passes between a script and the runner while both are under way: gates, and the wait for an abort.

export interface Cues {
  /** Scripts that wait to be aborted. */
  readonly waiting: number;
  hasReached(gate: string): boolean;
  open(gate: string): void;
  /** Lets every script go on, now and later: the case is over. */
  release(): void;
  /** For scripts: resolves when the runner opens the gate, or nobody listens any more. */
  passGate(gate: string, signal: AbortSignal): Promise<void>;
  /** For scripts. */
  awaitAbort(signal: AbortSignal): Promise<void>;
}

export function createCues(): Cues {
  const gates = new Map<string, PromiseWithResolvers<void> & { reached: boolean }>();
  const end = Promise.withResolvers<void>();
  let waiting = 0;

  const gateOf = (name: string) => {
    const known = gates.get(name) ?? { ...Promise.withResolvers<void>(), reached: false };
    gates.set(name, known);
    return known;
  };
  return {
    get waiting() {
      return waiting;
    },
    hasReached: (name) => gateOf(name).reached,
    open: (name) => gateOf(name).resolve(),
    release: () => end.resolve(),
    async passGate(name, signal) {
      const gate = gateOf(name);
      gate.reached = true;
      await Promise.race([gate.promise, aborted(signal), end.promise]);
    },
    async awaitAbort(signal) {
      waiting++;
      await Promise.race([aborted(signal), end.promise]);
      waiting--;
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
