// A configured key: taken in from its source, replaced when that holds another one, checked live.

import { SecretsError } from "./errors.ts";
import type { KeyObservation } from "./key-observation.ts";
import { createCandidate, createKeyRing, type KeyCandidate, type RingKey } from "./key-ring.ts";
import type { KeyShapeRule } from "./key-shape.ts";
import type { KeySource } from "./key-source.ts";
import { describeKey, type ApiKeyStatus } from "./key-status.ts";
import type { Secret } from "./secret.ts";
import { markInTime, readSettled } from "./settled-read.ts";
import { createSingleFlight } from "./single-flight.ts";
import type { KeyVerification, KeyVerifier } from "./verification.ts";

/** S137. */
const defaultOverlapMs = 600_000;
/** S148. */
const defaultRemovedGraceMs = 60_000;
/** S142: a storm of refusals, or of calls while a keychain stays locked, reads the source once in this time. */
const restMs = 5000;
/** Whoever asks without a signal has a task with deadlines of its own. */
const neverAborted = new AbortController().signal;

export interface ApiKeyOptions {
  readonly id: string;
  /** What the key is for, in a few words. */
  readonly purpose: string;
  readonly source: KeySource;
  readonly shape: KeyShapeRule;
  /** The upstream that the key is for, with the version in it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  /** How long the former key stays at hand after a rotation. Default 10 min. */
  readonly overlapMs?: number;
  /** How long a key that was taken out of its source stays in use (S148). Default 60 s. */
  readonly removedGraceMs?: number;
  readonly observe?: (observation: KeyObservation) => void;
  /** Milliseconds since 1970, for what people are told. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward, for what has to end. */
  readonly monotonicNow?: () => number;
}

/**
 * Another key in the source takes the place of the one in use once it has stood there unchanged, has the right shape,
 * and is not refused by the upstream; until then, and when it never is, the key in use stays (S137). One that was taken
 * away stays for a while, and is then given up (S148). The source is looked at by `refresh` and `reload`, by `current`
 * while there is no key, and after a refusal.
 */
export interface ApiKey {
  /**
   * The key to send; the same object for as long as the key is the same. Throws SecretsError when there is no usable
   * one, and the signal's reason when that aborts.
   *
   * `refused` is the key that the upstream has just answered with 401: the source is then read again, at most once in
   * 5 s (S142), and the answer is the key that has come since, else, during the overlap after a rotation, the one
   * before. The same key comes back when there is no other.
   */
  current(signal: AbortSignal, refused?: Pick<Secret, "reveal">): Promise<Secret>;
  /** What is known without asking anybody; `unchecked` until the key has been read and the upstream asked. */
  status(): ApiKeyStatus;
  /** As `status`, from the upstream's answer: the last one while it is fresh, else a new one within 3 s. */
  check(signal: AbortSignal): Promise<ApiKeyStatus>;
  /** Reads the source, then as `check`, from a new answer. */
  checkNow(signal: AbortSignal): Promise<ApiKeyStatus>;
  /** Reads the source if something may have changed there, and ends what has run out. Meant for every few seconds. */
  refresh(signal: AbortSignal): Promise<void>;
  /** Reads the source now. What is wrong there is in the status, and never thrown. */
  reload(signal: AbortSignal): Promise<void>;
}

type KeyName = Pick<RingKey, "fingerprint" | "position"> & { readonly keyId: string };

