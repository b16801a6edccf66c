// A parent process and the real sidecar: who outlives whom.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import { Secret } from "@sidekit/sidecar-host";
import { afterEach, beforeEach, expect, test } from "vitest";

import { converse, message, mint } from "../chat.ts";
import { send } from "../raw-http.ts";
import type { Sidecar as Address } from "../sidecar.ts";
import {
  addressOf,
  codeOf,
  isAlive,
  keyA,
  keyB,
  pidOf,
  soon,
  startParent,
  webview,
  type ParentFixture,
} from "./parent-fixture.ts";
import { sidecarEntry } from "./parent.ts";

let parent: ParentFixture;
beforeEach(async () => {
  parent = await startParent();
});
afterEach(() => parent[Symbol.asyncDispose]());

test("S59, R58: a parent that is killed takes its sidecar along, in the middle of an answer", async () => {
  const victim = spawn(
    process.execPath,
    [join(import.meta.dirname, "bare-parent.ts"), sidecarEntry, parent.dataDir, parent.upstream.baseUrl],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  victim.stdin.write(`${keyA}\n`);
  const [chunk] = (await once(victim.stdout, "data")) as [Buffer];
  const told = JSON.parse(String(chunk)) as Address;
  parent.upstream.answerNext("responses.create", { kind: "hang" });
  const asked = parent.upstream.requestsTo("responses.create").length;
  const answer = converse(told, await mint(told), message("Hello")).catch(() => undefined);
  await parent.upstream.received("responses.create", asked + 1);
  const killedAt = performance.now();
  victim.kill("SIGKILL");
  await expect.poll(() => isAlive(told.pid), { timeout: 5000, interval: 50 }).toBe(false);
  expect(performance.now() - killedAt).toBeLessThan(5000);
  expect(await refusesConnections(told.url)).toBe(true);
  await answer;
  // What had been said so far is kept: the next one opens the same data.
  await using next = await parent.start();
  expect(next.state.kind).toBe("running");
});

test.each([
  ["before it handed anything over", null],
  [
    "before its sidecar was ready",
    { type: "start", version: 1, launchToken: `ckbs_${"A".repeat(49)}`, keys: {}, origins: [] },
  ],
])("S59: a parent that is killed %s leaves nobody behind", async (_when, handover) => {
  const child = spawn(process.execPath, [sidecarEntry], {
    env: { ...parent.settings, SIDEKIT_PORT: "0", SIDEKIT_HANDOFF_FD: "3" },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const ended = once(child, "exit");
  const channel = child.stdio[3] as Duplex;
  channel.end(handover === null ? "" : `${JSON.stringify(handover)}\n`);
  const [status] = await ended;
  clearTimeout(late);
  expect(status).toBe(handover === null ? 1 : 0);
});

test("R57: a sidecar that is killed comes back, with the keys and origins it had and another launch token", async () => {
  await using sidecar = await parent.start({
    origins: [webview],
    restart: { firstDelayMs: 50, maxDelayMs: 1000, maxEnds: 5, windowMs: 60_000 },
  });
  await sidecar.setKey("upstream", new Secret(keyB), soon());
  const former = await addressOf(sidecar);
  process.kill(pidOf(sidecar), "SIGKILL");
  await expect.poll(() => sidecar.state.kind).toBe("waiting");
  const address = await addressOf(sidecar);
  expect(await parent.keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
  const withOrigin = { origin: webview, "content-type": "application/json" };
  const asked = (bearer: string) =>
    send(address, {
      method: "POST",
      path: "/trpc/chatSession.createSession",
      headers: { ...withOrigin, authorization: `Bearer ${bearer}` },
      body: "{}",
    });
  expect((await asked(address.launchToken)).status).toBe(200);
  expect((await asked(former.launchToken)).status).toBe(401);
  expect(parent.states.map(({ kind }) => kind)).toEqual([
    "starting",
    "running",
    "waiting",
    "starting",
    "running",
  ]);
});

test("R53: closing lets an answer finish, and the process end with status 0", async () => {
  const sidecar = await parent.start();
  const pid = pidOf(sidecar);
  const address = await addressOf(sidecar);
  const secret = await mint(address);
  const asked = parent.upstream.requestsTo("responses.create").length;
  const answer = converse(address, secret, message("Hello"));
  await parent.upstream.received("responses.create", asked + 1);
  await sidecar.close();
  expect((await answer).at(-1)?.type).toBe("thread.item.done");
  expect(isAlive(pid)).toBe(false);
  expect(
    parent
      .events()
      .map(({ event }) => event)
      .at(-1),
  ).toBe("stop");
});

test("one that cannot start says why, and is not tried again", async () => {
  const wrong = await parent
    .start({ environment: { ...parent.settings, SIDEKIT_ELEMENT: "closed" } })
    .catch((cause: unknown) => cause);
  expect(wrong).toMatchObject({ code: "start_failed" });
  expect(String((wrong as { cause: { cause: unknown } }).cause.cause)).toContain("SIDEKIT_ELEMENT");
  expect(await codeOf(parent.start({ keys: { stray: new Secret(keyA) } }))).toBe("start_failed");
  expect(parent.lines.at(-1)?.text).toContain("The key stray was handed over, and no setting asks for it.");
});

async function refusesConnections(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const refused = await Promise.race([
    once(socket, "connect").then(() => false),
    once(socket, "error").then(() => true),
  ]).catch(() => true);
  socket.destroy();
  return refused;
}
