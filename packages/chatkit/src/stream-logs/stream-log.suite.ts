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

  test("a take is of whole frames, about as many as asked for, and never empty while there is one", () => {
    const log = createLog();
    const writer = log.open("run_1");
    const frames = ["a", "b", "€", "d", "e"].map((letter) => letter.repeat(10_000));
    for (const frame of frames) writer.append(frame);
    const reader = mustRead(log, "run_1");
    expect(reader.take(20_000)).toBe(`${frames[0]}${frames[1]}`);
    expect(reader.take(29_999)).toBe(`${frames[2]}${frames[3]}`);
    expect(reader.take(1)).toBe(frames[4]);
    expect(reader.take(1)).toBe("");
  });

  test("small frames that come while a reader is behind reach it, and every other reader, once and in order", () => {
    const log = createLog();
    const writer = log.open("run_1");
    const [quick, slow] = [mustRead(log, "run_1"), mustRead(log, "run_1")];
    let written = "";
    let seen = "";
    for (let count = 0; count < 5000; count++) {
      const frame = `frame ${count};`;
      written += frame;
      writer.append(frame);
      if (count % 7 === 0) seen += quick.take(roomy);
    }
    expect(seen + quick.take(roomy)).toBe(written);
    expect(slow.take(roomy)).toBe(written);
    expect(mustRead(log, "run_1").take(roomy)).toBe(written);
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
