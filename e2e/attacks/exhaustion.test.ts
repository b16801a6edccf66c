// Clients that take long, take nothing, or come in crowds. Linux alone: memory and descriptors are read from /proc.

import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { converse, message, mint, post, threadIdOf } from "../chat.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { startUpstream, textAnswer, type Upstream } from "../upstream.ts";
import { logLines, residentMb } from "./target.ts";

describe.skipIf(process.platform !== "linux")("from outside", () => {
  let sidecar: Sidecar;
  let upstream: Upstream;
  let host: string;

  beforeAll(async () => {
    upstream = await startUpstream();
    sidecar = await startSidecar({
      env: {
        SIDEKIT_REQUESTS_PER_MINUTE: "1000",
        SIDEKIT_DETACH_GRACE_SECONDS: "0",
        OPENAI_API_KEY: upstream.apiKey,
        OPENAI_BASE_URL: upstream.baseUrl,
      },
    });
    ({ host } = new URL(sidecar.url));
  });
  afterEach(async () => {
    expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  });
  afterAll(async () => {
    await sidecar[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });

  const open = (bytes: string) =>
    new Promise<Socket>((resolve, reject) => {
      const { hostname, port } = new URL(sidecar.url);
      const socket = connect(Number(port), hostname, () => {
        socket.write(bytes);
        resolve(socket);
      });
      socket.on("error", reject);
    });
  /** Ms until the other side has closed; reads whatever comes. */
  const closedAfter = (socket: Socket) => {
    const begun = performance.now();
    return new Promise<number>((resolve) => {
      socket.resume().on("close", () => resolve(performance.now() - begun));
      socket.on("error", () => {});
    });
  };

  test.concurrent("R4: fifty clients that send a header each second are cut after 10 s, and disturb nobody", async () => {
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () => open(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n`)),
    );
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(`X-A: ${Math.random()}\r\n`);
    }, 1000);
    const closings = sockets.map(closedAfter);
    const begun = performance.now();
    expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(1000);
    const times = await Promise.all(closings);
    clearInterval(drip);
    expect(Math.max(...times)).toBeLessThan(14_000);
    expect(Math.min(...times)).toBeGreaterThan(8_000);
  });

  test.concurrent("R5: fifty bodies that never end are cut after 30 s, and take no memory", async () => {
    const secret = await mint(sidecar);
    const before = residentMb(sidecar);
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () =>
        open(
          `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`,
        ),
      ),
    );
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(" ");
    }, 1000);
    const times = await Promise.all(sockets.map(closedAfter));
    clearInterval(drip);
    expect(Math.max(...times)).toBeLessThan(36_000);
    expect(Math.min(...times)).toBeGreaterThan(27_000);
    expect(residentMb(sidecar) - before).toBeLessThan(64);
  });

  test("R3: of more connections than are taken, the surplus waits for nothing, and health is still told", async () => {
    const crowd = await Promise.all(Array.from({ length: 400 }, () => open("")));
    const dropped = crowd.map((socket) => {
      socket.on("error", () => {});
      return new Promise<boolean>((resolve) => {
        socket.on("close", () => resolve(true));
        setTimeout(resolve, 2000, false);
      });
    });
    expect((await Promise.all(dropped)).filter(Boolean).length).toBeGreaterThan(100);
    const health = await fetch(`${sidecar.url}/healthz`, { signal: AbortSignal.timeout(2000) });
    expect(health.status).toBe(200);
    for (const socket of crowd) socket.destroy();
    await expect.poll(async () => (await post(sidecar, "/chatkit", "none", {})).status).toBe(401);
    await expect.poll(() => logLines(sidecar).some(({ event }) => event === "conn.dropped")).toBe(true);
  });

  test("R6: a reader of 50,000 events who takes none is cut, and what was said is stored", async () => {
    const secret = await mint(sidecar);
    const thread = threadIdOf(await converse(sidecar, secret, message("Begin.")));
    upstream.answerNext(
      "responses.create",
      textAnswer(Array.from({ length: 50_000 }, (_, at) => ` word${at}`).join("")),
    );
    const before = residentMb(sidecar);
    const body = JSON.stringify(message("Go on, at length.", thread));
    const reader = await open(
      `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    reader.pause();
    let most = 0;
    const begun = performance.now();
    const isCut = () => logLines(sidecar).some(({ event }) => event === "stream.slow_consumer");
    while (!isCut()) {
      most = Math.max(most, residentMb(sidecar) - before);
      expect(performance.now() - begun).toBeLessThan(50_000);
      await sleep(250);
    }
    expect(performance.now() - begun).toBeGreaterThan(25_000);
    expect(most).toBeLessThan(96);
    reader.destroy();
    const items = JSON.parse(
      (await post(sidecar, "/chatkit", secret, { type: "items.list", params: { thread_id: thread } })).text,
    ).data as { type: string }[];
    expect(items.filter(({ type }) => type === "assistant_message")).toHaveLength(2);
  });

  test("R10: a hundred clients that leave in the middle leave nothing behind", async () => {
    const descriptors = () => readdirSync(`/proc/${sidecar.pid}/fd`).length;
    const secret = await mint(sidecar);
    const before = descriptors();
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 10 }, async (_, at) => {
          const body = JSON.stringify(message(`Leave after ${at}.`));
          const socket = await open(
            `POST /chatkit HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, at % 3 === 0 ? 20 : undefined)}`,
          );
          await sleep(at * 7);
          socket.destroy();
        }),
      );
    }
    await expect.poll(descriptors, { timeout: 10_000 }).toBeLessThanOrEqual(before + 5);
  });
});
