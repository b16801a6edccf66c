// Whole turns over kept-alive connections, one at a time on each, and what they cost the server.

import { Pool } from "undici";

import { createRequest, type Order, piece } from "./burst.ts";
import type { StreamServer } from "./stream-servers.ts";

const path = "/chatkit";
const deadlineMs = 20_000;

export interface StreamSample {
  readonly streamsPerSecond: number;
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerDelta: number;
  /** From sending the request to the first byte of the body, of every turn. */
  readonly firstByteMs: readonly number[];
  readonly residentMiB: number;
}

/**
 * Turns on so many connections, again and again for so long, or once each if `sampleMs` is 0. Rejects on a wrong or
 * refused answer: it has no speed.
 */
export async function sampleStreams(
  server: StreamServer,
  load: { readonly connections: number; readonly sampleMs: number; readonly order: Order },
): Promise<StreamSample> {
  const { connections, sampleMs, order } = load;
  const limits = { connections, headersTimeout: deadlineMs, bodyTimeout: deadlineMs };
  const pool = new Pool(server.process.url, limits);
  try {
    const firstByteMs: number[] = [];
    const before = await server.process.usage();
    const startedMs = performance.now();
    const repeat = async (_: unknown, connection: number) => {
      do firstByteMs.push(await readTurn(pool, server.clientSecrets[connection]!, order));
      while (performance.now() - startedMs < sampleMs);
    };
    await Promise.all(Array.from({ length: connections }, repeat));
    const seconds = (performance.now() - startedMs) / 1000;
    const after = await server.process.usage();
    const turns = firstByteMs.length;
    return {
      streamsPerSecond: turns / seconds,
      eventsPerSecond: (turns * order.pieces) / seconds,
      cpuMicrosPerDelta: (after.cpuMicros - before.cpuMicros) / (turns * order.pieces),
      firstByteMs,
      residentMiB: after.residentMiB,
    };
  } finally {
    await pool.destroy();
  }
}

/** Every delta arrives, in order, and the final item holds the whole text. */
export async function assertTurn(server: StreamServer, order: Order): Promise<void> {
  const { url } = server.process;
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: headersFor(server.clientSecrets[0]!),
    body: createRequest(order),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const frames = (await response.text()).split("\n\n").filter((frame) => frame.startsWith("data: "));
  const deltas = frames.filter((frame) => frame.includes('"assistant_message.content_part.text_delta"'));
  const exact = deltas.every((frame) => frame.includes(`"delta":${JSON.stringify(piece)}`));
  const final = frames.at(-1) ?? "";
  if (deltas.length !== order.pieces || !exact || !final.includes(piece.repeat(order.pieces))) {
    throw new Error(`${url} answers with ${deltas.length} deltas, or with other ones than it should`);
  }
}

export function headersFor(clientSecret: string): Record<string, string> {
  return { "content-type": "application/json", authorization: `Bearer ${clientSecret}` };
}

/** Counts bytes and keeps the ending: taking the frames apart would measure this process. */
function readTurn(pool: Pool, clientSecret: string, order: Order): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = createRequest(order);
    const startedMs = performance.now();
    let firstByteMs = 0;
    let length = 0;
    let last: [Buffer, Buffer] = [Buffer.of(), Buffer.of()];
    pool.dispatch(
      { path, method: "POST", headers: headersFor(clientSecret), body },
      {
        onRequestStart() {},
        onResponseStart(controller, status) {
          if (status !== 200) controller.abort(new Error(`a turn answered ${status} while it was measured`));
        },
        onResponseData(_controller, chunk) {
          if (length === 0) firstByteMs = performance.now() - startedMs;
          length += chunk.length;
          last = [last[1], chunk];
        },
        onResponseEnd() {
          const whole = length > order.pieces * piece.length * 2;
          if (whole && Buffer.concat(last).includes('"thread.item.done"')) resolve(firstByteMs);
          else reject(new Error("a turn was cut short while it was measured"));
        },
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
