import { expect, test } from "vitest";

import { createLogQueue, type LogSink } from "./log-queue.ts";

test("R72: lines go out whole and in order, those of one tick together", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink);
  queue.push("one\n", "ordinary");
  queue.push("two\n", "ordinary");
  await tick();
  expect(sink.given).toEqual(["one\ntwo\n"]);
  sink.end("written");
  await queue.settled(100);
});

test("L38, R72: beyond its bounds lines are dropped and counted, and the count is told when the reader returns", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink, { bytes: 400, lines: 1000 });
  for (let at = 0; at < 100; at++) queue.push(`${String(at).padStart(9, "0")}\n`, "ordinary");
  await tick();
  // Three quarters of 400 bytes in lines of ten.
  expect(sink.given.join("").trim().split("\n")).toHaveLength(30);
  sink.end("written");
  await tick();
  expect(sink.given.at(-1)).toBe("dropped 70\n");
});

test("L38: the number of lines is bounded too", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink, { bytes: 1_000_000, lines: 8 });
  for (let at = 0; at < 20; at++) queue.push("x\n", "ordinary");
  await tick();
  expect(sink.given.join("")).toBe("x\n".repeat(6));
});

test("R72: a quarter of the queue is the audit trail's", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink, { bytes: 1_000_000, lines: 8 });
  for (let at = 0; at < 20; at++) queue.push("x\n", "ordinary");
  for (let at = 0; at < 20; at++) queue.push("audit\n", "audit");
  await tick();
  expect(sink.given.join("")).toBe(`${"x\n".repeat(6)}${"audit\n".repeat(2)}`);
});

test("R72: what is refused is tried again; after the end of the output nothing is kept", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink);
  queue.push("one\n", "ordinary");
  await tick();
  sink.end("refused");
  await expect.poll(() => sink.given).toEqual(["one\n", "one\n"]);
  sink.end("gone");
  queue.push("two\n", "ordinary");
  await tick();
  expect(queue.takeAll()).toBe("");
  expect(sink.given).toHaveLength(2);
});

test("R72: a reader that does not read is not waited for", async () => {
  const sink = holdingSink();
  const queue = open(sink.sink);
  queue.push("one\n", "ordinary");
  await queue.settled(20);
  expect(queue.takeAll()).toBe("one\n");
});

function open(sink: LogSink, limits?: { bytes: number; lines: number }) {
  const droppedLine = (count: number) => `dropped ${count}\n`;
  return createLogQueue({ sink, droppedLine, retryMs: 5, ...(limits && { limits }) });
}

/** Holds what it is given until it is told what became of it. */
function holdingSink() {
  const given: string[] = [];
  let answer: Parameters<LogSink>[1] = () => {};
  const sink: LogSink = (text, done) => {
    given.push(text);
    answer = done;
  };
  return { sink, given, end: (outcome: Parameters<typeof answer>[0]) => answer(outcome) };
}

function tick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
