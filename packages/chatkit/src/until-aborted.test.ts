import { expect, test } from "vitest";

import { untilAborted } from "./until-aborted.ts";

test("work that comes to an end in time is what it came to", async () => {
  const { signal } = new AbortController();
  await expect(untilAborted(async () => 1, signal)).resolves.toBe(1);
  await expect(untilAborted(() => Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
});

test("a signal ends the wait with its reason, before the work begins or while it goes on", async () => {
  const reason = new Error("stopped");
  await expect(untilAborted(async () => 1, AbortSignal.abort(reason))).rejects.toBe(reason);
  const stop = new AbortController();
  const waiting = untilAborted(() => new Promise<never>(() => undefined), stop.signal);
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
