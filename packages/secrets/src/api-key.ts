// One configured key: read from its source, checked for its shape, checked live, and described for people.

import { SecretsError } from "./errors.ts";
import { fingerprint } from "./fingerprint.ts";
import { checkKeyShape, type KeyShapeRule } from "./key-shape.ts";
import type { KeySource } from "./key-source.ts";
import type { Secret } from "./secret.ts";
import { createSingleFlight, untilAborted } from "./single-flight.ts";
import {
  createKeyVerifier,
  type KeyVerdict,
  type KeyVerification,
  type KeyVerifier,
  type KeyVerifierOptions,
} from "./verification.ts";

const readDeadlineMs = 5000;

/** How a key is doing, fit for screens, health lines and logs: the key itself is never in it. */
export interface ApiKeyStatus {
  readonly id: string;
  readonly purpose: string;
  /** The setting that the key is read from. */
  readonly source: string;
  /** Null when there is no usable key, or it has not been read yet. */
  readonly fingerprint: string | null;
  readonly state: "missing" | "malformed" | "unchecked" | KeyVerdict;
  /** What is wrong, in one sentence; null when nothing is. */
  readonly problem: string | null;
  /** What to do about it; null when nothing is wrong. */
  readonly mend: string | null;
  /** When the upstream was last asked: ISO 8601, UTC. */
  readonly checkedAt: string | null;
}

export interface ApiKeyOptions {
  readonly id: string;
  /** What the key is for, in a few words. */
  readonly purpose: string;
  readonly source: KeySource;
  readonly shape: KeyShapeRule;
  /** The upstream that the key is for, with the version in it: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly now?: () => number;
}

/** A key stays what it was when it was first read and found usable; until then its source is read on every call. */
export interface ApiKey {
  /** Throws SecretsError when there is no usable key, and the signal's reason when that aborts. */
  current(signal: AbortSignal): Promise<Secret>;
  /** What is known without asking anybody; `unchecked` until the key has been read and the upstream asked. */
  status(): ApiKeyStatus;
  /** As `status`, from the upstream's answer: the last one while it is fresh, else a new one within 3 s. */
  check(signal: AbortSignal): Promise<ApiKeyStatus>;
  /** As `check`, from a new answer. */
  checkNow(signal: AbortSignal): Promise<ApiKeyStatus>;
}

interface LoadedKey {
  readonly secret: Secret;
  readonly fingerprint: string;
  readonly verifier: KeyVerifier;
}

export function createApiKey(options: ApiKeyOptions): ApiKey {
  const { id, purpose, source, shape, baseUrl, now = Date.now } = options;
  const upstream: KeyVerifierOptions = { baseUrl, fetch: options.fetch, now };
  let loaded: LoadedKey | null = null;
  let fault: SecretsError | null = null;

  const read = createSingleFlight(async () => {
    try {
      const secret = checkKeyShape(await readInTime(source), source.setting, shape);
      loaded = { secret, fingerprint: fingerprint(secret), verifier: createKeyVerifier(secret, upstream) };
      fault = null;
      return loaded;
    } catch (cause) {
      if (cause instanceof SecretsError) fault = cause;
      throw cause;
    }
  });

  return {
    async current(signal) {
      return (await load(signal)).secret;
    },
    status,
    check: (signal) => checkWith((verifier) => verifier.check(signal), signal),
    checkNow: (signal) => checkWith((verifier) => verifier.checkNow(signal), signal),
  };

  async function load(signal: AbortSignal): Promise<LoadedKey> {
    signal.throwIfAborted();
    return loaded ?? read(signal);
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
    const about = { id, purpose, source: source.setting };
    if (!loaded) {
      const { state = "unchecked", problem = null, mend = null } = fault ?? {};
      return { ...about, fingerprint: null, state, problem, mend, checkedAt: null };
    }
    const { latest } = loaded.verifier;
    const known = { ...about, fingerprint: loaded.fingerprint };
    if (!latest) return { ...known, state: "unchecked", problem: null, mend: null, checkedAt: null };
    return {
      ...known,
      state: latest.verdict,
      ...sentencesOf(latest, source.setting),
      checkedAt: new Date(latest.checkedAtMs).toISOString(),
    };
  }
}

async function readInTime(source: KeySource): Promise<Secret> {
  const deadline = AbortSignal.timeout(readDeadlineMs);
  try {
    return await untilAborted(source.read(deadline), deadline);
  } catch (cause) {
    throw deadline.aborted ? new SecretsError("file_slow", source.setting) : cause;
  }
}

function sentencesOf(
  { verdict, fact }: KeyVerification,
  setting: string,
): { problem: string | null; mend: string | null } {
  switch (verdict) {
    case "valid":
      return { problem: null, mend: null };
    case "invalid":
      return {
        problem: `The upstream refuses the key in ${setting}.`,
        mend: `Create a new key, put it in ${setting}, and start again.`,
      };
    case "lacks-permission":
      return {
        problem: `The upstream knows the key in ${setting}, but does not let it use the models.`,
        mend: "Give the key permission to read models, or use a key of another project.",
      };
    case "no-quota":
      return {
        problem: `The account of the key in ${setting} has no quota left.`,
        mend: "Add credit to the account or raise its limit, then check again.",
      };
    case "unreachable":
      return {
        problem: `The upstream could not be asked about the key in ${setting} (${fact}).`,
        mend: "Check the network and the upstream's base URL, then check again.",
      };
    default:
      return verdict satisfies never;
  }
}
