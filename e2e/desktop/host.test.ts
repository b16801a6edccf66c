// A parent process and the real sidecar: what is handed over, what is not, and who outlives whom.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";

import {
  Secret,
  SidecarHostError,
  spawnSidecar,
  type OutputLine,
  type Sidecar,
  type SidecarState,
  type SpawnSidecarOptions,
} from "@sidekit/sidecar-host";
import { fingerprint } from "@sidekit/secrets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { converse, message, mint } from "../chat.ts";
import { send } from "../raw-http.ts";
import { failToStart, makeDataDir, type Sidecar as Address } from "../sidecar.ts";
import { startUpstream, type Upstream } from "../upstream.ts";
import { replaceByImpostor } from "./impostor.ts";
import { sidecarEntry } from "./parent.ts";

const keyA = "sk-proj-aaaa1c9be27d08A6535e71";
const keyB = "sk-proj-bbbb1c9be27d08A6535e71";
const webview = "vscode-webview://1a2b3c";
const listThreads = '{"type":"threads.list","params":{}}';
const soon = () => AbortSignal.timeout(15_000);

let upstream: Upstream;
let dataDir: string;
let lines: OutputLine[];
let states: SidecarState[];

beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => {
  dataDir = makeDataDir();
  lines = [];
  states = [];
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

function start(more: Partial<SpawnSidecarOptions> = {}): Promise<Sidecar> {
  return spawnSidecar({
    entry: sidecarEntry,
    environment: settings(),
    keys: { upstream: new Secret(keyA) },
    onLine: (line) => lines.push(line),
    onState: (state) => states.push(state),
    ...more,
  });
}

const settings = () => ({
  SIDEKIT_DATA_DIR: dataDir,
  SIDEKIT_ALLOW_ROOT: "yes",
  SIDEKIT_LOG_LEVEL: "trace",
  OPENAI_BASE_URL: upstream.baseUrl,
});

/** What the helpers of other tests know a sidecar by. */
async function addressOf(sidecar: Sidecar): Promise<Address> {
  const { url, launchToken } = await sidecar.address(soon());
  return { url, launchToken } as Address;
}

async function keyInUse(sidecar: Sidecar): Promise<string> {
  const address = await addressOf(sidecar);
  await converse(address, await mint(address), message("Hello"));
  return String(upstream.requestsTo("responses.create").at(-1)?.headers.authorization);
}

function pidOf({ state }: Pick<Sidecar, "state">): number {
  if (state.kind !== "running") throw new Error("The sidecar does not run.");
  return state.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const failure = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(failure).toBeInstanceOf(SidecarHostError);
  return (failure as SidecarHostError).code;
}

async function refusesConnections(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const refused = await Promise.race([
    once(socket, "connect").then(() => false),
    once(socket, "error").then(() => true),
  ]).catch(() => true);
  socket.destroy();
  return refused;
}

const events = () =>
  lines.flatMap(({ text }) => (text.startsWith("{") ? [JSON.parse(text) as Record<string, unknown>] : []));
const eventNames = () => events().map(({ event }) => event);

describe("what is handed over", () => {
  test("S2, S34, S135: neither key nor launch token is in the environment, the arguments, the output or a file", async () => {
    const sidecar = await start({ origins: [webview] });
    const pid = pidOf(sidecar);
    const { launchToken, url } = await sidecar.address(soon());
    await keyInUse(sidecar);
    await sidecar.setKey("upstream", new Secret(keyB), soon());
    await keyInUse(sidecar);
    const ofProcess = ["environ", "cmdline", "status", "maps"].map((name) =>
      readFileSync(`/proc/${pid}/${name}`, "latin1"),
    );
    expect(ofProcess[0]?.split("\0").filter(Boolean).toSorted()).toEqual(
      Object.entries({
        ...settings(),
        SIDEKIT_HOST: "127.0.0.1",
        SIDEKIT_PORT: "0",
        SIDEKIT_HANDOFF_FD: "3",
        OPENAI_API_KEY_HANDOFF: "1",
      })
        .map((pair) => pair.join("="))
        .toSorted(),
    );
    expect(ofProcess[1]?.split("\0")).toEqual([process.execPath, sidecarEntry, ""]);
    await sidecar.close();
    const written = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
    expect(written.length).toBeGreaterThan(1);
    const output = lines.map(({ text }) => text).join("\n");
    for (const secret of [keyA, keyB, launchToken, keyA.slice(8), launchToken.slice(5)]) {
      for (const text of [...ofProcess, ...written, output]) expect(text).not.toContain(secret);
    }
    // The port is the parent's to know.
    expect(lines.filter(({ stream }) => stream === "stdout")).toEqual([]);
    expect(output).not.toContain(new URL(url).port);
    expect(output).toContain(fingerprint(new Secret(keyB)));
  });

  test("S145: no program that the sidecar starts inherits the channel", async () => {
    await using sidecar = await start();
    const pid = pidOf(sidecar);
    expect(readlinkSync(`/proc/${pid}/fd/3`)).toMatch(/^socket:/);
    const [, flags = "0"] = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/3`, "utf8")) ?? [];
    const closeOnExec = 0o2000000;
    expect(Number.parseInt(flags, 8) & closeOnExec).toBe(closeOnExec);
  });

  test("S139, S147: a new key is in use from the moment it is confirmed; a bad one is refused, and the former stays", async () => {
    await using sidecar = await start();
    expect(await keyInUse(sidecar)).toBe(`Bearer ${keyA}`);
    await sidecar.setKey("upstream", new Secret(keyB), soon());
    expect(await keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
    expect(await codeOf(sidecar.setKey("upstream", new Secret("sk-your-key-goes-here"), soon()))).toBe(
      "key_not_taken",
    );
    expect(await codeOf(sidecar.setKey("other", new Secret(keyA), soon()))).toBe("key_not_configured");
    expect(await keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
    expect(eventNames()).toContain("key.rotated");
  });

  test("S148: a key that comes later, and one that is taken away", async () => {
    await using sidecar = await start({
      keys: { upstream: null },
      environment: { ...settings(), SIDEKIT_KEY_REMOVED_SECONDS: "0" },
    });
    const address = await addressOf(sidecar);
    const readiness = async () => (await send(address, { path: "/readyz" })).text;
    expect(await readiness()).toContain("key missing");
    await sidecar.setKey("upstream", new Secret(keyA), soon());
    expect(await readiness()).toContain("key valid");
    await sidecar.setKey("upstream", null, soon());
    await expect.poll(readiness, { timeout: 8000 }).toContain("key missing");
  });

  test("S137: 20 keys at once end with the last one", async () => {
    await using sidecar = await start();
    const keys = Array.from(
      { length: 20 },
      (_, at) => `sk-proj-${String(at).padStart(4, "0")}1c9be27d08A6535e71`,
    );
    await Promise.all(keys.map((key) => sidecar.setKey("upstream", new Secret(key), soon())));
    expect(await keyInUse(sidecar)).toBe(`Bearer ${keys.at(-1)}`);
  });
});

describe("the origin of a page", () => {
  const ask = (address: Address, origin: string, path: string, bearer: string, body: string) =>
    send(address, {
      method: "POST",
      path,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", origin },
      body,
    });

  test("S19: may call while it is registered; afterwards its sessions and its open streams are over", async () => {
    await using sidecar = await start({ closeDeadlineMs: 500 });
    const address = await addressOf(sidecar);
    const create = "/trpc/chatSession.createSession";
    const mintFor = (origin: string) => ask(address, origin, create, address.launchToken, "{}");
    expect((await mintFor(webview)).status).toBe(403);
    await sidecar.addOrigin(webview, soon());
    const minted = await mintFor(webview);
    expect(minted.status).toBe(200);
    expect(minted.headers["access-control-allow-origin"]).toBe(webview);
    expect((await mintFor(`${webview}x`)).status).toBe(403);
    const secret = JSON.parse(minted.text).result.data.clientSecret;
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(200);

    upstream.answerNext("responses.create", { kind: "hang" });
    const asked = upstream.requestsTo("responses.create").length;
    const began = ask(address, webview, "/chatkit", secret, JSON.stringify(message("Hello")));
    const ended = began.then(
      () => "answered",
      () => "cut",
    );
    await upstream.received("responses.create", asked + 1);
    const removedAt = performance.now();
    await sidecar.removeOrigin(webview, soon());
    await ended;
    expect(performance.now() - removedAt).toBeLessThan(5000);
    await expect
      .poll(events)
      .toContainEqual(expect.objectContaining({ event: "session.revoked", reason: "origin-removed" }));
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(403);
    // Registered again it begins anew: what was revoked stays so.
    await sidecar.addOrigin(webview, soon());
    expect((await ask(address, webview, "/chatkit", secret, listThreads)).status).toBe(401);
    expect((await mintFor(webview)).status).toBe(200);
  });

  test("S20: a page from a file has none", async () => {
    await using sidecar = await start({ origins: [webview] });
    const address = await addressOf(sidecar);
    expect((await ask(address, "null", "/chatkit", "x", listThreads)).status).toBe(403);
    expect(await codeOf(sidecar.addOrigin("null", soon()))).toBe("invalid_options");
  });
});

describe("the owner of the port", () => {
  test("S5: proves itself with what only parent and child know; nobody else can ask for anything with it", async () => {
    await using sidecar = await start();
    const address = await addressOf(sidecar);
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    const answer = await send(address, { path: `/host/proof/${nonce}` });
    expect(answer.status).toBe(200);
    const { createHmac } = await import("node:crypto");
    const expected = createHmac("sha256", address.launchToken)
      .update("sidecar")
      .update(Buffer.alloc(32, 7))
      .digest("base64url");
    expect(JSON.parse(answer.text)).toEqual({ proof: expected });
    for (const wrong of ["short", `${nonce}A`, `${nonce.slice(0, 42)}!`, ""]) {
      expect((await send(address, { path: `/host/proof/${wrong}` })).status).toBe(404);
    }
    expect(
      (await send(address, { path: `/host/proof/${nonce}`, headers: { origin: "https://evil.example" } }))
        .status,
    ).toBe(403);
  });

  test("S5: a foreign process that took the port is found out, and receives a random number and nothing else", async () => {
    const sidecar = await start({ restart: null });
    const { url, launchToken } = await sidecar.address(soon());
    using impostor = replaceByImpostor(pidOf(sidecar), url);
    expect(sidecar.state.kind).toBe("running");
    expect(await codeOf(sidecar.address(soon()))).toBe("port_not_ours");
    const told = impostor.told();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^\["GET","\/host\/proof\/[\w-]{43}",/);
    expect(told[0]).not.toMatch(/authorization|ckbs_/);
    expect(told[0]).not.toContain(launchToken);
    await sidecar.close();
  });

  test("a sidecar that nobody started in this way has no such address", async () => {
    const { startSidecar } = await import("../sidecar.ts");
    await using own = await startSidecar();
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    expect((await send(own, { path: `/host/proof/${nonce}` })).status).toBe(404);
  });
});

describe("who outlives whom", () => {
  test("S59, R58: a parent that is killed takes its sidecar along, in the middle of an answer", async () => {
    const parent = spawn(
      process.execPath,
      [join(import.meta.dirname, "bare-parent.ts"), sidecarEntry, dataDir, upstream.baseUrl],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    parent.stdin.write(`${keyA}\n`);
    const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
    const told = JSON.parse(String(chunk)) as { url: string; launchToken: string; pid: number };
    upstream.answerNext("responses.create", { kind: "hang" });
    const address = told as unknown as Address;
    const asked = upstream.requestsTo("responses.create").length;
    const answer = converse(address, await mint(address), message("Hello")).catch(() => undefined);
    await upstream.received("responses.create", asked + 1);
    const killedAt = performance.now();
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(told.pid), { timeout: 5000, interval: 50 }).toBe(false);
    expect(performance.now() - killedAt).toBeLessThan(5000);
    expect(await refusesConnections(told.url)).toBe(true);
    await answer;
    // What had been said so far is kept: the next one opens the same data.
    await using next = await start();
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
      env: { ...settings(), SIDEKIT_PORT: "0", SIDEKIT_HANDOFF_FD: "3" },
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
    await using sidecar = await start({
      origins: [webview],
      restart: { firstDelayMs: 50, maxDelayMs: 1000, maxEnds: 5, windowMs: 60_000 },
    });
    await sidecar.setKey("upstream", new Secret(keyB), soon());
    const former = await addressOf(sidecar);
    process.kill(pidOf(sidecar), "SIGKILL");
    await expect.poll(() => sidecar.state.kind).toBe("waiting");
    const address = await addressOf(sidecar);
    expect(await keyInUse(sidecar)).toBe(`Bearer ${keyB}`);
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
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "running", "waiting", "starting", "running"]);
  });

  test("R53: closing lets an answer finish, and the process end with status 0", async () => {
    const sidecar = await start();
    const pid = pidOf(sidecar);
    const address = await addressOf(sidecar);
    const secret = await mint(address);
    const asked = upstream.requestsTo("responses.create").length;
    const answer = converse(address, secret, message("Hello"));
    await upstream.received("responses.create", asked + 1);
    await sidecar.close();
    expect((await answer).at(-1)?.type).toBe("thread.item.done");
    expect(isAlive(pid)).toBe(false);
    expect(eventNames().at(-1)).toBe("stop");
  });

  test("one that cannot start says why, and is not tried again", async () => {
    const wrong = await start({ environment: { ...settings(), SIDEKIT_ELEMENT: "vendor" } }).catch(
      (cause: unknown) => cause,
    );
    expect(wrong).toMatchObject({ code: "start_failed" });
    expect(String((wrong as { cause: { cause: unknown } }).cause.cause)).toContain("SIDEKIT_ELEMENT");
    expect(await codeOf(start({ keys: { stray: new Secret(keyA) } }))).toBe("start_failed");
    expect(lines.at(-1)?.text).toContain("The key stray was handed over, and no setting asks for it.");
  });
});

describe("the channel, from a parent that writes what it likes", () => {
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
      env: { ...settings(), SIDEKIT_PORT: "0", SIDEKIT_HANDOFF_FD: "3", OPENAI_API_KEY_HANDOFF: "1" },
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
});

test("no sidecar of these tests is left", () => {
  const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  expect(
    processes.split("\n").filter((line) => line.includes(sidecarEntry) && line.includes(dataDir)),
  ).toEqual([]);
});
