// A process that may open no further file: no connection, no key, no request to the provider (R64).

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { answerText, converse, message, mint } from "../chat.ts";
import { run } from "../child-process.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { startUpstream } from "../upstream.ts";

const prlimit = "/usr/bin/prlimit";
/** Longer than the time between two looks at a key's file. */
const withoutMs = 6_000;
const ticksPerSecond = 100;

test.skipIf(!existsSync(prlimit))(
  "R64: without a descriptor left, who is connected is served, and later everybody is; a key stays in use",
  async () => {
    await using upstream = await startUpstream();
    const folder = mkdtempSync(join(tmpdir(), "sidekit-descriptors-"));
    const keyFile = join(folder, "key");
    writeFileSync(keyFile, upstream.apiKey, { mode: 0o600 });
    await using sidecar = await startSidecar({
      env: { OPENAI_API_KEY_FILE: keyFile, OPENAI_BASE_URL: upstream.baseUrl },
    });
    const secret = await mint(sidecar);
    expect(answerText(await converse(sidecar, secret, message("Hello")))).toContain("Hello");
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await health(sidecar, agent)).toBe(200);

    await allow(sidecar, readdirSync(`/proc/${sidecar.pid}/fd`).length);
    // Written anew, so that it is to be read again, which cannot be done now.
    writeFileSync(keyFile, upstream.apiKey);
    const before = processorTicks(sidecar);
    const turnedAway = await Promise.all(Array.from({ length: 20 }, () => isTurnedAway(sidecar)));
    for (const begun = performance.now(); performance.now() - begun < withoutMs; await sleep(500)) {
      expect(await health(sidecar, agent)).toBe(200);
    }
    // Most: where a descriptor became free meanwhile, somebody has got in.
    expect(turnedAway.filter(Boolean).length).toBeGreaterThan(15);
    expect((processorTicks(sidecar) - before) / ticksPerSecond).toBeLessThan(withoutMs / 1000 / 2);

    await allow(sidecar, 1024);
    agent.destroy();
    expect(answerText(await converse(sidecar, secret, message("Hello again")))).toContain("Hello again");
    expect(sidecar.output()).not.toMatch(/key\.(removed|revoked)/);
    rmSync(folder, { recursive: true });
  },
  60_000,
);

async function allow({ pid }: Sidecar, files: number): Promise<void> {
  expect(await run(prlimit, [`--pid=${pid}`, `--nofile=${files}:`])).toMatchObject({ status: 0 });
}

function health({ url }: Sidecar, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/healthz`, { agent }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode));
    })
      .on("error", reject)
      .end();
  });
}

/** Whether a new connection gets no answer within two seconds. */
function isTurnedAway({ url }: Sidecar): Promise<boolean> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", () => resolve(false));
    socket.on("error", () => {});
    socket.on("close", () => resolve(true));
  });
}

/** What the process has used of the processor, in hundredths of a second. */
function processorTicks({ pid }: Sidecar): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
