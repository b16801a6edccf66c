// The thread that `isIntact` starts: one database, one exit status.

import { DatabaseSync } from "node:sqlite";
import { workerData } from "node:worker_threads";

import { isCorrupt } from "./sqlite-errors.ts";

/** `damagedStatus` of who started it. */
process.exitCode = reads(String(workerData)) ? 0 : 3;

function reads(path: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const [first] = database.prepare("pragma integrity_check(1)").all();
    return first?.["integrity_check"] === "ok";
  } catch (thrown) {
    if (isCorrupt(thrown)) return false;
    throw thrown;
  } finally {
    database.close();
  }
}
