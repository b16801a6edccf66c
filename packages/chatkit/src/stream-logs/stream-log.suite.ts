// What every stream log must do.

import { expect, test } from "vitest";

import type { StreamLog, StreamLogReader } from "../ports.ts";

const roomy = 1_000_000;

export function streamLogSuite(createLog: () => StreamLog): void {
  test("an unknown run cannot be read", () => {
    expect(createLog().read("run_unknown")).toBeNull();
  });

  test("a reader sees all frames in order, then the end", async () => {
    const log = createLog();
    const writer = log.open("run_1");
    writer.append("a");
    const reader = mustRead(log, "run_1");
    expect(reader.take(roomy)).toBe("a");
    expect(reader.finished).toBe(false);
    writer.append("b");
    writer.append("c");
    writer.end("completed");
    expect(reader.finished).toBe(false);
    expect(reader.take(roomy)).toBe("bc");
    expect(reader.finished).toBe(true);
    expect(reader.take(roomy)).toBe("");
  });

  test("a late reader starts from the beginning, also after the end", () => {
    const log = createLog();
    const writer = log.open("run_1");
    writer.append("a");
    const early = mustRead(log, "run_1");
    early.take(roomy);
    writer.append("b");
    writer.end("failed");
    expect(mustRead(log, "run_1").take(roomy)).toBe("ab");
  });

  test("readers do not take from one another", () => {
    const log = createLog();
    const writer = log.open("run_1");
    const one = mustRead(log, "run_1");
    const other = mustRead(log, "run_1");
    writer.append("a");
    expect(one.take(roomy)).toBe("a");
    one.close();
    expect(other.take(roomy)).toBe("a");
  });

  test("runs do not mix", () => {
    const log = createLog();
    log.open("run_1").append("one");
    log.open("run_2").append("two");
    expect(mustRead(log, "run_2").take(roomy)).toBe("two");
  });

  test("a take is cut between frames, and is never empty while there is one", () => {
    const log = createLog();
    const writer = log.open("run_1");
    for (const frame of ["aaaa", "bbbb", "€€€€", "dddd"]) writer.append(frame);
    const reader = mustRead(log, "run_1");
    expect(reader.take(8)).toBe("aaaabbbb");
    expect(reader.take(8)).toBe("€€€€");
    expect(reader.take(1)).toBe("dddd");
  });

  test("a waiting reader is called once, on a later tick, however much is appended", async () => {
    const log = createLog();
    const writer = log.open("run_1");
    const reader = mustRead(log, "run_1");
    let calls = 0;
    reader.whenReady(() => calls++);
    writer.append("a");
    writer.append("b");
    expect(calls).toBe(0);
    await settle();
    expect(calls).toBe(1);
    writer.append("c");
    await settle();
    expect(calls).toBe(1);
  });

  test("a reader that asks when there is something already, or the end, is called too", async () => {
    const log = createLog();
    const writer = log.open("run_1");
    const reader = mustRead(log, "run_1");
    writer.append("a");
    await new Promise<void>((resolve) => reader.whenReady(resolve));
    reader.take(roomy);
    writer.end("stopped");
    await new Promise<void>((resolve) => reader.whenReady(resolve));
    expect(reader.finished).toBe(true);
  });

  test("after close no callback comes", async () => {
    const log = createLog();
    const writer = log.open("run_1");
    const reader = mustRead(log, "run_1");
    let calls = 0;
    reader.whenReady(() => calls++);
    writer.append("a");
    reader.close();
    reader.close();
    reader.whenReady(() => calls++);
    writer.end("completed");
    await settle();
    expect(calls).toBe(0);
  });

  test("nothing is appended after the end, and the first end stays", () => {
    const log = createLog();
    const writer = log.open("run_1");
    const reader = mustRead(log, "run_1");
    writer.append("a");
    writer.end("completed");
    writer.end("failed");
    writer.append("b");
    expect(reader.take(roomy)).toBe("a");
    expect(reader.finished).toBe(true);
  });
}

function mustRead(log: StreamLog, runId: string): StreamLogReader {
  const reader = log.read(runId);
  if (reader === null) throw new Error(`the log does not know ${runId}`);
  return reader;
}

async function settle(): Promise<void> {
  for (let tick = 0; tick < 3; tick++) await new Promise((resolve) => setImmediate(resolve));
}
