// The runs of this process: how many there may be, one at a time per thread, and how they end together.

import { ChatKitError } from "./errors.ts";
import type { ChatKitLimits } from "./limits.ts";
import type { Owner } from "./ports.ts";
import type { Run } from "./run.ts";

export interface Runs {
  /** Takes the thread's place for a run to come, or throws `thread_busy`, `rate_limited`, `overloaded`, `draining`. */
  reserve(owner: Owner, threadId: string): Reservation;
  /** Waits for a run of the thread to end, and keeps new ones out until the work is done. */
  withoutRun<Result>(owner: Owner, threadId: string, work: () => Promise<Result>): Promise<Result>;
  ofThread(owner: Owner, threadId: string): Run | null;
  find(owner: Owner, runId: string): Run | null;
  readonly active: number;
  /** No new runs from here on. Resolves when all have ended, those that outlast the deadline because they are stopped. */
  drain(deadlineMs: number): Promise<DrainResult>;
}

export interface Reservation {
  /** The place is given back when the run has ended. */
  fill(run: Run): void;
  giveBack(): void;
}

export interface DrainResult {
  /** Runs that had to be stopped. */
  readonly stopped: number;
}

/** What holds a thread's place: a run, or something that must not coincide with one. */
type Holder = Run | "reserved" | Deletion;

interface Deletion {
  readonly over: Promise<unknown>;
}

export function createRuns(limits: ChatKitLimits): Runs {
  const places = new Map<string, Holder>();
  const runs = new Map<string, Run>();
  const perOwner = new Map<string, number>();
  let reserved = 0;
  let draining = false;
  let drainExpired = false;
  const waitingForIdle: (() => void)[] = [];

  return {
    reserve(owner, threadId) {
      if (draining) throw new ChatKitError("draining");
      const place = placeOf(owner, threadId);
      if (places.has(place)) throw new ChatKitError("thread_busy");
      const ownerKey = keyOf(owner);
      const own = perOwner.get(ownerKey) ?? 0;
      if (own >= limits.runsPerOwner) throw new ChatKitError("rate_limited");
      if (reserved >= limits.runs) throw new ChatKitError("overloaded");
      places.set(place, "reserved");
      perOwner.set(ownerKey, own + 1);
      reserved++;

      const giveBack = () => {
        places.delete(place);
        reserved--;
        const left = (perOwner.get(ownerKey) ?? 1) - 1;
        if (left === 0) perOwner.delete(ownerKey);
        else perOwner.set(ownerKey, left);
        if (reserved === 0) for (const resolve of waitingForIdle.splice(0)) resolve();
      };
      return {
        giveBack,
        fill(run) {
          places.set(place, run);
          runs.set(run.runId, run);
          if (drainExpired) run.stop("draining");
          const leave = () => {
            runs.delete(run.runId);
            giveBack();
          };
          void run.ended.then(leave);
        },
      };
    },

    async withoutRun(owner, threadId, work) {
      const place = placeOf(owner, threadId);
      for (let holder = places.get(place); holder !== undefined; holder = places.get(place)) {
        if (holder === "reserved") throw new ChatKitError("thread_busy");
        if (isDeletion(holder)) {
          await holder.over.catch(() => {});
        } else {
          holder.stop("deleted");
          await holder.ended;
        }
      }
      const result = work();
      places.set(place, { over: result });
      try {
        return await result;
      } finally {
        places.delete(place);
      }
    },

    ofThread(owner, threadId) {
      const holder = places.get(placeOf(owner, threadId));
      return holder === undefined || holder === "reserved" || isDeletion(holder) ? null : holder;
    },

    find(owner, runId) {
      const run = runs.get(runId);
      return run !== undefined && keyOf(run.owner) === keyOf(owner) ? run : null;
    },

    get active() {
      return runs.size;
    },

    async drain(deadlineMs) {
      draining = true;
      const deadline = Promise.withResolvers<void>();
      const timer = setTimeout(deadline.resolve, deadlineMs);
      await Promise.race([allEnded(), deadline.promise]);
      clearTimeout(timer);
      drainExpired = true;
      const late = [...runs.values()];
      for (const run of late) run.stop("draining");
      await allEnded();
      return { stopped: late.length };
    },
  };

  async function allEnded(): Promise<void> {
    if (reserved > 0) await new Promise<void>((resolve) => waitingForIdle.push(resolve));
  }
}

function isDeletion(holder: Run | Deletion): holder is Deletion {
  return "over" in holder;
}

function keyOf({ tenant, user }: Owner): string {
  return JSON.stringify([tenant, user]);
}

function placeOf({ tenant, user }: Owner, threadId: string): string {
  return JSON.stringify([tenant, user, threadId]);
}
