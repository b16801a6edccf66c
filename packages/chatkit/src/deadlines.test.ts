import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { createDeadlines } from "./deadlines.ts";

test("what begins at once shares a deadline, what begins later has one of its own", async () => {
  const deadline = createDeadlines(200);
  const begunMs = performance.now();
  const first = deadline();
  expect(deadline()).toBe(first);
  await sleep(50);
  const second = deadline();
  expect(second).not.toBe(first);
  await new Promise((resolve) => first.addEventListener("abort", resolve));
  // Timers count whole milliseconds, and may be one ahead of the other clock.
  expect(performance.now() - begunMs).toBeGreaterThan(198);
  expect(second.aborted).toBe(false);
  expect(first.reason).toMatchObject({ name: "TimeoutError" });
});
