// The recorded cases of the protocol, where they lie beside the project: all of them pass, on both stores.

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { storeKinds } from "../conformance/stores.ts";
import { runConformance } from "./conformance-command.ts";

const recorded = resolve(import.meta.dirname, "../../../../shared/conformance");
const runMs = 120_000;

test.skipIf(!existsSync(recorded)).each(storeKinds)(
  "the recorded cases pass on %s",
  async (store) => {
    const folders = ["cases", "recommended"].map((name) => join(recorded, name));
    const run = await runConformance(["--store", store, ...folders], runMs);
    expect(run.lines.filter((line) => line.startsWith("fail")).slice(0, 20)).toEqual([]);
    expect(run.lines.at(-1)).toMatch(/^[1-9]\d* passed, 0 failed, \d+ skipped$/);
    expect(run.status).toBe(0);
  },
  runMs,
);
