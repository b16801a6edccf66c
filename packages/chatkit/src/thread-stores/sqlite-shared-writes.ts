// Writes that come in one tick share a transaction: most of what one costs is its beginning, its end, and the pages that
// all of them touch.

import { busyPause, busyRetries, isBusy, storeError } from "./sqlite-errors.ts";

/** After so long the process has its turn before the next transaction. */
const writingMs = 5;

export interface SharedWrites {
  /**
   * Resolves once what `work` has written is committed. The work is done at the end of this tick, more than once if need
   * be. It fails alone: what others write in the same transaction neither stays nor goes for its sake. Repeats while the
   * database is busy, and throws ChatKitError for what a store may throw.
   */
  add<Result>(work: () => Result, signal: AbortSignal): Promise<Result>;
  /** Does what waits, now. */
  settle(): void;
}

interface Write {
  readonly work: () => void;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
  retriesLeft: number;
  /** The transaction that it shared was undone for the sake of one of them: now it has one of its own. */
  alone: boolean;
}

/** `transact` does all of the work, or nothing of it. */
export function createSharedWrites(transact: <Result>(work: () => Result) => Result): SharedWrites {
  // As many as there are callers: each of them waits for its own.
  let waiting: Write[] = [];
  let cancelNext: (() => void) | null = null;

  return {
    add<Result>(work: () => Result, signal: AbortSignal) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      let result: Result;
      waiting.push({
        work: () => {
          result = work();
        },
        signal,
        resolve: () => resolve(result),
        reject,
        retriesLeft: busyRetries,
        alone: false,
      });
      if (cancelNext === null) goOnSoon();
      return promise;
    },
    settle() {
      cancelNext?.();
      doWaiting(Number.POSITIVE_INFINITY);
    },
  };

  function goOnSoon(): void {
    const immediate = setImmediate(() => doWaiting(performance.now() + writingMs));
    cancelNext = () => clearImmediate(immediate);
  }

  function goOnAfterPause(): void {
    const timer = setTimeout(() => doWaiting(performance.now() + writingMs), busyPause());
    cancelNext = () => clearTimeout(timer);
  }

  function doWaiting(untilMs: number): void {
    cancelNext = null;
    waiting = waiting.filter(({ signal, reject }) => {
      if (signal.aborted) reject(signal.reason);
      return !signal.aborted;
    });
    while (waiting.length > 0) {
      if (!doSome(untilMs)) return goOnAfterPause();
      if (waiting.length > 0 && performance.now() > untilMs) return goOnSoon();
    }
  }

  /** One transaction. False when the database is busy. */
  function doSome(untilMs: number): boolean {
    const firstAlone = waiting.findIndex(({ alone }) => alone);
    const group =
      firstAlone === 0 ? waiting.slice(0, 1) : waiting.slice(0, firstAlone < 0 ? undefined : firstAlone);
    try {
      const count = transact(() => {
        let done = 0;
        for (const write of group) {
          write.work();
          done++;
          if (performance.now() > untilMs) break;
        }
        return done;
      });
      for (const write of waiting.splice(0, count)) write.resolve();
      return true;
    } catch (thrown) {
      if (isBusy(thrown)) {
        waiting = waiting.filter((write) => {
          if (write.retriesLeft === 0) write.reject(storeError(thrown));
          return write.retriesLeft-- > 0;
        });
        return waiting.length === 0;
      }
      if (group.length === 1) {
        waiting.shift();
        group[0]?.reject(storeError(thrown));
      } else for (const write of group) write.alone = true;
      return true;
    }
  }
}
