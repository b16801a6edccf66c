// A real sidecar process for tests: its own data directory, port and output, ended with the test.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const entry = join(import.meta.dirname, "../apps/sidecar/src/main.ts");
/** Containers that run tests have no other user. */
const asWhoever = { SIDEKIT_ALLOW_ROOT: "yes" };
/** Tests ask for more sessions than a person would. */
const manySessions = { SIDEKIT_MINTS_PER_MINUTE: "100000" };
const readyDeadlineMs = 20_000;
const stopDeadlineMs = 30_000;
const readyLine = /^Sidekit ready at (http:\/\/\S+)\/#launch=(\S+)$/m;

export interface SidecarOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Kept when given; else made for this process and removed with it. */
  readonly dataDir?: string;
  /** Options of Node itself. */
  readonly nodeArguments?: readonly string[];
}

export interface Sidecar extends AsyncDisposable {
  readonly url: string;
  readonly launchToken: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything written to either stream so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading what the process writes. */
  closeOutput(): void;
  /** Exit status, once the process has ended. */
  readonly ended: Promise<number | null>;
}

/** What a process that ended without getting ready left behind. */
export interface FailedStart {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves when the ready line is out. Rejects with the process's output when it ends or the deadline passes first. */
export async function startSidecar(options: SidecarOptions = {}): Promise<Sidecar> {
  const dataDir = options.dataDir ?? makeDataDir();
  const { child, stdout, stderr, ended } = run(dataDir, options.env, options);
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    const late = setTimeout(() => fail("was not ready in time"), readyDeadlineMs);
    const fail = (what: string) => {
      child.kill("SIGKILL");
      reject(new Error(`The sidecar ${what}.\n${stdout()}\n${stderr()}`));
    };
    child.stdout?.on("data", () => {
      const line = readyLine.exec(stdout());
      if (line === null) return;
      clearTimeout(late);
      resolve(line);
    });
    void ended.then(() => fail("ended before it was ready"));
  });
  const [, url, launchToken] = ready;
  return {
    url: url!,
    launchToken: launchToken!,
    dataDir,
    pid: child.pid!,
    output: () => stdout() + stderr(),
    kill: (signal) => child.kill(signal),
    closeOutput() {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    ended,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const forced = setTimeout(() => child.kill("SIGKILL"), stopDeadlineMs);
      await ended;
      clearTimeout(forced);
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Runs a sidecar that is expected not to get ready. */
export async function failToStart(
  env: Readonly<Record<string, string>>,
  how: { readonly args?: readonly string[]; readonly nodeArguments?: readonly string[] } = {},
): Promise<FailedStart> {
  const dataDir = makeDataDir();
  const { child, stdout, stderr, ended } = run(dataDir, env, how);
  const late = setTimeout(() => child.kill("SIGKILL"), readyDeadlineMs);
  const status = await ended;
  clearTimeout(late);
  rmSync(dataDir, { recursive: true, force: true });
  return { status, stdout: stdout(), stderr: stderr() };
}

export function makeDataDir(): string {
  return mkdtempSync(join(tmpdir(), "sidekit-e2e-"));
}

function run(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
  { args = [], nodeArguments = [] }: { args?: readonly string[]; nodeArguments?: readonly string[] } = {},
) {
  const child: ChildProcess = spawn(process.execPath, [...nodeArguments, entry, ...args], {
    env: {
      PATH: process.env["PATH"],
      SIDEKIT_PORT: "0",
      SIDEKIT_DATA_DIR: dataDir,
      ...asWhoever,
      ...manySessions,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const ended = once(child, "close").then(([status]) => status as number | null);
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}
