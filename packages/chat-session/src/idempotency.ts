// One result per idempotency key for a while: replays it, joins the call that is making it, keeps no failure (S38).

import { ChatSessionError } from "./errors.ts";
import type { SessionKeys, SessionOwner } from "./ports.ts";

/** L37. */
const keptMs = 60_000;

export interface IdempotencyOptions {
  readonly keys: SessionKeys;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow: () => number;
  /** Results kept at most; beyond it calls with a key are refused as `overloaded`. */
  readonly maxKept: number;
}

export interface IdempotentCall<Result> {
  readonly owner: SessionOwner;
  readonly key: string;
  /** The input in a form in which equal inputs are equal strings. */
  readonly input: string;
  /** Runs at most once at a time per key; callers that leave do not stop it. */
  readonly run: () => Promise<Result>;
  /** Whether a result that was kept may still be given. If not, the key is a `conflict` until it is free again. */
  readonly holds: (kept: Result) => Promise<boolean>;
}

type Kept<Result> =
  | { readonly kind: "running"; readonly input: string; readonly result: Promise<Result> }
  | { readonly kind: "done"; readonly sealed: string; readonly untilMs: number };

/** Throws ChatSessionError `idempotency_mismatch` when the key came with another input, else what `run` throws. */
export function createIdempotency<Result>(options: IdempotencyOptions) {
  const { keys, monotonicNow, maxKept } = options;
  const kept = new Map<string, Kept<Result>>();

  return async (call: IdempotentCall<Result>): Promise<Result> => {
    dropLapsed();
    const slots = keys.replaySlots(call.owner, call.key);
    const slot = slots.find((it) => kept.has(it)) ?? slots[0]!;
    const known = kept.get(slot);
    if (known?.kind === "running") return sameInput(known, call.input).result;
    if (known?.kind === "done") {
      const { result } = sameInput(readReply<Result>(keys.openReply(call.key, known.sealed)), call.input);
      if (await call.holds(result)) return result;
      throw new ChatSessionError("conflict");
    }
    if (kept.size >= maxKept) throw new ChatSessionError("overloaded");
    const result = call.run();
    kept.set(slot, { kind: "running", input: call.input, result });
    try {
      const sealed = keys.sealReply(call.key, JSON.stringify({ input: call.input, result: await result }));
      // Deleted first: the map's order is then the order in which its results lapse.
      kept.delete(slot);
      kept.set(slot, { kind: "done", sealed, untilMs: monotonicNow() + keptMs });
    } catch (failure) {
      kept.delete(slot);
      throw failure;
    }
    return result;
  };

  function dropLapsed(): void {
    for (const [slot, entry] of kept) {
      if (entry.kind === "running") continue;
      if (entry.untilMs > monotonicNow()) return;
      kept.delete(slot);
    }
  }
}

function sameInput<Entry extends { readonly input: string }>(entry: Entry, input: string): Entry {
  if (entry.input !== input) throw new ChatSessionError("idempotency_mismatch");
  return entry;
}

function readReply<Result>(text: string): { input: string; result: Result } {
  return JSON.parse(text);
}
