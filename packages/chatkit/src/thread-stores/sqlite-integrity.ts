// Reads a whole database in a thread of its own: SQLite does so without a pause, which would be one of the server.

import { extname } from "node:path";
import { Worker } from "node:worker_threads";

/** Of a thread that found damage. One that could not look ends with an error. */
const damagedStatus = 3;
const workerFile = new URL(`./sqlite-integrity-worker${extname(import.meta.filename)}`, import.meta.url);

/** False if the file is damaged, or no database at all. Rejects if it cannot be read, and with the signal's reason. */
export async function isIntact(path: string, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  // Nothing of this process is handed on (S145).
  const worker = new Worker(workerFile, { workerData: path, env: {}, argv: [], execArgv: [] });
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  worker.once("error", reject);
  worker.once("exit", (status) => {
    if (status === 0 || status === damagedStatus) resolve(status === 0);
    else reject(new Error("The check ended without a result."));
  });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
    await worker.terminate();
  }
}
