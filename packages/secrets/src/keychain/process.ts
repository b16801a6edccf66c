// Asks the system's keychain from a process of its own. Its calls block the thread that makes them, and a thread that
// hangs in one keeps even a process that wants to leave: only a process can be ended after 5 s (S138).

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { keychainReply, type KeychainReply, type KeychainRequest } from "./request.ts";

const maxReplyBytes = 16_384;

/** The variables by which a program finds the desktop's keychain. The process gets these, and no other (S145). */
export const keychainVariables = [
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "HOME",
  "SystemRoot",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
] as const;

export type AskKeychain = (request: KeychainRequest, signal: AbortSignal) => Promise<KeychainReply>;

/** No shell and no command line: what is asked goes through a pipe. The process is killed when the signal aborts. */
export function createKeychainProcess(variables: Readonly<Record<string, string | undefined>>): AskKeychain {
  const env: Record<string, string> = {};
  for (const name of keychainVariables) {
    const value = variables[name];
    if (value !== undefined) env[name] = value;
  }
  return async (request, signal) => {
    signal.throwIfAborted();
    const text = await exchange(JSON.stringify(request), env, signal);
    const reply = keychainReply.safeParse(parseJson(text));
    return reply.success ? reply.data : { kind: "failed", code: "keychain_failed" };
  };
}

function exchange(request: string, env: Record<string, string>, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // Found when it is needed: bundled into another program, this module has no place beside which a file could stand.
    const child = fileURLToPath(new URL("./child.ts", import.meta.url));
    const running = spawn(process.execPath, [child], { env, stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const abort = () => {
      running.kill("SIGKILL");
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    running.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxReplyBytes) running.kill("SIGKILL");
      else chunks.push(chunk);
    });
    // It may be gone before it has read; the reply that is missing then says so.
    running.stdin.on("error", () => {});
    running.on("error", () => end(""));
    running.on("close", () => end(Buffer.concat(chunks).toString("utf8")));
    running.stdin.end(request);

    function end(text: string): void {
      signal.removeEventListener("abort", abort);
      for (const chunk of chunks) chunk.fill(0);
      resolve(text);
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
