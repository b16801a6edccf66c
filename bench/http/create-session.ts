// Throughput of createSession: the sidecar, with everything it checks, against a bare tRPC route.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { measureInTurn, ratios } from "../comparison.ts";
import { perSecond } from "../load.ts";
import type { Benchmark } from "../report.ts";
import { startServer } from "../server-process.ts";
import { mint, mintOnce } from "./mint.ts";

const rounds = 7;
const sampleMs = 1_000;
const connections = 10;

export const createSessionBench: Benchmark = {
  compares: `createSession, ${connections} connections, ${sampleMs} ms a sample`,
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), "sidekit-bench-"));
    try {
      await using sidecar = await startServer("apps/sidecar/src/main.ts", {
        SIDEKIT_PORT: "0",
        SIDEKIT_DATA_DIR: dataDir,
        SIDEKIT_RESPONDER: "demo",
        SIDEKIT_LOG_LEVEL: "warn",
        SIDEKIT_MINTS_PER_MINUTE: "100000",
        // Containers that measure have no other user.
        SIDEKIT_ALLOW_ROOT: "yes",
      });
      await using reference = await startServer("bench/http/create-session-reference.ts");
      for (const server of [sidecar, reference]) await mint(server);
      const load = { connections, sampleMs };
      const samples = await measureInTurn(rounds, {
        subject: () => perSecond(sidecar.url, load, (pool) => mintOnce(pool, sidecar)),
        reference: () => perSecond(reference.url, load, (pool) => mintOnce(pool, reference)),
      });
      return [
        {
          title: `${connections} concurrent`,
          figures: [
            { name: "sidecar", unit: "requests/s", samples: samples.subject },
            {
              name: "bare Fastify + stock tRPC, same schemas",
              unit: "requests/s",
              samples: samples.reference,
            },
            {
              name: "ratio",
              unit: "",
              samples: ratios(samples.subject, samples.reference),
              target: { atLeast: 0.9 },
            },
          ],
        },
      ];
    } finally {
      await rm(dataDir, { recursive: true });
    }
  },
};
