// Runs a property for a share of the time there is, after the inputs that once broke it. Those are kept in seeds.json.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as fc from "fast-check";
import { z } from "zod";

const seedsFile = join(import.meta.dirname, "seeds.json");
const keptSeeds = z.record(z.string(), z.array(z.strictObject({ seed: z.int(), path: z.string() })));
const defaultSeconds = 30;
const targets = 5;

/** FUZZ_SECONDS are for all targets together. */
export const secondsPerTarget = Number(process.env["FUZZ_SECONDS"] ?? defaultSeconds) / targets;

/** For the runner: the time of a target, what is kept, and what it takes to shrink a failure. */
export const fuzzTimeoutMs = secondsPerTarget * 1000 + 60_000;

/** Throws with the smallest input found that breaks the property, and keeps its seed where this is no CI. */
export async function fuzz<Input>(
  target: string,
  property: fc.IAsyncPropertyWithHooks<[Input]>,
): Promise<void> {
  const seeds = readSeeds();
  for (const { seed, path } of seeds[target] ?? []) {
    throwIfFailed(await fc.check(property, { seed, path, numRuns: 1 }));
  }
  const details = await fc.check(property, {
    seed: Number(process.env["FUZZ_SEED"] ?? Date.now() % 0x7fff_ffff),
    numRuns: 100_000_000,
    interruptAfterTimeLimit: secondsPerTarget * 1000,
    markInterruptAsFailure: false,
  });
  if (details.failed && details.counterexamplePath !== null && process.env["CI"] !== "true") {
    const kept = [...(seeds[target] ?? []), { seed: details.seed, path: details.counterexamplePath }];
    writeFileSync(seedsFile, `${JSON.stringify({ ...seeds, [target]: kept }, null, 2)}\n`);
  }
  throwIfFailed(details);
  process.stdout.write(`fuzz ${target}: ${details.numRuns} inputs, seed ${details.seed}\n`);
}

function throwIfFailed<Input>(details: fc.RunDetails<Input>): void {
  if (details.failed) throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
}

function readSeeds(): z.infer<typeof keptSeeds> {
  return existsSync(seedsFile) ? keptSeeds.parse(JSON.parse(readFileSync(seedsFile, "utf8"))) : {};
}
