import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { createMemoryStreamLog } from "./memory.ts";
import { streamLogSuite } from "./stream-log.suite.ts";

describe("stream log in memory", () => {
  streamLogSuite(createMemoryStreamLog);

  test("what everybody has taken is let go, and then the run takes no new readers", () => {
    const log = createMemoryStreamLog({ keptCharsPerRun: 1000 });
    const writer = log.open("run_1");
    const reader = log.read("run_1");
    let text = "";
    for (let count = 0; count < 2000; count++) {
      writer.append(`frame ${count};`);
      if (count % 10 === 9) text += reader?.take(100_000) ?? "";
    }
    expect(text).toBe(Array.from({ length: 2000 }, (_, count) => `frame ${count};`).join(""));
    expect(log.read("run_1")).toBeNull();
  });

  test("a run that nobody reads keeps no more than it may, and goes on", () => {
    const log = createMemoryStreamLog({ keptCharsPerRun: 1000 });
    const writer = log.open("run_1");
    log.read("run_1")?.close();
    for (let count = 0; count < 2000; count++) writer.append(`frame ${count};`);
    writer.end("completed");
    expect(log.read("run_1")).toBeNull();
  });

  test("what an open reader has yet to take is kept, however much it is", () => {
    const log = createMemoryStreamLog({ keptCharsPerRun: 1000 });
    const writer = log.open("run_1");
    const slow = log.read("run_1");
    const quick = log.read("run_1");
    for (let count = 0; count < 2000; count++) {
      writer.append(`${count};`);
      quick?.take(100_000);
    }
    expect(slow?.take(1_000_000)).toBe(Array.from({ length: 2000 }, (_, count) => `${count};`).join(""));
  });

  test("an ended run is forgotten after a while, and at once when there are too many", async () => {
    const log = createMemoryStreamLog({ retentionMs: 20, maxEndedRuns: 2 });
    for (const runId of ["run_1", "run_2", "run_3"]) log.open(runId).end("completed");
    expect(log.read("run_1")).toBeNull();
    expect(log.read("run_3")).not.toBeNull();
    await sleep(60);
    expect(log.read("run_3")).toBeNull();
  });
});
