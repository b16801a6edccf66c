import { expect, test } from "vitest";

import { CliError } from "./errors.ts";
import { createInterrupts } from "./interrupts.ts";

test("the first interrupt aborts what is going on, the next one leaves even if that does not end", async () => {
  let left = 0;
  const interrupts = createInterrupts(() => (left += 1));
  const { promise: deaf, resolve: end } = Promise.withResolvers<void>();
  let heard: AbortSignal | null = null;
  const work = interrupts.during((signal) => {
    heard = signal;
    return deaf;
  });
  interrupts.interrupt();
  expect(heard).toMatchObject({ aborted: true, reason: expect.any(CliError) });
  expect(left).toBe(0);
  interrupts.interrupt();
  expect(left).toBe(1);
  end();
  await work;
});

test("between works an interrupt leaves, and a new work is not aborted", async () => {
  let left = 0;
  const interrupts = createInterrupts(() => (left += 1));
  await interrupts.during(async () => interrupts.interrupt());
  await interrupts.during(async (signal) => expect(signal.aborted).toBe(false));
  interrupts.interrupt();
  expect(left).toBe(1);
});
