// The channel between a parent and its sidecar: whatever comes over it, the sidecar lives and answers what is asked next.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import { createToken } from "@sidekit/chat-session";
import * as fc from "fast-check";
import { expect, test } from "vitest";

import { makeDataDir } from "../sidecar.ts";
import { fuzz, fuzzTimeoutMs } from "./fuzzing.ts";
import { changed } from "./hostile-inputs.ts";

const main = join(import.meta.dirname, "../../apps/sidecar/src/main.ts");
const messages = [
  { type: "key", request: 1, id: "upstream", value: `sk-${"a1b2".repeat(8)}` },
  { type: "key", request: 1, id: "upstream", value: null },
  { type: "origin-add", request: 1, origin: "app://chat" },
  { type: "origin-remove", request: 1, origin: "app://chat" },
  { type: "start", version: 1, launchToken: "ckbs_x", keys: {}, origins: [] },
];

test(
  "S139: lines of the channel",
  async () => {
    await using sidecar = await startWithChannel();
    let request = 1_000_000_000;
    const lines = fc.array(
      fc.oneof(
        {
          arbitrary: changed(messages).map((message) => Buffer.from(`${JSON.stringify(message)}\n`)),
          weight: 4,
        },
        { arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)), weight: 1 },
        { arbitrary: fc.constant(Buffer.alloc(70_000, "x")), weight: 1 },
      ),
      { minLength: 1, maxLength: 8 },
    );
    await fuzz(
      "handoff",
      fc.asyncProperty(lines, async (chunks) => {
        for (const chunk of chunks) sidecar.channel.write(chunk);
        request += 1;
        sidecar.channel.write(
          `\n${JSON.stringify({ type: "origin-remove", request, origin: "app://none" })}\n`,
        );
        await sidecar.answered(request);
      }),
    );
    expect(sidecar.stderr()).not.toMatch(/"event":"crash"/);
    // What was handed over and changed is in no line.
    expect(sidecar.stderr()).not.toContain("a1b2a1b2");
  },
  fuzzTimeoutMs,
);

async function startWithChannel() {
  const dataDir = makeDataDir();
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env["PATH"],
      SIDEKIT_PORT: "0",
      SIDEKIT_DATA_DIR: dataDir,
      SIDEKIT_ALLOW_ROOT: "yes",
      SIDEKIT_HANDOFF_FD: "3",
    },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const channel = child.stdio[3] as Duplex;
  let stderr = "";
  child.stderr!.on("data", (chunk) => (stderr += chunk));
  let answers = "";
  channel.on("data", (chunk) => (answers = (answers + chunk).slice(-100_000)));
  channel.on("error", () => {});
  const start = { type: "start", version: 1, launchToken: createToken("ckbs_"), keys: {}, origins: [] };
  channel.write(`${JSON.stringify(start)}\n`);
  await expect.poll(() => answers + stderr, { timeout: 20_000 }).toContain('"type":"ready"');
  return {
    channel,
    stderr: () => stderr,
    async answered(request: number): Promise<void> {
      const word = `"request":${request},`;
      await expect.poll(() => answers, { timeout: 5000, interval: 2 }).toContain(word);
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
