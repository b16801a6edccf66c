// Whole ChatKit turns a second: the sidecar, authenticated and stored, against raw node:http writing the same frames.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Pool } from "undici";

import { compareInTurn } from "../comparison.ts";
import { perSecond } from "../load.ts";
import type { Benchmark } from "../report.ts";
import { startServer, type ServerProcess } from "../server-process.ts";
import { burst } from "./burst.ts";
import { mint } from "./mint.ts";

const rounds = 7;
const sampleMs = 1_000;
/** As many answers as one user may have at a time. */
const connections = 4;
const sessionsPerSample = 5;

const body = JSON.stringify({
  type: "threads.create",
  params: {
    input: { content: [{ type: "input_text", text: "Hello" }], attachments: [], inference_options: {} },
  },
});

export const streamBench: Benchmark = {
  compares: `threads.create answered by ${burst.deltas} deltas of ${burst.delta.length} characters, ${connections} connections`,
  labels: { subject: "sidecar, authenticated and stored", reference: "raw node:http", unit: "turns/s" },
  async run() {
    const dataDir = await mkdtemp(join(tmpdir(), "sidekit-bench-"));
    try {
      await using sidecar = await startServer("bench/http/stream-subject.ts", {}, [dataDir]);
      await using reference = await startServer("bench/http/stream-reference.ts");
      await assertTurn(sidecar, (await mint(sidecar)).clientSecret);
      await assertTurn(reference, "none");
      return await compareInTurn(rounds, {
        subject: async () => turnsPerSecond(sidecar, await freshSecrets(sidecar)),
        reference: () => turnsPerSecond(reference, ["none"]),
      });
    } finally {
      await rm(dataDir, { recursive: true });
    }
  },
};

/** Used in turn, so that no session meets its limit of 1000 runs a minute within a sample. */
async function freshSecrets(server: ServerProcess): Promise<string[]> {
  const sessions = await Promise.all(Array.from({ length: sessionsPerSample }, () => mint(server)));
  return sessions.map(({ clientSecret }) => clientSecret);
}

function turnsPerSecond(server: ServerProcess, clientSecrets: readonly string[]): Promise<number> {
  let turns = 0;
  return perSecond(server.url, { connections, sampleMs }, async (pool) => {
    const { length, ending } = await readTurn(pool, clientSecrets[turns++ % clientSecrets.length]!);
    if (length < burst.text.length * 2 || !ending.includes('"thread.item.done"')) {
      throw new Error("a turn was cut short while it was measured");
    }
  });
}

/** Counts bytes and keeps the last frame: taking the frames apart would measure this process. */
async function readTurn(pool: Pool, clientSecret: string): Promise<{ length: number; ending: string }> {
  const reply = await pool.request({
    path: "/chatkit",
    method: "POST",
    headers: headersFor(clientSecret),
    body,
  });
  if (reply.statusCode !== 200) throw new Error(`a turn answered ${reply.statusCode} while it was measured`);
  let length = 0;
  let ending = "";
  for await (const chunk of reply.body) {
    const text = String(chunk);
    length += text.length;
    ending = (ending + text).slice(-(burst.text.length + 1_000));
  }
  return { length, ending };
}

/** Every delta arrives, in order, and the final item holds the whole text. */
async function assertTurn(server: ServerProcess, clientSecret: string): Promise<void> {
  const response = await fetch(`${server.url}/chatkit`, {
    method: "POST",
    headers: headersFor(clientSecret),
    body,
    signal: AbortSignal.timeout(10_000),
  });
  const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: "));
  const deltas = frames.filter((frame) => frame.includes('"assistant_message.content_part.text_delta"'));
  const exact = deltas.every((frame) => frame.includes(`"delta":${JSON.stringify(burst.delta)}`));
  const final = frames.at(-1) ?? "";
  if (deltas.length !== burst.deltas || !exact || !final.includes(JSON.stringify(burst.text))) {
    throw new Error(`${server.url} answers with ${deltas.length} deltas, or with other ones than it should`);
  }
}

function headersFor(clientSecret: string): Record<string, string> {
  return { "content-type": "application/json", authorization: `Bearer ${clientSecret}` };
}
