// Runs a program to its end, with an environment of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";

const deadlineMs = 30_000;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What is piped in; nothing unless told. */
  readonly input?: string;
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Killed after 30 s, which leaves a status of null. Of this process's environment it gets the path alone. */
export async function run(
  program: string,
  args: readonly string[],
  { env = {}, cwd = process.cwd(), input = "" }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    stdio: ["pipe", "pipe", "pipe"],
    // What a shell has started ends with it.
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  // A program that reads nothing may close its end first.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const late = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), deadlineMs);
  const [status] = await once(child, "close");
  clearTimeout(late);
  return { status, stdout, stderr };
}
