// Stops asking somebody who does not answer, and asks again later with one request at a time (L31).

const windowSeconds = 10;
const leastCalls = 20;
const failingShare = 0.5;
const failuresInARow = 5;
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;
/** When the two clocks differ by more than this over a call, the machine has slept through it (R61). */
const sleptMs = 2_000;

export type CircuitState = "closed" | "open" | "half_open";

/** `pass`: go ahead, and say how it went, once. `open`: do not; it is asked again after so many milliseconds. */
export type Admission =
  | { readonly kind: "pass"; end(outcome: CallOutcome): void }
  | { readonly kind: "open"; readonly waitMs: number };

/** `unknown` is what says nothing about the other side: whoever asked has left. */
export type CallOutcome = "answered" | "failed" | "unknown";

export interface CircuitBreaker {
  admit(): Admission;
}

export interface CircuitBreakerOptions {
  /** Once for every change. */
  readonly onChange: (state: CircuitState) => void;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Second {
  at: number;
  calls: number;
  failures: number;
}

/** Opens at half of at least 20 calls failed in 10 s, or five in a row; for 5 s, then twice as long each time, to 60 s. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { onChange, monotonicNow = () => performance.now(), now = Date.now } = options;
  const seconds: Second[] = Array.from({ length: windowSeconds }, () => ({ at: -1, calls: 0, failures: 0 }));
  let state: CircuitState = "closed";
  let inARow = 0;
  let pauseMs = firstPauseMs;
  let openUntilMs = 0;
  /** Calls of an earlier one say nothing about this one. */
  let generation = 0;

  return {
    admit() {
      const startedMs = monotonicNow();
      if (state === "half_open") return { kind: "open", waitMs: 1_000 };
      if (state === "open") {
        if (startedMs < openUntilMs) return { kind: "open", waitMs: openUntilMs - startedMs };
        enter("half_open");
      }
      const own = generation;
      const wallMs = now();
      return {
        kind: "pass",
        end(outcome) {
          if (own !== generation) return;
          const slept = Math.abs(now() - wallMs - (monotonicNow() - startedMs)) > sleptMs;
          settle(slept && outcome === "failed" ? "unknown" : outcome);
        },
      };
    },
  };

  function settle(outcome: CallOutcome): void {
    if (state === "half_open") {
      if (outcome === "answered") close();
      // The next request is the next probe: this one has found out nothing.
      else if (outcome === "unknown") enter("open");
      else open(Math.min(pauseMs * 2, longestPauseMs));
      return;
    }
    if (outcome === "unknown") return;
    inARow = outcome === "failed" ? inARow + 1 : 0;
    count(outcome === "failed");
    if (outcome === "failed" && (inARow >= failuresInARow || mostFail())) open(firstPauseMs);
  }

  function open(forMs: number): void {
    pauseMs = forMs;
    openUntilMs = monotonicNow() + forMs;
    enter("open");
  }

  function close(): void {
    inARow = 0;
    for (const second of seconds) second.at = -1;
    enter("closed");
  }

  function enter(next: CircuitState): void {
    state = next;
    generation++;
    onChange(next);
  }

  function count(failed: boolean): void {
    const at = Math.floor(monotonicNow() / 1000);
    const second = seconds[at % windowSeconds];
    if (second === undefined) return;
    if (second.at !== at) Object.assign(second, { at, calls: 0, failures: 0 });
    second.calls++;
    if (failed) second.failures++;
  }

  function mostFail(): boolean {
    const oldest = Math.floor(monotonicNow() / 1000) - windowSeconds;
    let calls = 0;
    let failures = 0;
    for (const second of seconds) {
      if (second.at <= oldest) continue;
      calls += second.calls;
      failures += second.failures;
    }
    return calls >= leastCalls && failures >= calls * failingShare;
  }
}
