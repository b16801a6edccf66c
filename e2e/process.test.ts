import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { answerText, converse, message, mint, post } from "./chat.ts";
import { failToStart, makeDataDir, startSidecar } from "./sidecar.ts";

const marker = "canary-5c0e";
const preload = join(tmpdir(), `sidekit-fault-${process.pid}.mjs`);

beforeAll(() => {
  // A fault that no part of ours expects, on demand.
  writeFileSync(
    preload,
    `process.on("SIGUSR2", () => { setTimeout(() => { throw new TypeError("${marker}\\n    at ${marker} (${marker}.ts:1:1)"); }, 0); });`,
  );
});
afterAll(() => rmSync(preload, { force: true }));

describe("S168: no debugger in production", () => {
  test.each([
    ["an argument", {}, ["--inspect=127.0.0.1:0"]],
    ["an argument that waits", {}, ["--inspect-port=0", "--inspect-publish-uid=stderr"]],
    ["a variable", { NODE_OPTIONS: "--inspect=127.0.0.1:0" }, []],
    ["a variable among others", { NODE_OPTIONS: "--max-http-header-size=8192 --inspect=127.0.0.1:0" }, []],
  ])("%s stops the start", async (_name, env, nodeArguments) => {
    const failed = await failToStart(env, { nodeArguments });
    expect(failed).toMatchObject({ status: 78, stdout: "" });
    expect(failed.stderr).toContain("may not open a debugger");
  });

  test("S188: without NODE_ENV it is production; only development loosens, and says so", async () => {
    for (const mode of ["test", "staging", "Development"]) {
      expect(
        (await failToStart({ NODE_ENV: mode }, { nodeArguments: ["--inspect=127.0.0.1:0"] })).status,
      ).toBe(78);
    }
    await using sidecar = await startSidecar({
      env: { NODE_ENV: "development" },
      nodeArguments: ["--inspect=127.0.0.1:0"],
    });
    expect(eventOf(sidecar.output(), "start")).toMatchObject({
      config: { mode: "development" },
      loosened: expect.arrayContaining(["debugger allowed"]),
    });
  });

  test("the signal that opens one is ignored", async () => {
    await using sidecar = await startSidecar();
    sidecar.kill("SIGUSR1");
    await new Promise((resolve) => {
      setTimeout(resolve, 500);
    });
    expect(sidecar.output()).not.toMatch(/Debugger listening/);
    expect(await accepts(9229)).toBe(false);
    expect(await mint(sidecar)).toMatch(/^ckss_/);
  });
});

test("R54: the second signal ends the process at once, with 1; what was said is kept", async () => {
  await using sidecar = await startSidecar();
  const secret = await mint(sidecar);
  const response = await fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(message("Hello")),
  });
  await response.body!.getReader().read();
  sidecar.kill("SIGTERM");
  // One that comes sooner is taken for an echo of the first.
  await new Promise((resolve) => {
    setTimeout(resolve, 700);
  });
  const started = performance.now();
  sidecar.kill("SIGTERM");
  expect(await sidecar.ended).toBe(1);
  expect(performance.now() - started).toBeLessThan(1500);
  expect(sidecar.output()).toContain('"event":"drain.forced"');
});

test.each(["--heapsnapshot-signal=SIGUSR2", "--heapsnapshot-near-heap-limit=1", "--report-on-signal"])(
  "S169: memory and reports on demand stop a production start: %s",
  async (argument) => {
    expect((await failToStart({}, { nodeArguments: [argument] })).status).toBe(78);
  },
);

