// Whether a sidecar that ended is started again, and after how long. Pure.

export interface RestartPolicy {
  /** Before the first restart; twice as long before each one after it. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** With so many ends in the window it stays down (R57). */
  readonly maxEnds: number;
  readonly windowMs: number;
}

export const defaultRestart: RestartPolicy = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  maxEnds: 5,
  windowMs: 60_000,
};

/** `endedAtMs`: by a clock that only goes forward, oldest first, this end included. Null: not again. */
export function restartDelayMs(endedAtMs: readonly number[], policy: RestartPolicy): number | null {
  const latest = endedAtMs.at(-1) ?? 0;
  const recent = endedAtMs.filter((atMs) => latest - atMs < policy.windowMs).length;
  if (recent >= policy.maxEnds) return null;
  return Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.max(0, recent - 1));
}
