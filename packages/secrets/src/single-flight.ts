// One running task for everybody who asks for its result at the same time.

/**
 * Joins callers to the running task, or starts it. A caller whose signal aborts gets the signal's reason and leaves the
 * task running for the others, so the task needs a deadline of its own.
 */
export function createSingleFlight<Result>(
  run: () => Promise<Result>,
): (signal: AbortSignal) => Promise<Result> {
  let flight: Promise<Result> | null = null;
  return async (signal) => {
    signal.throwIfAborted();
    flight ??= run().finally(() => {
      flight = null;
    });
    return untilAborted(flight, signal);
  };
}

/** The task's result, or the signal's reason if that comes first. */
export async function untilAborted<Result>(task: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([task, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
