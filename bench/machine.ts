// What a figure is worth nothing without: the machine, the runtime, the revision.

import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

export interface Machine {
  readonly takenAt: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Of the workspace; `-dirty` when files differ from it, `none` outside a repository. */
  readonly revision: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    takenAt: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    revision: revision(),
  };
}

function revision(): string {
  try {
    const cwd = import.meta.dirname;
    const run = (...args: string[]) =>
      execFileSync("git", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const commit = run("rev-parse", "--short=12", "HEAD");
    return run("status", "--porcelain", "--untracked-files=no") === "" ? commit : `${commit}-dirty`;
  } catch {
    // A copy without its history can still be measured.
    return "none";
  }
}
