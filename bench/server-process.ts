// A server under test, in a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { Usage } from "./usage.ts";

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** Empty when the server asks for none. */
  readonly launchToken: string;
  /** Of a server that calls `answerUsage`. */
  usage(): Promise<Usage>;
}

const readyMs = 20_000;
const stopMs = 10_000;
const usageMs = 10_000;

/**
 * Starts a script of the workspace with the environment given and no other, and waits for the line on standard output
 * that says where it listens. Rejects when that has not come within 20 s.
 */
export async function startServer(
  script: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "..", script), ...args], {
    env: { ...env },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), stopMs);
    await exited;
    clearTimeout(killer);
  };

  const usage = async (): Promise<Usage> => {
    child.send("usage");
    const [answer] = await once(child, "message", { signal: AbortSignal.timeout(usageMs) });
    return answer;
  };

  const { stdout } = child;
  if (stdout === null) throw new Error("A server has a standard output.");
  const readyBy = AbortSignal.timeout(readyMs);
  readyBy.addEventListener("abort", () => stdout.destroy(), { once: true });
  for await (const line of createInterface({ input: stdout })) {
    const [, url, launchToken = ""] = /(http:\/\/127\.0\.0\.1:\d+)(?:\/#launch=(\S+))?/.exec(line) ?? [];
    if (url === undefined) continue;
    // Once the reader of lines, which stops the stream as it goes, has gone: nobody is to wait for who reads the log.
    setImmediate(() => stdout.resume());
    return { url, launchToken, usage, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error(`${script} did not become ready.`);
}
