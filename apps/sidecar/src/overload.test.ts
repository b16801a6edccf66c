import { afterEach, expect, test, vi } from "vitest";

import { watchOverload, type OverloadObservation } from "./overload.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("R1: an event loop that lags is overload, told at its beginning, every five seconds, and at its end", () => {
  const { clock, watch, told, run } = open();
  run(100, 20);
  expect(watch.overloaded).toBe(false);
  run(10, 400);
  expect(watch.overloaded).toBe(true);
  expect(told).toMatchObject([{ event: "overload.start", delayP99Ms: 380 }]);
  run(13, 400);
  expect(told.map(({ event }) => event)).toEqual(["overload.start", "overload.on"]);
  const lastSlow = clock.now;
  run(400, 20);
  expect(watch.overloaded).toBe(false);
  expect(told.at(-1)?.event).toBe("overload.end");
  // Within five seconds and a little of the last slow one.
  expect(clock.now - lastSlow).toBeGreaterThan(5000);
  watch[Symbol.dispose]();
});

test("R1: one long pause, as of a start or a collection, is none", () => {
  const { watch, run } = open();
  run(50, 20);
  run(1, 3000);
  run(50, 20);
  expect(watch.overloaded).toBe(false);
  watch[Symbol.dispose]();
});

test("R1, R65: a heap that is nearly full is overload, and no longer once it is not", () => {
  const { watch, run, told, heap } = open();
  heap.share = 0.9;
  run(1, 20);
  expect(watch.overloaded).toBe(true);
  expect(told).toMatchObject([{ event: "overload.start", heapShare: 0.9 }]);
  heap.share = 0.5;
  run(1, 20);
  expect(watch.overloaded).toBe(false);
  watch[Symbol.dispose]();
});

/** Ticks by hand: each comes so late as it is told. */
function open() {
  vi.useFakeTimers();
  const clock = { now: 0 };
  const heap = { share: 0.1 };
  const told: OverloadObservation[] = [];
  const watch = watchOverload({
    observe: (observation) => told.push(observation),
    now: () => clock.now,
    heapUsed: () => heap.share,
  });
  const run = (ticks: number, everyMs: number) => {
    for (let tick = 0; tick < ticks; tick++) {
      clock.now += everyMs;
      vi.advanceTimersByTime(20);
    }
  };
  return { clock, heap, told, watch, run };
}
