// Whole ChatKit turns: the sidecar, authenticated and stored, against a lean flow and against the best peer.

import { measureInTurn, quantile, ratios } from "../comparison.ts";
import type { Benchmark, Figure, Section, Target } from "../report.ts";
import { piece } from "./burst.ts";
import { assertTurn, sampleStreams, type StreamSample } from "./stream-load.ts";
import { startStreamServers, type StreamServerName, streamServers } from "./stream-servers.ts";

const rounds = 5;
const sampleMs = 500;
const concurrencies = [1, 10, 100] as const;
const order = { pieces: 200, paceMs: 0 };
const names: readonly StreamServerName[] = ["sqlite", "memory", "lean", "peer"];

/** Events per second at this many streams, by whom the sidecar is compared with. */
const targetsAt = 100;
const targets = { lean: { atLeast: 0.6 }, peer: { atLeast: 2 } } satisfies Record<string, Target>;

export const streamBench: Benchmark = {
  compares: `threads.create answered by ${order.pieces} deltas of ${piece.length} characters without delay`,
  async run() {
    await using servers = await startStreamServers(names, Math.max(...concurrencies));
    for (const name of names) await assertTurn(servers.byName[name], order);
    const sections: Section[] = [];
    for (const connections of concurrencies) {
      const measure = (name: StreamServerName) => () =>
        sampleStreams(servers.byName[name], { connections, sampleMs, order });
      const samples = await measureInTurn(rounds, {
        sqlite: measure("sqlite"),
        memory: measure("memory"),
        lean: measure("lean"),
        peer: measure("peer"),
      });
      sections.push(...names.map((name) => absolutes(name, connections, samples[name])));
      sections.push(comparison(connections, samples));
    }
    return sections;
  },
};

function absolutes(name: StreamServerName, connections: number, samples: readonly StreamSample[]): Section {
  const figure = (label: string, unit: string, value: (sample: StreamSample) => number): Figure => ({
    name: label,
    unit,
    samples: samples.map(value),
  });
  return {
    title: `${streamServers[name].name}, ${connections} concurrent`,
    figures: [
      figure("streams", "/s", (sample) => sample.streamsPerSecond),
      figure("events", "/s", (sample) => sample.eventsPerSecond),
      figure("CPU of the server per delta", "µs", (sample) => sample.cpuMicrosPerDelta),
      figure("time to the first byte, median", "ms", (sample) => quantile(sample.firstByteMs, 0.5)),
      figure("time to the first byte, 99 of 100", "ms", (sample) => quantile(sample.firstByteMs, 0.99)),
      figure("resident memory", "MiB", (sample) => sample.residentMiB),
    ],
  };
}

function comparison(
  connections: number,
  samples: Readonly<Record<StreamServerName, readonly StreamSample[]>>,
): Section {
  const events = (name: StreamServerName) => samples[name].map((sample) => sample.eventsPerSecond);
  const ratio = (subject: StreamServerName, reference: "lean" | "peer"): Figure => ({
    name: `${streamServers[subject].name} / ${reference === "lean" ? "lean flow" : "peer"}`,
    unit: "",
    samples: ratios(events(subject), events(reference)),
    ...(subject === "sqlite" && connections === targetsAt && { target: targets[reference] }),
  });
  return {
    title: `events per second, ${connections} concurrent`,
    figures: [
      ratio("sqlite", "lean"),
      ratio("sqlite", "peer"),
      ratio("memory", "lean"),
      ratio("memory", "peer"),
    ],
  };
}
