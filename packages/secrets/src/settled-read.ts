// One reading of a source that can be relied on: in time, whole, and of the right shape (S137, S140).

import { setTimeout as sleep } from "node:timers/promises";

import { SecretsError } from "./errors.ts";
import { checkKeyShape, type KeyShapeRule } from "./key-shape.ts";
import type { KeySource } from "./key-source.ts";
import type { Secret } from "./secret.ts";
import { untilAborted } from "./single-flight.ts";

const readDeadlineMs = 5000;

/**
 * Reads twice where a value has to stand unchanged before it may be used. `patient`: also when there is nothing to be
 * read at first, because what is being replaced may be gone for a moment.
 *
 * Throws SecretsError: what the source or the shape objects to, `key_unsettled` when the two readings differ, and
 * `file_slow` or `keychain_slow` when a reading takes longer than 5 s.
 */
export async function readSettled(
  source: KeySource,
  rule: KeyShapeRule,
  { patient }: { readonly patient: boolean },
): Promise<Secret> {
  const first = await readInTime(source);
  const settles = source.settleMs > 0 && (patient || first.kind === "text");
  if (settles) {
    await sleep(source.settleMs);
    if (!isSame(first, await readInTime(source))) throw new SecretsError("key_unsettled", source.setting);
  }
  if (first.kind === "error") throw first.error;
  return checkKeyShape(first.text, source.setting, rule);
}

/** The source's mark, or another one than before when it takes longer than 5 s. */
export async function markInTime(source: KeySource): Promise<string | null> {
  const deadline = AbortSignal.timeout(readDeadlineMs);
  try {
    return await untilAborted(source.mark(), deadline);
  } catch (cause) {
    if (deadline.aborted) return "slow";
    throw cause;
  }
}

type Reading =
  | { readonly kind: "text"; readonly text: Secret }
  | { readonly kind: "error"; readonly error: SecretsError };

async function readInTime(source: KeySource): Promise<Reading> {
  const deadline = AbortSignal.timeout(readDeadlineMs);
  try {
    return { kind: "text", text: await untilAborted(source.read(deadline), deadline) };
  } catch (cause) {
    if (deadline.aborted) {
      const slow = source.kind === "keychain" ? "keychain_slow" : "file_slow";
      return { kind: "error", error: new SecretsError(slow, source.setting) };
    }
    if (cause instanceof SecretsError) return { kind: "error", error: cause };
    throw cause;
  }
}

function isSame(first: Reading, second: Reading): boolean {
  if (first.kind === "text" && second.kind === "text") return first.text.equals(second.text);
  return first.kind === "error" && second.kind === "error" && first.error.code === second.error.code;
}
