// S45: how long a refusal takes says nothing about why, to somebody on the same machine who asks ten thousand times. Welch's t
// over interleaved samples.

import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";

import { createToken } from "@sidekit/chat-session";
import { describe, expect, test } from "vitest";

import { createApp } from "../src/app.ts";
import type { Parts } from "../src/compose.ts";
import { createLog } from "../src/log.ts";
import { startApp, type RunningApp } from "./fixture.ts";

const samplesPerClass = 10_000;
const noticeable = 4.5;
/** Other work on the machine can fake a difference once, not three times in a row. */
const attempts = 3;
const kinds = 10;
const list = JSON.stringify({ type: "threads.list", params: {} });

type Classes = Readonly<Record<string, readonly string[]>>;

describe("S45: how long it takes to refuse", () => {
  test("a client secret is the same for one that never was, one that has expired and one that was cancelled", async () => {
    await using app = await startApp({}, {}, { file: { profiles: { short: { ttlSeconds: 60 } } } });
    const unknown = Array.from({ length: kinds }, () => createToken("ckss_"));
    const cancelled: string[] = [];
    for (let at = 0; at < kinds; at++) {
      const session = await mint(app, "default");
      await app.post("/trpc/chatSession.cancelSession", app.parts.launchToken, { sessionId: session.id });
      cancelled.push(session.clientSecret);
    }
    const expired: string[] = [];
    for (let at = 0; at < 10; at++) expired.push((await mint(app, "short")).clientSecret);
    app.moveWallClock(61_000);
    await expectAlike(app, "/chatkit", list, { unknown, expired, cancelled });
  }, 180_000);

  test("a launch token is the same however much of it is right", async () => {
    await using app = await startApp();
    const right = app.parts.launchToken;
    const wrong = (from: number) =>
      right.slice(0, from) + right.slice(from).replaceAll(/./g, (digit) => (digit === "x" ? "y" : "x"));
    await expectAlike(app, "/trpc/chatSession.listSessions", null, {
      nothing: [wrong(5)],
      half: [wrong(30)],
      nearly: [wrong(right.length - 1)],
    });
  }, 180_000);
  test("would be found out at a tenth of a millisecond", async () => {
    await using app = await startApp();
    const { authenticateSession } = app.parts;
    const slow = createToken("ckss_");
    const leaky: typeof app.parts = {
      ...app.parts,
      authenticateSession(token, origin, signal) {
        const until = performance.now() + (token === slow ? 0.1 : 0);
        while (performance.now() < until);
        return authenticateSession(token, origin, signal);
      },
    };
    await using server = await listen(leaky);
    const times = await measure(server.url, "/chatkit", list, {
      quick: [createToken("ckss_")],
      slow: [slow],
    });
    expect(Math.abs(welch(times["quick"]!, times["slow"]!))).toBeGreaterThan(noticeable);
  }, 180_000);
});

async function expectAlike(
  app: RunningApp,
  path: string,
  body: string | null,
  classes: Classes,
): Promise<void> {
  let found = "";
  for (let attempt = 0; attempt < attempts; attempt++) {
    const times = await measure(app.url, path, body, classes);
    const names = Object.keys(classes);
    const apart = names
      .flatMap((one, at) => names.slice(at + 1).map((other) => ({ one, other })))
      .map((pair) => ({ ...pair, t: welch(times[pair.one]!, times[pair.other]!) }))
      .filter(({ t }) => Math.abs(t) >= noticeable);
    if (apart.length === 0) return;
    found = JSON.stringify(apart);
  }
  expect(found).toBe("");
}

/** Nanoseconds of each refusal, in an order that no drift of the machine favours, over one connection. */
async function measure(
  url: string,
  path: string,
  body: string | null,
  classes: Classes,
): Promise<Record<string, Float64Array>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const names = Object.keys(classes);
  const times = Object.fromEntries(names.map((name) => [name, new Float64Array(samplesPerClass)]));
  // The first ones compile the code.
  for (let sample = -500; sample < samplesPerClass; sample++) {
    const from = Math.floor(Math.random() * names.length);
    for (let at = 0; at < names.length; at++) {
      const name = names[(from + at) % names.length]!;
      const tokens = classes[name]!;
      const took = await refusalNs(agent, url + path, body, tokens[(sample + 500) % tokens.length]!);
      if (sample >= 0) times[name]![sample] = took;
    }
  }
  agent.destroy();
  return times;
}

async function refusalNs(agent: Agent, address: string, body: string | null, token: string): Promise<number> {
  const outgoing = request(address, {
    agent,
    method: body === null ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  const started = process.hrtime.bigint();
  outgoing.end(body ?? undefined);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const took = Number(process.hrtime.bigint() - started);
  if (incoming.statusCode !== 401) throw new Error(`It was answered with ${incoming.statusCode}.`);
  incoming.resume();
  await once(incoming, "end");
  return took;
}

function welch(one: Float64Array, other: Float64Array): number {
  const [a, b] = [momentsOf(one), momentsOf(other)];
  return (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
}

function momentsOf(samples: Float64Array): { mean: number; variance: number; count: number } {
  const count = samples.length;
  const mean = samples.reduce((sum, value) => sum + value, 0) / count;
  const variance = samples.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, variance, count };
}

async function mint(app: RunningApp, profile: string): Promise<{ id: string; clientSecret: string }> {
  const response = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, { profile });
  const { result } = (await response.json()) as { result: { data: { id: string; clientSecret: string } } };
  return result.data;
}

/** Another listener over the same parts. */
async function listen(parts: Parts): Promise<AsyncDisposable & { readonly url: string }> {
  const app = await createApp({ parts, log: createLog("silent", () => {}), draining: () => false });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  parts.bound(Number(new URL(url).port));
  return { url, [Symbol.asyncDispose]: () => app.close() };
}
