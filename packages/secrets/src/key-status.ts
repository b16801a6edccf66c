// A key described for people: fit for screens, health lines and logs. The key itself is never in it.

import type { SecretsError, SecretsErrorCode } from "./errors.ts";
import type { KeyRing } from "./key-ring.ts";
import type { KeySource } from "./key-source.ts";
import type { KeyVerdict, KeyVerification } from "./verification.ts";

export interface ApiKeyStatus {
  readonly id: string;
  readonly purpose: string;
  /** The setting that the key is read from. */
  readonly source: string;
  /** Null when there is no usable key, or it has not been read yet. */
  readonly fingerprint: string | null;
  /** 1 for the first key of this process, one more after each rotation; null when there is no usable key. */
  readonly position: number | null;
  /** The key before this one, while calls may still end with it; ISO 8601, UTC. */
  readonly previous: { readonly fingerprint: string; readonly until: string } | null;
  readonly state: "missing" | "malformed" | "unchecked" | KeyVerdict;
  /** What is wrong, in one sentence; null when nothing is. */
  readonly problem: string | null;
  /** What to do about it; null when nothing is wrong. */
  readonly mend: string | null;
  /** When the upstream was last asked: ISO 8601, UTC. */
  readonly checkedAt: string | null;
  /** Why what stands in the source now is not used, while the key from before is. */
  readonly alert: KeyAlert | null;
}

export interface KeyAlert {
  readonly code: SecretsErrorCode;
  readonly problem: string;
  readonly mend: string;
  /** When the key from before is given up, because it was taken away; null when it stays. ISO 8601, UTC. */
  readonly until: string | null;
}

export interface KeyFacts {
  readonly id: string;
  readonly purpose: string;
  readonly source: Pick<KeySource, "kind" | "setting">;
  readonly ring: KeyRing;
  readonly fault: SecretsError | null;
  /** How long the key in use is kept although it was taken away; null when it was not. */
  readonly keptForMs: number | null;
  readonly nowMs: number;
  readonly monotonicMs: number;
}

export function describeKey(facts: KeyFacts): ApiKeyStatus {
  const { id, purpose, source, ring, fault } = facts;
  const about = { id, purpose, source: source.setting };
  const { current, previous } = ring;
  if (!current) {
    const { state = "unchecked", problem = null, mend = null } = fault ?? {};
    const unknown = { fingerprint: null, position: null, previous: null, checkedAt: null, alert: null };
    return { ...about, ...unknown, state, problem, mend };
  }
  const { latest } = current.verifier;
  return {
    ...about,
    fingerprint: current.fingerprint,
    position: current.position,
    previous: previous && {
      fingerprint: previous.fingerprint,
      until: inMs(facts, previous.untilMs - facts.monotonicMs),
    },
    state: latest?.verdict ?? "unchecked",
    ...sentencesOf(latest, source),
    checkedAt: latest && new Date(latest.checkedAtMs).toISOString(),
    alert: fault && {
      code: fault.code,
      problem: fault.problem,
      mend: fault.mend,
      until: facts.keptForMs === null ? null : inMs(facts, facts.keptForMs),
    },
  };
}

function inMs({ nowMs }: KeyFacts, ms: number): string {
  return new Date(nowMs + Math.round(ms)).toISOString();
}

function sentencesOf(
  latest: KeyVerification | null,
  { kind, setting }: KeyFacts["source"],
): { problem: string | null; mend: string | null } {
  switch (latest?.verdict) {
    case undefined:
    case "valid":
      return { problem: null, mend: null };
    case "invalid":
      return {
        problem: `The upstream refuses the key in ${setting}.`,
        // A variable is read once.
        mend: `Create a new key, put it in ${setting}${kind === "environment" ? ", and start again" : ""}.`,
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
        problem: `The upstream could not be asked about the key in ${setting} (${latest?.fact}).`,
        mend: "Check the network and the upstream's base URL, then check again.",
      };
  }
}
