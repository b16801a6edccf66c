// A parent process in a test: starts the real sidecar, and keeps what it says.

import { readFileSync, rmSync } from "node:fs";

import {
  Secret,
  SidecarHostError,
  spawnSidecar,
  type OutputLine,
  type Sidecar,
  type SidecarState,
  type SpawnSidecarOptions,
} from "@sidekit/sidecar-host";
import { expect } from "vitest";

import { converse, message, mint } from "../chat.ts";
import { makeDataDir, type Sidecar as Address } from "../sidecar.ts";
import { startUpstream, type Upstream } from "../upstream.ts";
import { sidecarEntry } from "./parent.ts";

export const keyA = "sk-proj-aaaa1c9be27d08A6535e71";
export const keyB = "sk-proj-bbbb1c9be27d08A6535e71";
export const webview = "vscode-webview://1a2b3c";

/** For one change or question. */
export const soon = () => AbortSignal.timeout(15_000);

export interface ParentFixture extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly dataDir: string;
  readonly lines: readonly OutputLine[];
  readonly states: readonly SidecarState[];
  /** The variables that a sidecar gets here. */
  readonly settings: Readonly<Record<string, string>>;
  start(more?: Partial<SpawnSidecarOptions>): Promise<Sidecar>;
  /** The lines of the log so far. */
  events(): Record<string, unknown>[];
  /** The credential that the upstream saw with the message that this sends. */
  keyInUse(sidecar: Sidecar): Promise<string>;
}

export async function startParent(): Promise<ParentFixture> {
  const upstream = await startUpstream();
  const dataDir = makeDataDir();
  const lines: OutputLine[] = [];
  const states: SidecarState[] = [];
  const settings = {
    SIDEKIT_DATA_DIR: dataDir,
    SIDEKIT_ALLOW_ROOT: "yes",
    SIDEKIT_LOG_LEVEL: "trace",
    OPENAI_BASE_URL: upstream.baseUrl,
  };
  return {
    upstream,
    dataDir,
    lines,
    states,
    settings,
    start: (more) =>
      spawnSidecar({
        entry: sidecarEntry,
        environment: settings,
        keys: { upstream: new Secret(keyA) },
        onLine: (line) => lines.push(line),
        onState: (state) => states.push(state),
        ...more,
      }),
    events: () =>
      lines.flatMap(({ text }) =>
        text.startsWith("{") ? [JSON.parse(text) as Record<string, unknown>] : [],
      ),
    async keyInUse(sidecar) {
      const address = await addressOf(sidecar);
      await converse(address, await mint(address), message("Hello"));
      return String(upstream.requestsTo("responses.create").at(-1)?.headers.authorization);
    },
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** What the helpers of other tests know a sidecar by. */
export async function addressOf(sidecar: Sidecar): Promise<Address> {
  const { url, launchToken } = await sidecar.address(soon());
  return { url, launchToken } as Address;
}

export function pidOf({ state }: Pick<Sidecar, "state">): number {
  if (state.kind !== "running") throw new Error("The sidecar does not run.");
  return state.pid;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const failure = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(failure).toBeInstanceOf(SidecarHostError);
  return (failure as SidecarHostError).code;
}
