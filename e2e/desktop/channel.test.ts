// The sidecar's end of the channel, with a parent that writes what it likes.

import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";

import { afterEach, beforeEach, expect, test } from "vitest";

import { failToStart } from "../sidecar.ts";
import { keyA, keyB, startParent, type ParentFixture } from "./parent-fixture.ts";
import { sidecarEntry } from "./parent.ts";

let parent: ParentFixture;
beforeEach(async () => {
  parent = await startParent();
});
afterEach(() => parent[Symbol.asyncDispose]());

const handover = (more: object = {}) => ({
  type: "start",
  version: 1,
  launchToken: `ckbs_${"A".repeat(49)}`,
  keys: { upstream: keyA },
  origins: [],
  ...more,
});

function open() {
  const child = spawn(process.execPath, [sidecarEntry], {
    env: { ...parent.settings, SIDEKIT_PORT: "0", SIDEKIT_HANDOFF_FD: "3", OPENAI_API_KEY_HANDOFF: "1" },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const channel = child.stdio[3] as Duplex;
  let heard = "";
  let output = "";
  channel.on("error", () => {});
  channel.on("data", (chunk) => (heard += chunk));
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  return {
    channel,
    say: (message: unknown) =>
      channel.write(`${typeof message === "string" ? message : JSON.stringify(message)}\n`),
    heard: () => heard,
    output: () => output,
    ended: once(child, "exit").then(([status]) => status as number | null),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

test("S139: what is unknown, wrong or beyond 64 KiB is dropped and said so; the rest is served, and no secret comes back", async () => {
  await using sidecar = open();
  sidecar.say(handover());
  await expect.poll(sidecar.heard, { timeout: 10_000 }).toContain('"ready"');
  const dropped = [
    "not json",
    { type: "unknown", request: 1 },
    { type: "key", request: 1, id: "upstream", value: keyB, more: true },
    { type: "key", request: 0, id: "upstream", value: keyB },
    { type: "key", request: 1, id: "__proto__", value: keyB },
    [{ type: "stop" }],
    handover(),
    { type: "key", request: 1, id: "upstream", value: "x".repeat(70_000) },
  ];
  for (const one of dropped) sidecar.say(one);
  sidecar.say({ type: "key", request: 7, id: "upstream", value: keyB });
  await expect.poll(sidecar.heard).toContain('{"type":"outcome","request":7,"outcome":"done"}');
  expect(sidecar.heard().trim().split("\n")).toHaveLength(2);
  await expect.poll(sidecar.output).toContain("parent.message_dropped");
  expect(sidecar.heard() + sidecar.output()).not.toMatch(/sk-proj|ckbs_/);
  sidecar.say({ type: "stop" });
  expect(await sidecar.ended).toBe(0);
});

test.each([
  ["nothing but noise", "noise"],
  ["another version", handover({ version: 2 })],
  ["a launch token of another form", handover({ launchToken: "secret" })],
  ["a change first", { type: "key", request: 1, id: "upstream", value: keyA }],
  ["too many origins", handover({ origins: Array.from({ length: 17 }, (_, at) => `app://${at}`) })],
])("S139: a handover with %s starts nothing", async (_name, first) => {
  await using sidecar = open();
  sidecar.say(first);
  expect(await sidecar.ended).toBe(1);
  expect(sidecar.output()).toContain("does not speak the channel of this version");
  expect(sidecar.output()).not.toMatch(/sk-proj|ckbs_/);
});

test("S139: without a channel on the descriptor nothing is started; a key from a parent needs one", async () => {
  const failed = await failToStart({ SIDEKIT_HANDOFF_FD: "9" });
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain("There is no channel to a parent on the descriptor.");
  const alone = await failToStart({ OPENAI_API_KEY_HANDOFF: "1" });
  expect(alone.status).toBe(78);
  expect(alone.stderr).toContain("needs SIDEKIT_HANDOFF_FD");
});
