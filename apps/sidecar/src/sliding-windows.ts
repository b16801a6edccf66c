// Counts what each key was allowed in the last 60 s, exactly: no alignment to the clock lets more through (S116).

/** The span that every limit is about. */
export const windowMs = 60_000;
const defaultMaxKeys = 50_000;
/** Of all keys together, at 8 bytes each: with the keys themselves less than 32 MiB (S122). */
const defaultMaxTimes = 1_000_000;
/** How many of the keys that were used longest ago are looked at to make room for one. */
const candidates = 16;
const tidiedAtOnce = 2;

/** One of the limits that a request has to keep. */
export interface Claim {
  readonly key: string;
  /** Of this key in any 60 s. The same at each call: a key with another limit is another key. */
  readonly limit: number;
  /** What the request counts, at most `limit`. */
  readonly weight: number;
}

export type Verdict =
  | { readonly kind: "admitted" }
  /** `waitMs` from now the same claims pass, unless others have used the keys meanwhile. */
  | { readonly kind: "refused"; readonly claim: Claim; readonly waitMs: number }
  /** So many keys are in use that a new one cannot be counted. */
  | { readonly kind: "full" };

export interface SlidingWindows {
  /** Counts the request for all claims, or for none: what is refused costs its sender nothing (S117). */
  admit(claims: readonly Claim[]): Verdict;
  /** The same without counting. */
  check(claims: readonly Claim[]): Verdict;
  readonly keys: number;
}

export interface SlidingWindowsOptions {
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
  readonly maxKeys?: number;
  readonly maxTimes?: number;
}

/**
 * When each unit was admitted, of as many units as the limit allows, so that a look at the oldest of them answers.
 * `times` is a ring once it is as long as the limit.
 */
interface Window {
  readonly limit: number;
  readonly times: number[];
  /** Where in the ring the oldest time is. */
  oldest: number;
  lastMs: number;
}

const admitted: Verdict = { kind: "admitted" };

/** In memory, of a bounded size, without a timer. A key that has used half of its limit is never forgotten early. */
export function createSlidingWindows(options: SlidingWindowsOptions = {}): SlidingWindows {
  const {
    monotonicNow = () => performance.now(),
    maxKeys = defaultMaxKeys,
    maxTimes = defaultMaxTimes,
  } = options;
  // In the order of the last admission, but for those that were passed over once.
  const windows = new Map<string, Window>();
  let times = 0;

  return {
    admit(claims) {
      const nowMs = monotonicNow();
      const verdict = judge(claims, nowMs);
      if (verdict.kind !== "admitted") return verdict;
      for (const claim of claims) if (!hasRoom(claim, nowMs)) return { kind: "full" };
      for (const claim of claims) count(claim, nowMs);
      return verdict;
    },
    check: (claims) => judge(claims, monotonicNow()),
    get keys() {
      return windows.size;
    },
  };

  function judge(claims: readonly Claim[], nowMs: number): Verdict {
    let refused: Claim | null = null;
    let longestMs = 0;
    for (const claim of claims) {
      const waitMs = waitOf(windows.get(claim.key), claim, nowMs);
      if (waitMs <= longestMs) continue;
      refused = claim;
      longestMs = waitMs;
    }
    return refused === null ? admitted : { kind: "refused", claim: refused, waitMs: longestMs };
  }

  function hasRoom({ key, weight }: Claim, nowMs: number): boolean {
    tidy(nowMs);
    if ((windows.has(key) || windows.size < maxKeys) && times + weight <= maxTimes) return true;
    return makeRoom(key, nowMs);
  }

  function count({ key, limit, weight }: Claim, nowMs: number): void {
    const window = windows.get(key) ?? { limit, times: [], oldest: 0, lastMs: nowMs };
    for (let unit = 0; unit < weight; unit++) {
      if (window.times.length < limit) {
        window.times.push(nowMs);
        times++;
        continue;
      }
      window.times[window.oldest] = nowMs;
      window.oldest = (window.oldest + 1) % limit;
    }
    window.lastMs = nowMs;
    windows.delete(key);
    windows.set(key, window);
  }

  /** Keys that are out of use go little by little, as others come. */
  function tidy(nowMs: number): void {
    let looked = 0;
    for (const [key, window] of windows) {
      if (looked++ === tidiedAtOnce || nowMs - window.lastMs < windowMs) return;
      forget(key, window);
    }
  }

  /** Forgets a key that is far from its limit. Those that are near it, and might gain by it, are passed over. */
  function makeRoom(wanted: string, nowMs: number): boolean {
    let looked = 0;
    for (const [key, window] of windows) {
      if (looked++ === candidates) return false;
      const inUse = nowMs - window.lastMs < windowMs;
      if (key !== wanted && (!inUse || window.times.length * 2 < window.limit)) {
        forget(key, window);
        return true;
      }
      windows.delete(key);
      windows.set(key, window);
    }
    return false;
  }

  function forget(key: string, window: Window): void {
    windows.delete(key);
    times -= window.times.length;
  }
}

/** How long until so many units have left the window; 0 when they pass now. */
function waitOf(window: Window | undefined, { limit, weight }: Claim, nowMs: number): number {
  if (window === undefined) return 0;
  const { times, oldest } = window;
  const free = limit - times.length;
  if (weight <= free) return 0;
  const lastToLeave = times[(oldest + weight - free - 1) % times.length]!;
  return Math.max(0, lastToLeave + windowMs - nowMs);
}
