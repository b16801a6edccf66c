import { expect, test } from "vitest";

import { createSingleFlight } from "./single-flight.ts";

test("callers at the same time share one run, later ones start another", async () => {
  let runs = 0;
  const fly = createSingleFlight(async () => ++runs);
  expect(await Promise.all([fly(soon()), fly(soon()), fly(soon())])).toEqual([1, 1, 1]);
  expect(await fly(soon())).toBe(2);
});

test("a failed run is everybody's failure, and is not kept", async () => {
  let runs = 0;
  const fly = createSingleFlight(async () => {
    runs += 1;
    if (runs === 1) throw new Error("first");
    return runs;
  });
  const settled = await Promise.allSettled([fly(soon()), fly(soon())]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await fly(soon())).toBe(2);
});

test("a caller who leaves gets his own reason, and the others their result", async () => {
  const gate = Promise.withResolvers<string>();
  const fly = createSingleFlight(() => gate.promise);
  const leaver = new AbortController();
  const left = fly(leaver.signal);
  const stays = fly(soon());
  const reason = new Error("left");
  leaver.abort(reason);
  await expect(left).rejects.toBe(reason);
  gate.resolve("result");
  expect(await stays).toBe("result");
});

test("a caller who has left already starts nothing", async () => {
  let runs = 0;
  const fly = createSingleFlight(async () => ++runs);
  await expect(fly(AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  expect(runs).toBe(0);
});

test("a run that fails after everybody has left goes by quietly", async () => {
  const gate = Promise.withResolvers<string>();
  const fly = createSingleFlight(() => gate.promise);
  const leaver = new AbortController();
  const left = fly(leaver.signal);
  leaver.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  gate.reject(new Error("late"));
  // An unhandled rejection would fail the run of the tests.
  await new Promise((done) => setImmediate(done));
});

function soon(): AbortSignal {
  return AbortSignal.timeout(2000);
}