describe("S170: who runs it, and who may read its files", () => {
  test.skipIf(process.getuid?.() !== 0)("root is refused unless that is allowed", async () => {
    const failed = await failToStart({ SIDEKIT_ALLOW_ROOT: "no" });
    expect(failed).toMatchObject({ status: 78, stdout: "" });
    expect(failed.stderr).toContain("SIDEKIT_ALLOW_ROOT has to be yes to start as root");
    await using sidecar = await startSidecar({ env: { SIDEKIT_ALLOW_ROOT: "yes" } });
    expect(eventOf(sidecar.output(), "start")).toMatchObject({
      loosened: expect.arrayContaining(["runs as root"]),
    });
  });

  test("S150: every file and folder it makes is for its user alone", async () => {
    const dataDir = join(makeDataDir(), "inner");
    mkdirSync(dataDir, { mode: 0o700 });
    await using sidecar = await startSidecar({ dataDir });
    await converse(sidecar, await mint(sidecar), message("Hello"));
    const made = readdirSync(dataDir, { recursive: true, encoding: "utf8" });
    expect(made.length).toBeGreaterThan(3);
    for (const name of made) expect([name, statSync(join(dataDir, name)).mode & 0o077]).toEqual([name, 0]);
  });
});

test("S171: a conversation needs neither code from strings nor the accessor of prototypes", async () => {
  await using sidecar = await startSidecar({
    nodeArguments: ["--disallow-code-generation-from-strings", "--disable-proto=throw", "--disable-sigusr1"],
  });
  const secret = await mint(sidecar);
  const answered = await converse(sidecar, secret, message("Hello"));
  expect(answerText(answered)).not.toBe("");
  // A route with a parameter, and one that is not there.
  expect((await post(sidecar, "/chatkit", secret, { type: "threads.list", params: {} })).status).toBe(200);
  const stop = await fetch(`${sidecar.url}/chatkit/runs/run_${"0".repeat(22)}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(stop.status).toBe(404);
  expect((await fetch(`${sidecar.url}/nothing/here`)).status).toBe(404);
});

test("S172, R57, S169: a fault is logged once without its words, streams get an end, the process leaves with 70", async () => {
  await using sidecar = await startSidecar({
    nodeArguments: ["--import", preload],
    env: { CANARY: `${marker}-variable` },
  });
  const secret = await mint(sidecar);
  const response = await fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(message("Hello")),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? "";
  sidecar.kill("SIGUSR2");
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  expect(text).toMatch(/data: \{"type":"error","code":"stream\.error".*"allow_retry":true\}\n\n$/);
  expect(await sidecar.ended).toBe(70);
  const output = sidecar.output();
  expect(output.match(/"event":"crash"/g)).toHaveLength(1);
  expect(eventOf(output, "crash")).toMatchObject({ level: "fatal", err: { type: "TypeError" } });
  expect(output).not.toContain(marker);
  expect(readdirSync(process.cwd()).filter((name) => /^report\.|\.heapsnapshot$|^core/.test(name))).toEqual(
    [],
  );
});

test("S189: the start-up event has settings, limits and loosened safeguards, and keys by fingerprint alone", async () => {
  const key = `sk-proj-${"1234567890abcdef".repeat(3)}`;
  await using sidecar = await startSidecar({
    env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: "http://127.0.0.1:9", SIDEKIT_REQUESTS_PER_MINUTE: "77" },
  });
  const start = eventOf(sidecar.output(), "start");
  expect(start).toMatchObject({
    config: {
      mode: "production",
      keys: [{ id: "upstream", source: "environment", fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) }],
      profiles: expect.arrayContaining([expect.objectContaining({ requestsPerMinute: 77 })]),
    },
    loosened: expect.arrayContaining(["upstream without TLS", "another upstream than the vendor's"]),
    limits: {
      L1: 10_000,
      L7: { depth: 32 },
      L9: 256,
      L18: { default: 600 },
      L23: { perAddress: 30, perService: 600 },
      L25: 20,
      L38: { lines: 10_000 },
    },
  });
  expect(sidecar.output()).not.toContain(key.slice(8, 24));
  // N12.
  expect(sidecar.output()).not.toContain(sidecar.dataDir);
});

test("S135: the key is gone from the environment that anything started later would inherit", async () => {
  const shown = join(tmpdir(), `sidekit-env-${process.pid}.mjs`);
  writeFileSync(
    shown,
    `process.on("SIGUSR2", () => console.error("ENV", Object.keys(process.env).includes("OPENAI_API_KEY")));`,
  );
  await using sidecar = await startSidecar({
    nodeArguments: ["--import", shown],
    env: { OPENAI_API_KEY: `sk-proj-${"1234567890abcdef".repeat(3)}` },
  });
  sidecar.kill("SIGUSR2");
  await expect.poll(() => sidecar.output()).toContain("ENV false");
  rmSync(shown);
});

describe("R72: whoever reads the log", () => {
  test("stops reading: answers go on, what waits is bounded, and the gap is told", async () => {
    await using sidecar = await startInShell('exec "$0" "$1"');
    const { child, url } = sidecar;
    child.stderr.pause();
    for (let at = 0; at < 250; at++) await askOften(url, 50);
    const started = performance.now();
    expect(await (await fetch(`${url}/healthz`)).text()).toBe("ok\n");
    expect(performance.now() - started).toBeLessThan(1000);

    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    child.stderr.resume();
    await expect.poll(() => stderr, { timeout: 10_000 }).toContain('"event":"log.dropped"');
    const lines = linesOf(stderr);
    const dropped = lines.find(({ event }) => event === "log.dropped");
    const requests = lines.filter(({ event }) => event === "request").length;
    expect(requests).toBeLessThan(10_000);
    expect(requests + Number(dropped?.["count"])).toBeGreaterThanOrEqual(12_500);
    expect(await sidecar.stop()).toBe(0);
  }, 60_000);

  test("never reads: the process still ends", async () => {
    await using sidecar = await startInShell('exec "$0" "$1"');
    sidecar.child.stderr.pause();
    for (let at = 0; at < 40; at++) await askOften(sidecar.url, 50);
    expect(await sidecar.stop()).toBe(0);
  }, 60_000);

  test("goes away: R54, a closed pipe is no end", async () => {
    await using sidecar = await startSidecar();
    sidecar.closeOutput();
    for (let at = 0; at < 5; at++) expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
    sidecar.kill("SIGPIPE");
    expect(await mint(sidecar)).toMatch(/^ckss_/);
  });

  test.skipIf(!existsSync("/dev/full"))("is a file on a full disk: nothing stops", async () => {
    await using sidecar = await startInShell('exec "$0" "$1" 2>/dev/full');
    await askOften(sidecar.url, 20);
    expect(await sidecar.stop()).toBe(0);
  });

  test("is a file: every line is there and whole", async () => {
    await using sidecar = await startInShell('exec "$0" "$1" 2>"$SIDEKIT_DATA_DIR/log.jsonl"');
    for (let at = 0; at < 20; at++) await askOften(sidecar.url, 20);
    expect(await sidecar.stop()).toBe(0);
    const events = linesOf(readFileSync(join(sidecar.dataDir, "log.jsonl"), "utf8")).map(
      ({ event }) => event,
    );
    expect(events.filter((event) => event === "request")).toHaveLength(400);
    expect(events.at(-1)).toBe("stop");
  });
});

/** A sidecar whose standard error a shell has put somewhere. */
async function startInShell(line: string) {
  const dataDir = makeDataDir();
  const main = join(import.meta.dirname, "../apps/sidecar/src/main.ts");
  const child = spawn("/bin/sh", ["-c", line, process.execPath, main], {
    env: {
      PATH: process.env["PATH"],
      SIDEKIT_PORT: "0",
      SIDEKIT_DATA_DIR: dataDir,
      SIDEKIT_ALLOW_ROOT: "yes",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit").then(([status]) => status as number | null);
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  await expect.poll(() => stdout, { timeout: 20_000 }).toMatch(/ready at/);
  const stop = () => {
    child.kill("SIGTERM");
    return exited;
  };
  return {
    child,
    dataDir,
    url: /http:\/\/[^/]+/.exec(stdout)![0],
    stop,
    async [Symbol.asyncDispose]() {
      const forced = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await stop();
      clearTimeout(forced);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function askOften(url: string, times: number): Promise<void> {
  await Promise.all(Array.from({ length: times }, async () => (await fetch(`${url}/healthz`)).text()));
}

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function eventOf(output: string, event: string): Record<string, unknown> {
  const line = output.split("\n").find((text) => text.includes(`"event":"${event}"`));
  return JSON.parse(line ?? "{}") as Record<string, unknown>;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
