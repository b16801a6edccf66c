// Whether the process has more to do than it can (L39): its event loop lags, or its heap is nearly full. Measured here,
// because the library for it knows the mean of a second, and the limit is a percentile of five.

import { getHeapStatistics } from "node:v8";

const tickMs = 20;
const windowMs = 5000;
const slowMs = 250;
/** Of the ticks in the window; more of them slow is a 99th percentile beyond the limit. */
const slowShare = 0.01;
/** A start, or one long collection of garbage, is no load. */
const fewestSlow = 3;
const heapShare = 0.85;
const reportEveryMs = 5000;

export type OverloadObservation = {
  readonly event: "overload.start" | "overload.on" | "overload.end";
  /** 99th percentile of the delay of the event loop, about. */
  readonly delayP99Ms: number;
  readonly heapShare: number;
};

export interface OverloadWatch extends Disposable {
  /** True while new work has to be refused. */
  readonly overloaded: boolean;
}

export interface OverloadWatchOptions {
  readonly observe: (observation: OverloadObservation) => void;
  readonly now?: () => number;
  /** Share of the heap that is used, 0 to 1. */
  readonly heapUsed?: () => number;
}

/** Watches until it is disposed. Keeps no process alive. */
export function watchOverload(options: OverloadWatchOptions): OverloadWatch {
  const { observe, now = () => performance.now(), heapUsed = shareOfHeap } = options;
  let ticks: { readonly atMs: number; readonly delayMs: number }[] = [];
  let due = now() + tickMs;
  let overloaded = false;
  let reportedAtMs = 0;
  const timer = setInterval(() => {
    const atMs = now();
    ticks.push({ atMs, delayMs: Math.max(0, atMs - due) });
    due = atMs + tickMs;
    const firstKept = ticks.findIndex((tick) => atMs - tick.atMs <= windowMs);
    if (firstKept > 0) ticks = ticks.slice(firstKept);
    const slow = ticks.reduce((count, { delayMs }) => (delayMs > slowMs ? count + 1 : count), 0);
    const heap = heapUsed();
    const over = slow >= fewestSlow && slow > ticks.length * slowShare;
    tell(over || heap > heapShare, heap, atMs);
  }, tickMs).unref();

  function tell(nowOverloaded: boolean, heap: number, atMs: number): void {
    const changed = nowOverloaded !== overloaded;
    overloaded = nowOverloaded;
    if (!changed && !(overloaded && atMs - reportedAtMs >= reportEveryMs)) return;
    reportedAtMs = atMs;
    const delays = ticks.map(({ delayMs }) => delayMs).toSorted((a, b) => a - b);
    const delayP99Ms = Math.round(delays[Math.floor(delays.length * (1 - slowShare))] ?? 0);
    const event = changed ? (overloaded ? "overload.start" : "overload.end") : "overload.on";
    observe({ event, delayP99Ms, heapShare: Math.round(heap * 100) / 100 });
  }

  return {
    get overloaded() {
      return overloaded;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function shareOfHeap(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used / limit;
}
