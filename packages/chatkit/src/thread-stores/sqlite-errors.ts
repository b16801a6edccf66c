// What SQLite throws, in our words.

import { ChatKitError } from "../errors.ts";

/** L34. The wait inside the driver blocks the process, so most of the waiting is done outside. */
export const busyTimeoutMs = 100;
export const busyRetries = 5;
const busyPauseMs = 50;

/** Result codes, without their extensions. */
const resultCodes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;
/** Extended codes: an item whose thread is not there; a write that was cut short by a quota or a size limit. */
const threadMissing = 1299;
const writeFailed = 778;

/** Why a file could not be opened. */
export function openingError(thrown: unknown): unknown {
  if (thrown instanceof ChatKitError) return thrown;
  if (isCorrupt(thrown)) return new ChatKitError("store_corrupt", { cause: thrown });
  switch (resultCodeOf(thrown)) {
    case resultCodes.full:
      return new ChatKitError("storage_full", { cause: thrown });
    case resultCodes.busy:
    case resultCodes.locked:
      return new ChatKitError("store_unavailable", { cause: thrown });
    default:
      return new ChatKitError("store_unwritable", { cause: thrown });
  }
}

/** Why an operation failed. What SQLite did not throw stays as it is. */
export function storeError(thrown: unknown): unknown {
  if (resultCodeOf(thrown) === null) return thrown;
  if (isFull(thrown)) return new ChatKitError("storage_full", { cause: thrown });
  if (extendedCodeOf(thrown) === threadMissing) return new ChatKitError("not_found", { cause: thrown });
  return new ChatKitError("store_unavailable", { cause: thrown });
}

export function isFull(thrown: unknown): boolean {
  return resultCodeOf(thrown) === resultCodes.full || extendedCodeOf(thrown) === writeFailed;
}

/** Damaged, or no database at all. */
export function isCorrupt(thrown: unknown): boolean {
  const code = resultCodeOf(thrown);
  return code === resultCodes.corrupt || code === resultCodes.notADatabase;
}

/** Worth another attempt, after a pause. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCodeOf(thrown);
  return code === resultCodes.busy || code === resultCodes.locked;
}

/** Before the next attempt; different each time, so that two processes do not meet again and again. */
export function busyPause(): number {
  return busyPauseMs * (0.5 + Math.random());
}

/** Null for what SQLite did not throw. */
function resultCodeOf(thrown: unknown): number | null {
  const extended = extendedCodeOf(thrown);
  return extended === null ? null : extended & 0xff;
}

function extendedCodeOf(thrown: unknown): number | null {
  return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number"
    ? thrown.errcode
    : null;
}
