// Where lines go: standard error, in the way that suits what stands behind it.

import { fstatSync, write, writeSync } from "node:fs";
import type { WriteStream } from "node:tty";

import { prettyFactory } from "pino-pretty";

import { safeLine, safeLineForTerminal, safeOwnLine } from "./log-lines.ts";
import { createLogQueue, type LogSink } from "./log-queue.ts";

/** An output that is read again later takes what waits then; one that is not is left behind at the end. */
const lastChanceMs = 500;
const gatherMs = 5;

export interface LogOutput {
  write(line: string): void;
  /** As `write`, with a quarter of the queue to itself. Takes lines of ids and words of ours alone. */
  writeAudit(line: string): void;
  /** Resolves when all is written, or after half a second. */
  settled(): Promise<void>;
}

/** Lines for the process's standard error: JSON, or laid out for a person on a terminal. Never throws, never blocks. */
export function openLogOutput(stream: NodeJS.WriteStream & { readonly fd: number }): LogOutput {
  const queue = createLogQueue({
    gatherMs,
    sink: isFile(stream.fd) ? fileSink(stream.fd) : streamSink(stream),
    droppedLine: (count) =>
      `{"level":"warn","ts":"${new Date().toISOString()}","count":${count},"event":"log.dropped"}\n`,
  });
  const layOut = prettyFactory({ colorize: true, messageKey: "event", timestampKey: "ts" });
  const form = stream.isTTY ? (line: string) => layOut(safeLineForTerminal(line)) : safeLine;
  process.once("exit", () => writeRest(stream.fd, queue.takeAll()));
  return {
    write: (line) => queue.push(form(line), "ordinary"),
    writeAudit: (line) => queue.push(stream.isTTY ? form(line) : safeOwnLine(line), "audit"),
    settled: () => queue.settled(lastChanceMs),
  };
}

/** A pipe, a socket or a terminal. Nothing is written to it while it holds something back. */
function streamSink(stream: WriteStream | NodeJS.WriteStream): LogSink {
  return (text, done) => {
    stream.write(text, (error) => {
      if (error == null) done("written");
      else done("code" in error && (error.code === "EPIPE" || error.code === "EBADF") ? "gone" : "refused");
    });
  };
}

/** Node writes to files while everything waits: a slow disk would stop all answers. */
function fileSink(fd: number): LogSink {
  return (text, done) => {
    const bytes = Buffer.from(text);
    const writeFrom = (at: number) => {
      write(fd, bytes, at, bytes.length - at, null, (error, written) => {
        if (error === null) {
          if (at + written < bytes.length) writeFrom(at + written);
          else done("written");
        } else if (error.code === "EBADF") done("gone");
        // A full disk: the rest of a line that was begun is tried again, so that lines stay whole.
        else setTimeout(writeFrom, 1000, at).unref();
      });
    };
    writeFrom(0);
  };
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}

/** At the very end nothing can be waited for. */
function writeRest(fd: number, text: string): void {
  try {
    if (text !== "") writeSync(fd, text);
  } catch {
    // Nobody reads it.
  }
}
