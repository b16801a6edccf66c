// Deadlines of many short operations: those that begin at about the same time share one, and its timer.

/** Makes signals that abort after `ms` at the earliest, and a twentieth later at the latest. */
export function createDeadlines(ms: number): () => AbortSignal {
  const sharedMs = ms / 20;
  let shared: AbortSignal | null = null;
  let untilMs = 0;
  return () => {
    const nowMs = performance.now();
    if (shared === null || nowMs >= untilMs) {
      shared = AbortSignal.timeout(Math.ceil(ms + sharedMs));
      untilMs = nowMs + sharedMs;
    }
    return shared;
  };
}
