// What a reader costs that stops reading, in the server's memory.

import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { measureInTurn, ratios } from "../comparison.ts";
import type { Benchmark } from "../report.ts";
import { createRequest } from "./burst.ts";
import { headersFor, sampleStreams } from "./stream-load.ts";
import {
  type StreamServer,
  type StreamServerName,
  startStreamServers,
  streamServers,
} from "./stream-servers.ts";

const rounds = 3;
/** At a time: one alone is less than what the collector leaves behind. */
const readers = 50;
const order = { pieces: 50_000, paceMs: 0 };
/** Turns that are read, before: the heap has its usual size then. */
const usual = { connections: 4, sampleMs: 500, order: { pieces: 200, paceMs: 0 } };
/** Long enough for a server that does not stop to write all of it, short of the sidecar's 30 s for a stalled reader. */
const stalledMs = 2_000;

export const stalledStreamBench: Benchmark = {
  compares: `${readers} readers that take nothing of ${order.pieces} deltas`,
  async run() {
    const samples = await measureInTurn(rounds, {
      sqlite: () => mibPerStalledReader("sqlite"),
      lean: () => mibPerStalledReader("lean"),
      peer: () => mibPerStalledReader("peer"),
    });
    return [
      {
        title: "resident memory per stalled reader",
        figures: [
          { name: streamServers.sqlite.name, unit: "MiB", samples: samples.sqlite },
          { name: streamServers.lean.name, unit: "MiB", samples: samples.lean },
          { name: streamServers.peer.name, unit: "MiB", samples: samples.peer },
          {
            name: "sidecar / lean flow",
            unit: "",
            samples: ratios(samples.sqlite, samples.lean),
            target: { atMost: 2 },
          },
        ],
      },
    ];
  },
};

/** In a process that has not seen a stalled reader yet: memory once taken is seldom given back. */
async function mibPerStalledReader(name: StreamServerName): Promise<number> {
  await using servers = await startStreamServers([name], readers);
  const server: StreamServer = servers.byName[name];
  await sampleStreams(server, usual);
  const before = await server.process.usage();
  const requests = server.clientSecrets.slice(0, readers).map((secret) => {
    const headers = headersFor(secret);
    const sent = request(`${server.process.url}/chatkit`, { method: "POST", headers, agent: false });
    // Nobody listens for data, so the response is never read.
    sent.on("response", (response) => response.pause());
    sent.on("error", () => {});
    sent.end(createRequest(order));
    return sent;
  });
  await sleep(stalledMs);
  const after = await server.process.usage();
  for (const sent of requests) sent.destroy();
  return (after.residentMiB - before.residentMiB) / readers;
}
