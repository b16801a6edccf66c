// Loaded into the sidecar before it: on SIGUSR2 it starts a worker there and writes what that worker has in memory.

import { once } from "node:events";
import { createWriteStream, renameSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Worker } from "node:worker_threads";

const file = process.env.WORKER_SNAPSHOT_FILE;

process.once("SIGUSR2", async () => {
  const worker = new Worker("setInterval(() => {}, 1000)", { eval: true, workerData: "seeninsideworker" });
  await once(worker, "online");
  await pipeline(await worker.getHeapSnapshot(), createWriteStream(`${file}.part`));
  await worker.terminate();
  renameSync(`${file}.part`, file);
});
