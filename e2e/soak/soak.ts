// Mixed load with faults for a while, and what it leaves behind in the server: memory and descriptors have to be flat.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import { startSidecar, type Sidecar } from "../sidecar.ts";
import { startUpstream } from "../upstream.ts";
import { applyLoad, type LoadCounts } from "./load.ts";

/** The beginning fills caches and compiles code. */
const warmUpShare = 0.3;
const samplesWanted = 60;
/** Connections, timers and followers of the load are gone after this. */
const restMs = 16_000;

export interface SoakResult {
  readonly counts: LoadCounts;
  /** Resident memory in MiB: medians of the first and of the last third after the warm-up. */
  readonly residentMb: { readonly early: number; readonly late: number };
  /** Open descriptors: before the load, the most under it, and after a rest. */
  readonly descriptors: { readonly before: number; readonly most: number; readonly after: number };
  /** Lines of the log that tell of a fault of ours. */
  readonly faults: readonly string[];
}

interface Sample {
  readonly residentMb: number;
  readonly descriptors: number;
}

/** Linux alone. `tell` is given a line now and then. */
export async function soak(seconds: number, tell: (line: string) => void): Promise<SoakResult> {
  await using upstream = await startUpstream();
  await using sidecar = await startSidecar({
    env: {
      OPENAI_API_KEY: upstream.apiKey,
      OPENAI_BASE_URL: upstream.baseUrl,
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_DETACH_GRACE_SECONDS: "1",
      // What is kept of sessions levels out soon.
      SIDEKIT_SESSION_TTL_SECONDS: "60",
      SIDEKIT_LOG_LEVEL: "warn",
    },
  });
  const before = look(sidecar).descriptors;
  const over = AbortSignal.timeout(seconds * 1000);
  const load = applyLoad(sidecar, upstream, over);
  const samples: Sample[] = [];
  while (!over.aborted) {
    await wait((seconds * 1000) / samplesWanted);
    const sample = look(sidecar);
    samples.push(sample);
    if (samples.length % 10 === 0) {
      tell(
        `${samples.length} of ${samplesWanted}: ${sample.residentMb.toFixed(0)} MiB, ${sample.descriptors} descriptors`,
      );
    }
  }
  const counts = await load;
  await wait(restMs);
  const after = look(sidecar).descriptors;
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  const third = Math.ceil(warm.length / 3);
  return {
    counts,
    residentMb: { early: medianMb(warm.slice(0, third)), late: medianMb(warm.slice(-third)) },
    descriptors: { before, most: Math.max(...samples.map(({ descriptors }) => descriptors)), after },
    faults: sidecar
      .output()
      .split("\n")
      .filter((line) => /"event":"(?:crash|request\.failed|session\.integrity|store\.[a-z_]+)"/.test(line)),
  };
}

function look({ pid }: Sidecar): Sample {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return { residentMb: Number(kb) / 1024, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function medianMb(samples: readonly Sample[]): number {
  const sorted = samples.map(({ residentMb }) => residentMb).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
