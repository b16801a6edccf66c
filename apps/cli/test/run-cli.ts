// The real command line as a child process, with an environment of its own.

import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

const main = join(import.meta.dirname, "../src/main.ts");
const deadlineMs = 20_000;

export interface CliRun {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until standard output or standard error holds the text. */
  seen(text: string): Promise<void>;
  readonly ended: Promise<{ status: number | null; signal: string | null; stdout: string; stderr: string }>;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What is piped in; nothing unless told. */
  readonly input?: string;
  readonly cwd?: string;
}

export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8");
    child[stream].on("data", (text: string) => {
      written[stream] += text;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const watchdog = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const ended = new Promise<Awaited<CliRun["ended"]>>((resolve) => {
    child.on("close", (status, signal) => {
      clearTimeout(watchdog);
      for (const listener of listeners) listener();
      resolve({ status, signal, ...written });
    });
  });
  return {
    child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    ended,
    seen: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = written.stdout.includes(text) || written.stderr.includes(text);
          if (!found && child.exitCode === null && child.signalCode === null) return;
          listeners.delete(look);
          if (found) resolve();
          else reject(new Error(`It ended without "${text}": ${written.stdout} ${written.stderr}`));
        };
        listeners.add(look);
        look();
      }),
  };
}

export function runCli(args: readonly string[], options: CliOptions = {}): CliRun["ended"] {
  return startCli(args, options).ended;
}

/** Each line of standard output as the object that it is. */
export function objectsOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
