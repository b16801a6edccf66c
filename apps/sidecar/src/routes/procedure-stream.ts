// Writes what a subscription yields to a hijacked reply, in the library's own event stream format, at the pace of the
// reader. The library's adapter would answer a refusal with 200, and leaves the pace to chance (S97–S100, R7).

import type { ServerResponse } from "node:http";

import { isTrackedEnvelope } from "@trpc/server";

import type { StreamEnding } from "./run-stream.ts";

/** The library's client takes a line for dead that is silent for so long, and comes back (R9). */
const deadAfterBeats = 3;
const safeEventId = /^[A-Za-z0-9_.-]{1,128}$/;

export interface ProcedureStreamOptions {
  /** Silence after which a ping keeps proxies from cutting the line (L15). */
  readonly heartbeatMs: number;
  /** How long a reader may take nothing before the connection is cut (L16). */
  readonly stallMs: number;
  /** After which the stream ends; the client comes back, with the credential it has then (L17). */
  readonly durationMs: number;
  /** The error as the procedure's callers know it. */
  readonly errorShape: (failure: unknown) => unknown;
}

/**
 * Resolves when the response is over, with the reason. The source is told at once when the reader is gone: its signal is
 * the caller's business, its iteration is ended here.
 */
export async function sendProcedureStream(
  response: ServerResponse,
  source: AsyncIterable<unknown>,
  options: ProcedureStreamOptions,
): Promise<StreamEnding> {
  const iterator = source[Symbol.asyncIterator]();
  const closed = new Promise<"closed">((resolve) => response.once("close", () => resolve("closed")));
  const over = delayed("over" as const, options.durationMs);
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write("event: ping\ndata: \n\n");
  }, options.heartbeatMs);
  try {
    let frame = `event: connected\ndata: ${JSON.stringify({ reconnectAfterInactivityMs: options.heartbeatMs * deadAfterBeats })}\n\n`;
    for (;;) {
      if (!(await written(response, frame, options.stallMs))) {
        response.destroy();
        return "slow_consumer";
      }
      heartbeat.refresh();
      const next = await Promise.race([iterator.next(), closed, over.promise]);
      if (next === "closed") return "client";
      if (next === "over") {
        // Without the word that ends a subscription: the client comes back.
        response.end();
        return "finished";
      }
      if (next.done === true) {
        response.end("event: return\ndata: \n\n");
        return "finished";
      }
      frame = frameOf(next.value);
    }
  } catch (failure) {
    response.end(`event: serialized-error\ndata: ${JSON.stringify(options.errorShape(failure))}\n\n`);
    return "refused";
  } finally {
    clearInterval(heartbeat);
    over.stop();
    void iterator.return?.();
    destroyLate(response, options.stallMs);
  }
}

function frameOf(value: unknown): string {
  if (!isTrackedEnvelope(value)) return `data: ${JSON.stringify(value)}\n\n`;
  const [id, data] = value;
  if (!safeEventId.test(id)) throw new Error("An event has an id that cannot stand in a stream.");
  return `data: ${JSON.stringify(data)}\nid: ${id}\n\n`;
}

/** False when the reader took nothing for too long, or is gone. */
function written(response: ServerResponse, frame: string, stallMs: number): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(true);
  if (response.write(frame)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (outcome: boolean) => () => {
      clearTimeout(stall);
      response.off("drain", taken).off("close", gone);
      resolve(outcome);
    };
    const [taken, gone] = [settle(true), settle(true)];
    const stall = setTimeout(settle(false), stallMs);
    response.once("drain", taken).once("close", gone);
  });
}

/** A reader that does not even take the end is not waited for. */
function destroyLate(response: ServerResponse, waitMs: number): void {
  if (response.closed) return;
  const late = setTimeout(() => response.destroy(), waitMs);
  response.once("close", () => clearTimeout(late));
}

function delayed<Word extends string>(word: Word, ms: number): { promise: Promise<Word>; stop: () => void } {
  let timer: NodeJS.Timeout;
  const promise = new Promise<Word>((resolve) => (timer = setTimeout(() => resolve(word), ms)));
  return { promise, stop: () => clearTimeout(timer) };
}
