// Runs the conformance command to its end.

import { execFile } from "node:child_process";
import { join } from "node:path";

const command = join(import.meta.dirname, "../conformance/main.ts");

export interface ConformanceRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the standard output. */
  readonly lines: string[];
}

export function runConformance(args: readonly string[], timeoutMs = 30_000): Promise<ConformanceRun> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [command, ...args], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr, lines: stdout.trimEnd().split("\n") });
    });
  });
}
