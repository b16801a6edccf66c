// The key in use and, for the overlap after a rotation, the one before it. What may enter is decided elsewhere.

import { fingerprint } from "./fingerprint.ts";
import type { Secret } from "./secret.ts";
import { createKeyVerifier, type KeyVerifier, type KeyVerifierOptions } from "./verification.ts";

/** A key of the right shape, with what is known about it. */
export interface KeyCandidate {
  readonly secret: Secret;
  readonly fingerprint: string;
  readonly verifier: KeyVerifier;
}

export interface RingKey extends KeyCandidate {
  /** 1 for the first key of this process; one more with each that took its place. */
  readonly position: number;
}

export interface RetiringKey extends RingKey {
  /** By the monotonic clock. */
  readonly untilMs: number;
}

export interface KeyRing {
  readonly current: RingKey | null;
  readonly previous: RetiringKey | null;
  /** The candidate becomes current; the current key becomes previous, and the previous one is forgotten. */
  promote(candidate: KeyCandidate): RingKey;
  /** Forgets the previous key if its time is over, and returns it then. */
  retire(): RetiringKey | null;
  /** Forgets both. */
  clear(): void;
}

export interface KeyRingOptions {
  readonly overlapMs: number;
  readonly monotonicNow: () => number;
}

export function createKeyRing({ overlapMs, monotonicNow }: KeyRingOptions): KeyRing {
  let current: RingKey | null = null;
  let previous: RetiringKey | null = null;
  let promotions = 0;
  return {
    get current() {
      return current;
    },
    get previous() {
      return previous;
    },
    promote(candidate) {
      previous = current && { ...current, untilMs: monotonicNow() + overlapMs };
      promotions += 1;
      current = { ...candidate, position: promotions };
      return current;
    },
    retire() {
      if (previous === null || monotonicNow() < previous.untilMs) return null;
      const retired = previous;
      previous = null;
      return retired;
    },
    clear() {
      current = null;
      previous = null;
    },
  };
}

export function createCandidate(secret: Secret, upstream: KeyVerifierOptions): KeyCandidate {
  return { secret, fingerprint: fingerprint(secret), verifier: createKeyVerifier(secret, upstream) };
}
