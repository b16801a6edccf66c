// The conversation at a real pseudo-terminal, which util-linux's `script` provides.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { startSidecar } from "./sidecar.ts";

const main = join(import.meta.dirname, "../src/main.ts");
const script = "/usr/bin/script";
const deadlineMs = 20_000;
const ctrlC = "\u0003";
const ctrlD = "\u0004";
let cwd = "";

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "sidekit-cli-"));
});
afterEach(async () => {
  await rm(cwd, { recursive: true });
});

// A machine without `script` skips; CI has it, or fails.
describe.skipIf(!existsSync(script) && process.env["CI"] === undefined)("at a terminal", () => {
  test("messages, commands, and Ctrl-D to leave", async () => {
    const terminal = openTerminal(["chat", "--local"]);
    await terminal.seen("lists the commands");
    terminal.type("hi\r");
    await terminal.seen("Sources:");
    await terminal.prompted(2);
    terminal.type("/threads\r");
    await terminal.seen("*  1");
    await terminal.prompted(3);
    terminal.type("/open 1\r");
    await terminal.seen("› hi");
    await terminal.prompted(4);
    terminal.type("/new\r");
    await terminal.seen("new thread begins");
    await terminal.prompted(5);
    terminal.type("/nonsense\r");
    await terminal.seen("no such command");
    await terminal.prompted(6);
    terminal.type(ctrlD);
    expect(await terminal.ended).toBe(0);
  });

  test("Ctrl-C stops the answer and the conversation goes on; at the prompt it leaves", async () => {
    await using sidecar = await startSidecar();
    const terminal = openTerminal(["chat"], { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine });
    await terminal.prompted(1);
    terminal.type("hold\r");
    await terminal.seen("You said: hold");
    terminal.type(ctrlC);
    await terminal.seen("Stopped.");
    await terminal.prompted(2);
    terminal.type("after\r");
    await terminal.seen("You said: after");
    await terminal.prompted(3);
    terminal.type(ctrlC);
    expect(await terminal.ended).toBe(0);
    expect(sidecar.stops).toHaveLength(1);
  });

  test("lines that are pasted at once, and lines that go on, are one message", async () => {
    await using sidecar = await startSidecar();
    const terminal = openTerminal(["chat"], { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine });
    await terminal.prompted(1);
    terminal.type("one\rtwo\r");
    await terminal.seen("You said: one\r\ntwo");
    await terminal.prompted(2);
    terminal.type("three\\\r");
    await terminal.seen("… ");
    terminal.type("four\r");
    await terminal.seen("You said: three\r\nfour");
    await terminal.prompted(3);
    terminal.type("five\rsix");
    await terminal.seen("six");
    terminal.type("\r");
    await terminal.seen("You said: five\r\nsix");
    await terminal.prompted(4);
    terminal.type("/exit\r");
    expect(await terminal.ended).toBe(0);
  });

  test("the launch token is asked for and never shown; the whole ready line will do", async () => {
    await using sidecar = await startSidecar();
    const terminal = openTerminal(["chat"]);
    await terminal.seen("Launch token of");
    terminal.type(`${sidecar.readyLine}\r`);
    await terminal.prompted(1);
    terminal.type("hi\r");
    await terminal.seen("You said: hi");
    await terminal.prompted(2);
    terminal.type("/exit\r");
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen()).not.toContain(sidecar.launchToken.slice(0, 12));
  });

  test("colours, unless NO_COLOR is set", async () => {
    for (const [env, coloured] of [
      [{}, true],
      [{ NO_COLOR: "1" }, false],
    ] as const) {
      const terminal = openTerminal(["chat", "--local"], env);
      await terminal.prompted(1);
      expect(terminal.raw().includes("\u001b[2m")).toBe(coloured);
      terminal.type(ctrlD);
      await terminal.ended;
    }
  });
});

function openTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  // Without a terminal above it, the new one has no size.
  const size = "stty rows 30 cols 100; exec ";
  const command = size + [process.execPath, main, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn(script, ["-qfec", command, "/dev/null"], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let raw = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    raw += text;
    for (const listener of listeners) listener();
  });
  child.stdin.on("error", () => {});
  const watchdog = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (status) => {
      clearTimeout(watchdog);
      for (const listener of listeners) listener();
      resolve(status);
    });
  });
  const screen = () => stripVTControlCharacters(raw);
  const until = (what: string, found: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        const over = child.exitCode !== null || child.signalCode !== null;
        if (!found() && !over) return;
        listeners.delete(look);
        if (found()) resolve();
        else reject(new Error(`It ended without ${what}: ${screen()}`));
      };
      listeners.add(look);
      look();
    });
  return {
    ended,
    screen,
    raw: () => raw,
    type: (text: string) => child.stdin.write(text),
    seen: (text: string) => until(`"${text}"`, () => screen().includes(text)),
    /** Waits until it has asked this many times; readline clears what follows each time it asks. */
    prompted: (times: number) => until(`prompt ${times}`, () => raw.split("\u001b[0J› ").length > times),
  };
}
