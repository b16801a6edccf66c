// Throughput of createSession: the sidecar, with everything it checks, against a bare tRPC route.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compareInTurn } from "../comparison.ts";
import { perSecond } from "../load.ts";
import type { Benchmark } from "../report.ts";
import { startServer } from "../server-process.ts";
import { mint, mintOnce } from "./mint.ts";

const rounds = 7;
const sampleMs = 1_000;
const connections = 10;

export const createSessionBench: Benchmark = {
  compares: `createSession, ${connections} connections, ${sampleMs} ms a sample`,
  labels: { subject: "sidecar", reference: "bare Fastify + stock tRPC, same schemas", unit: "requests/s" },
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), "sidekit-bench-"));
    try {
      await using sidecar = await startServer("apps/sidecar/src/main.ts", {
        SIDEKIT_PORT: "0",
        SIDEKIT_DATA_DIR: dataDir,
        SIDEKIT_RESPONDER: "demo",
        SIDEKIT_LOG_LEVEL: "warn",
      });
      await using reference = await startServer("bench/http/create-session-reference.ts");
      for (const server of [sidecar, reference]) await mint(server);
      return await compareInTurn(rounds, {
        subject: () => perSecond(sidecar.url, { connections, sampleMs }, (pool) => mintOnce(pool, sidecar)),
        reference: () =>
          perSecond(reference.url, { connections, sampleMs }, (pool) => mintOnce(pool, reference)),
      });
    } finally {
      await rm(dataDir, { recursive: true });
    }
  },
};
