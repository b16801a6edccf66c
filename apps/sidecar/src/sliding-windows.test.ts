import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { createSlidingWindows, windowMs } from "./sliding-windows.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function open(options: { maxKeys?: number; maxTimes?: number } = {}) {
  const clock = { now: 0 };
  const windows = createSlidingWindows({ monotonicNow: () => clock.now, ...options });
  const admit = (key: string, limit: number, weight = 1) => windows.admit([{ key, limit, weight }]);
  return { clock, windows, admit };
}

test("S116, I7: whenever requests come, no window of a minute holds more than the limit", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 12 }), (waits, limit) => {
      const { clock, admit } = open();
      const passed: number[] = [];
      for (const wait of waits) {
        clock.now += wait;
        if (admit("ann", limit).kind === "admitted") passed.push(clock.now);
      }
      for (const from of passed) {
        const within = passed.filter((at) => at >= from && at < from + windowMs);
        expect(within.length).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

test("S116: the border of two minutes lets nothing more through", () => {
  const { clock, admit } = open();
  clock.now = windowMs - 1;
  for (let at = 0; at < 10; at++) expect(admit("ann", 10).kind).toBe("admitted");
  clock.now = windowMs + 1;
  expect(admit("ann", 10).kind).toBe("refused");
});

test("S117: whoever waits as told gets through, however often it was refused meanwhile", () => {
  const { clock, admit } = open();
  for (let at = 0; at < 3; at++) {
    admit("ann", 3);
    clock.now += 1000;
  }
  const refused = admit("ann", 3);
  for (let at = 0; at < 1000; at++) admit("ann", 3);
  expect(refused).toMatchObject({ kind: "refused", waitMs: windowMs - 3000 });
  clock.now += windowMs - 3000;
  expect(admit("ann", 3).kind).toBe("admitted");
});

test("S117: what one of several limits refuses counts for none of them", () => {
  const { windows } = open();
  const claims = (user: string) => [
    { key: user, limit: 10, weight: 1 },
    { key: "address", limit: 2, weight: 1 },
  ];
  windows.admit(claims("ann"));
  windows.admit(claims("bob"));
  for (let at = 0; at < 20; at++) expect(windows.admit(claims("eve")).kind).toBe("refused");
  for (let at = 0; at < 10; at++) {
    expect(windows.admit([{ key: "eve", limit: 10, weight: 1 }]).kind).toBe("admitted");
  }
});

test("S122: its memory is bounded, and filling it forgets nobody who is near a limit", () => {
  const { clock, windows, admit } = open({ maxKeys: 1000 });
  for (let at = 0; at < 10; at++) admit("offender", 10);
  for (let at = 0; at < 20_000; at++) {
    clock.now += 1;
    admit(`new-${at}`, 10);
  }
  expect(windows.keys).toBeLessThanOrEqual(1000);
  expect(admit("offender", 10).kind).toBe("refused");
});

test("S122: fifty thousand busy keys take less than 32 MiB", () => {
  const { admit } = open();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let key = 0; key < 50_000; key++) for (let at = 0; at < 10; at++) admit(`mint-user:5:acme-${key}`, 10);
  collect();
  expect((process.memoryUsage().heapUsed - before) / 1_048_576).toBeLessThan(32);
  expect(admit("mint-user:5:acme-7", 10).kind).toBe("refused");
});
