// Many streams at a model's pace: what an event costs when hardly two come in the same tick.

import { measureInTurn, ratios } from "../comparison.ts";
import type { Benchmark } from "../report.ts";
import { assertTurn, sampleStreams } from "./stream-load.ts";
import { startStreamServers, streamServers } from "./stream-servers.ts";

const rounds = 2;
const connections = 500;
/** Four seconds: the beginning and the end of a turn are hardly felt. */
const order = { pieces: 200, paceMs: 20 };

export const pacedStreamBench: Benchmark = {
  compares: `${connections} streams of one delta per ${order.paceMs} ms`,
  async run() {
    await using servers = await startStreamServers(["sqlite", "lean"], connections);
    const { sqlite, lean } = servers.byName;
    for (const server of [sqlite, lean]) await assertTurn(server, { pieces: 5, paceMs: 1 });
    const samples = await measureInTurn(rounds, {
      sqlite: async () =>
        (await sampleStreams(sqlite, { connections, sampleMs: 0, order })).cpuMicrosPerDelta,
      lean: async () => (await sampleStreams(lean, { connections, sampleMs: 0, order })).cpuMicrosPerDelta,
    });
    return [
      {
        title: "CPU of the server per delta, the beginning and end of the turns included",
        figures: [
          { name: streamServers.sqlite.name, unit: "µs", samples: samples.sqlite },
          { name: streamServers.lean.name, unit: "µs", samples: samples.lean },
          {
            name: "ratio",
            unit: "",
            samples: ratios(samples.sqlite, samples.lean),
            target: { atMost: 1.15 },
          },
        ],
      },
    ];
  },
};