export function createApiKey(options: ApiKeyOptions): ApiKey {
  const { id, purpose, source, shape, baseUrl, observe = () => {} } = options;
  const { overlapMs = defaultOverlapMs, removedGraceMs = defaultRemovedGraceMs } = options;
  const { now = Date.now, monotonicNow = () => performance.now() } = options;
  const ring = createKeyRing({ overlapMs, monotonicNow });

  /** What was wrong with the source when it was last read. */
  let fault: SecretsError | null = null;
  let removedAtMs: number | null = null;
  let readAtMs = Number.NEGATIVE_INFINITY;
  /** Of what was last taken in. */
  let knownMark: string | null = null;
  /** The key that the upstream answered 401 to. */
  let refusedSecret: Secret | null = null;
  /** Refused by the upstream before it was used; kept so that it is not asked about every few seconds. */
  let turnedAway: KeyCandidate | null = null;

  const takeIn = createSingleFlight(async () => {
    readAtMs = monotonicNow();
    try {
      // Asked for before the reading: what changes in between is then found the next time.
      const mark = await markInTime(source);
      const secret = await readSettled(source, shape, { patient: ring.current !== null });
      if (!ring.current?.secret.equals(secret)) await admit(secret);
      knownMark = mark;
      fault = null;
      removedAtMs = null;
    } catch (cause) {
      if (!(cause instanceof SecretsError)) throw cause;
      noteFault(cause);
    }
  });

  const readAfterRefusal = createSingleFlight(async () => {
    if (monotonicNow() - readAtMs >= restMs) await takeIn(neverAborted);
  });

  return {
    async current(signal, refused) {
      const key = await load(signal);
      return refused === key.secret ? instead(key, signal) : key.secret;
    },
    status,
    check: (signal) => checkWith((verifier) => verifier.check(signal), signal),
    async checkNow(signal) {
      await takeIn(signal);
      return checkWith((verifier) => verifier.checkNow(signal), signal);
    },
    async refresh(signal) {
      endWhatHasRunOut();
      if (await mayHaveChanged()) await takeIn(signal);
      endWhatHasRunOut();
    },
    reload: takeIn,
  };

  async function load(signal: AbortSignal): Promise<RingKey> {
    signal.throwIfAborted();
    endWhatHasRunOut();
    if (ring.current) return ring.current;
    // Reading a keychain may put a question on somebody's screen.
    const rests = source.kind === "keychain" && fault !== null && monotonicNow() - readAtMs < restMs;
    if (!rests) await takeIn(signal);
    if (ring.current) return ring.current;
    throw fault ?? new SecretsError("key_missing", source.setting);
  }

  async function instead(key: RingKey, signal: AbortSignal): Promise<Secret> {
    refusedSecret = key.secret;
    await readAfterRefusal(signal);
    const current = await load(signal);
    return current.secret === key.secret ? (ring.previous ?? current).secret : current.secret;
  }

  /** A key that takes the place of a working one is asked about first (S141); one the upstream refuses does not. */
  async function admit(secret: Secret): Promise<void> {
    const candidate = turnedAway?.secret.equals(secret)
      ? turnedAway
      : createCandidate(secret, { baseUrl, fetch: options.fetch, now });
    if (ring.current && ring.current.secret !== refusedSecret) {
      const { verdict } = await candidate.verifier.check(neverAborted);
      if (verdict === "invalid") {
        turnedAway = candidate;
        throw new SecretsError("key_refused", source.setting, candidate.fingerprint);
      }
    }
    turnedAway = null;
    refusedSecret = null;
    const former = ring.current;
    const inUse = { ...named(ring.promote(candidate)), source: source.kind };
    observe(
      former
        ? { event: "key.rotated", ...inUse, previous: former.fingerprint }
        : { event: "key.loaded", ...inUse },
    );
  }

  function noteFault(found: SecretsError): void {
    // Somebody is writing there: the next reading tells.
    if (found.code === "key_unsettled" && ring.current) return;
    const isNews = fault?.problem !== found.problem;
    fault = found;
    if (found.state !== "missing" || !ring.current) {
      removedAtMs = null;
      const inUse = ring.current?.fingerprint ?? null;
      if (isNews) observe({ event: "key.rejected", keyId: id, code: found.code, fingerprint: inUse });
    } else if (removedAtMs === null) {
      removedAtMs = monotonicNow();
      observe({ event: "key.removed", ...named(ring.current), graceMs: removedGraceMs });
    }
  }

  async function mayHaveChanged(): Promise<boolean> {
    if (ring.current === null && fault === null) return true;
    const mark = await markInTime(source);
    // Where only a reading can tell, nobody is bothered but to find out whether a key that was missing is back.
    if (mark === null) return removedAtMs !== null;
    return mark !== knownMark || fault !== null;
  }

  function endWhatHasRunOut(): void {
    const retired = ring.retire();
    if (retired) observe({ event: "key.retired", ...named(retired) });
    if (ring.current && removedAtMs !== null && monotonicNow() - removedAtMs >= removedGraceMs) {
      observe({ event: "key.revoked", ...named(ring.current) });
      ring.clear();
      removedAtMs = null;
    }
  }

  function named({ fingerprint, position }: RingKey): KeyName {
    return { keyId: id, fingerprint, position };
  }

  async function checkWith(
    ask: (verifier: KeyVerifier) => Promise<KeyVerification>,
    signal: AbortSignal,
  ): Promise<ApiKeyStatus> {
    try {
      await ask((await load(signal)).verifier);
    } catch (cause) {
      if (!(cause instanceof SecretsError)) throw cause;
    }
    return status();
  }

  function status(): ApiKeyStatus {
    endWhatHasRunOut();
    const monotonicMs = monotonicNow();
    return describeKey({
      id,
      purpose,
      source,
      ring,
      fault,
      keptForMs: removedAtMs === null ? null : removedAtMs + removedGraceMs - monotonicMs,
      nowMs: now(),
      monotonicMs,
    });
  }
}
