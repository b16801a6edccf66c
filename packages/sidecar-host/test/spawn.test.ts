// The parent's side against children of every kind. The real sidecar is in e2e/desktop.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";

import { afterAll, describe, expect, test } from "vitest";

import {
  Secret,
  SidecarHostError,
  spawnSidecar,
  type OutputLine,
  type SidecarState,
  type SpawnSidecarOptions,
} from "@sidekit/sidecar-host";

const entry = join(import.meta.dirname, "stand-in.ts");
const key = "sk-proj-aaaa1c9be27d08A6535e71";
const directory = mkdtempSync(join(tmpdir(), "sidekit-host-"));
const soon = () => AbortSignal.timeout(10_000);

afterAll(() => rmSync(directory, { recursive: true }));

function options(behaviour: string, more: Partial<SpawnSidecarOptions> = {}): SpawnSidecarOptions {
  const { environment, ...others } = more;
  return { entry, restart: null, environment: { STAND_IN: behaviour, ...environment }, ...others };
}

async function failureOf(promise: Promise<unknown>): Promise<SidecarHostError> {
  const failure = await promise.then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(failure).toBeInstanceOf(SidecarHostError);
  return failure as SidecarHostError;
}

describe("a start", () => {
  test("S2, S34: the child gets the variables that are given and the host's own, one argument, and no secret", async () => {
    const report = join(directory, "report.json");
    await using sidecar = await spawnSidecar(
      options("", { keys: { upstream: new Secret(key) }, environment: { STAND_IN_REPORT: report } }),
    );
    const { launchToken } = await sidecar.address(soon());
    const seen = JSON.parse(readFileSync(report, "utf8"));
    expect(seen.environment).toEqual({
      STAND_IN: "",
      STAND_IN_REPORT: report,
      SIDEKIT_HOST: "127.0.0.1",
      SIDEKIT_PORT: "0",
      SIDEKIT_HANDOFF_FD: "3",
      OPENAI_API_KEY_HANDOFF: "1",
    });
    expect(seen.argv).toEqual([process.execPath, entry]);
    expect(launchToken).toMatch(/^ckbs_[0-9A-Za-z]{49}$/);
    expect(sidecar.state).toEqual({ kind: "running", pid: seen.pid });
  });

  test("S5: something else on the port gets nothing, whatever it answers", async () => {
    for (const behaviour of ["impostor", "endless"]) {
      const failure = await failureOf(spawnSidecar(options(behaviour)));
      expect(failure.code).toBe("port_not_ours");
    }
  });

  test("one that never gets ready is ended at the deadline", async () => {
    const report = join(directory, "silent.json");
    const failure = await failureOf(
      spawnSidecar(options("silent", { readyDeadlineMs: 1000, environment: { STAND_IN_REPORT: report } })),
    );
    expect(failure.code).toBe("start_timeout");
    expect(isAlive(JSON.parse(readFileSync(report, "utf8")).pid)).toBe(false);
  });

  test("S139: another version, another address, or a line beyond 64 KiB is nobody to talk to", async () => {
    for (const behaviour of ["another version", "elsewhere", "long"]) {
      const failure = await failureOf(spawnSidecar(options(behaviour)));
      expect(failure.code, behaviour).toBe("protocol");
    }
  });

  test("one that ends first says with which status, and its last words without a credential", async () => {
    const states: SidecarState[] = [];
    const failure = await failureOf(
      spawnSidecar(options("dies", { onState: (state) => states.push(state) })),
    );
    expect(failure.code).toBe("start_failed");
    expect(inspect(failure)).toContain("status 3");
    expect(inspect(failure)).toContain("cannot go on with [secret]");
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "failed"]);
  });

  test("a program that is not there is an error of the start", async () => {
    const failure = await failureOf(spawnSidecar({ ...options(""), node: join(directory, "no-node") }));
    expect(failure.code).toBe("spawn_failed");
  });

  test("a signal ends it with the signal's reason, before and while it starts", async () => {
    const reason = new Error("left");
    await expect(spawnSidecar(options("silent", { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const report = join(directory, "aborted.json");
    const leaving = new AbortController();
    const start = spawnSidecar(
      options("silent", { signal: leaving.signal, environment: { STAND_IN_REPORT: report } }),
    );
    start.catch(() => {});
    await expect.poll(() => existsSync(report)).toBe(true);
    leaving.abort(reason);
    await expect(start).rejects.toBe(reason);
    await expect.poll(() => isAlive(JSON.parse(readFileSync(report, "utf8")).pid)).toBe(false);
  });

  test.each<[string, Record<string, unknown>]>([
    ["a key among the variables", { environment: { MY_KEY: key } }],
    ["the key's own variable", { environment: { OPENAI_API_KEY: "x" } }],
    ["a port of its own", { environment: { SIDEKIT_PORT: "4310" } }],
    ["a key as a string", { keys: { upstream: key } }],
    ["a key that no message can hold", { keys: { upstream: new Secret(key.repeat(40)) } }],
    ["a relative path", { entry: "main.ts" }],
    ["a pattern for an origin", { origins: ["https://*.example.com"] }],
    ["a page from a file", { origins: ["file://"] }],
    ["an origin with a path", { origins: ["https://example.com/"] }],
    ["17 origins", { origins: Array.from({ length: 17 }, (_, at) => `app://${at}`) }],
    ["an option that does not exist", { port: 1 }],
  ])("refuses %s, and repeats no value", async (_name, wrong) => {
    const failure = await failureOf(spawnSidecar({ ...options(""), ...wrong } as SpawnSidecarOptions));
    expect(failure.code).toBe("invalid_options");
    expect(inspect(failure)).not.toContain(key);
  });
});

describe("while it runs", () => {
  test("S5: a port that changed hands is found before anything is told to it", async () => {
    const crashed = Promise.withResolvers<void>();
    await using sidecar = await spawnSidecar(
      options("", { onState: ({ kind }) => kind === "failed" && crashed.resolve() }),
    );
    const { url } = await sidecar.address(soon());
    const asked: string[] = [];
    const impostor = createServer((request, response) => {
      asked.push(JSON.stringify([request.url, request.headers]));
      response.end('{"proof":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}');
    });
    if (sidecar.state.kind !== "running") throw new Error("It does not run.");
    // Stopped, it neither answers nor is it known to have ended: the moment in which a port can change hands unseen.
    process.kill(sidecar.state.pid, "SIGSTOP");
    expect((await failureOf(sidecar.address(soon()))).code).toBe("port_silent");
    process.kill(sidecar.state.pid, "SIGKILL");
    await crashed.promise;
    impostor.listen(Number(new URL(url).port), "127.0.0.1");
    await new Promise((resolve) => impostor.once("listening", resolve));
    expect((await failureOf(sidecar.address(soon()))).code).toBe("gave_up");
    impostor.close();
    expect(asked.join()).not.toContain("ckbs_");
  });

  test("a change is confirmed, or refused by name, or late by its own signal", async () => {
    await using sidecar = await spawnSidecar(options(""));
    await sidecar.setKey("upstream", new Secret(key), soon());
    await sidecar.setKey("upstream", null, soon());
    expect((await failureOf(sidecar.setKey("no", new Secret(key), soon()))).code).toBe("key_not_taken");
    expect((await failureOf(sidecar.setKey("NOT AN ID", null, soon()))).code).toBe("invalid_options");
    expect((await failureOf(sidecar.addOrigin("file:///x", soon()))).code).toBe("invalid_options");
    await using mute = await spawnSidecar(options("mute"));
    const reason = new Error("left");
    const leaving = new AbortController();
    const change = mute.setKey("upstream", new Secret(key), leaving.signal);
    setTimeout(() => leaving.abort(reason), 100);
    await expect(change).rejects.toBe(reason);
  });

  test("S19: 16 origins and no more", async () => {
    const origins = Array.from({ length: 16 }, (_, at) => `vscode-webview://${at}`);
    await using sidecar = await spawnSidecar(options("", { origins }));
    expect((await failureOf(sidecar.addOrigin("vscode-webview://one-more", soon()))).code).toBe(
      "too_many_origins",
    );
    await sidecar.addOrigin(origins[0]!, soon());
    await sidecar.removeOrigin(origins[0]!, soon());
    await sidecar.addOrigin("vscode-webview://one-more", soon());
  });

  test("what it writes comes line by line, the long ones cut", async () => {
    const lines: OutputLine[] = [];
    const sidecar = await spawnSidecar(options("talks", { onLine: (line) => lines.push(line) }));
    await sidecar.close();
    expect(lines.map(({ text, cut, stream }) => [text.slice(0, 30), text.length, cut, stream])).toEqual([
      ["y".repeat(30), 16_384, true, "stdout"],
      ["short", 5, false, "stdout"],
      ["last without an end", 19, false, "stdout"],
    ]);
  });
});

describe("an end", () => {
  test("one that ends by itself comes back after longer and longer, and not for ever", async () => {
    const states: SidecarState[] = [];
    const failed = Promise.withResolvers<void>();
    const restart = { firstDelayMs: 20, maxDelayMs: 60, maxEnds: 4, windowMs: 60_000 };
    const sidecar = await spawnSidecar(
      options("crashes", {
        restart,
        onState(state) {
          states.push(state);
          if (state.kind === "failed") failed.resolve();
        },
      }),
    );
    await failed.promise;
    expect(states.flatMap((state) => (state.kind === "waiting" ? [state.delayMs] : []))).toEqual([
      20, 40, 60,
    ]);
    expect(states.filter(({ kind }) => kind === "running")).toHaveLength(4);
    const failure = await failureOf(sidecar.address(soon()));
    expect(failure.code).toBe("gave_up");
    expect(inspect(failure)).toContain("status 70");
    await sidecar.close();
    expect(sidecar.state.kind).toBe("closed");
  });

  test("S34: the next process gets another launch token", async () => {
    const runs = Promise.withResolvers<void>();
    let running = 0;
    await using sidecar = await spawnSidecar(
      options("", {
        restart: { firstDelayMs: 20, maxDelayMs: 60, maxEnds: 4, windowMs: 60_000 },
        onState: ({ kind }) => kind === "running" && (running += 1) === 2 && runs.resolve(),
      }),
    );
    const former = await sidecar.address(soon());
    if (sidecar.state.kind === "running") process.kill(sidecar.state.pid, "SIGKILL");
    await runs.promise;
    const next = await sidecar.address(soon());
    expect(next.launchToken).not.toBe(former.launchToken);
  });

  test("closing is once, whoever asks how often; afterwards nothing is to be had", async () => {
    const states: string[] = [];
    const sidecar = await spawnSidecar(options("", { onState: ({ kind }) => states.push(kind) }));
    const pid = sidecar.state.kind === "running" ? sidecar.state.pid : 0;
    await Promise.all([sidecar.close(), sidecar.close(), sidecar[Symbol.asyncDispose]()]);
    await sidecar.close();
    expect(isAlive(pid)).toBe(false);
    expect(states).toEqual(["starting", "running", "closing", "closed"]);
    expect((await failureOf(sidecar.address(soon()))).code).toBe("closed");
    expect((await failureOf(sidecar.setKey("upstream", null, soon()))).code).toBe("closed");
    await sidecar.removeOrigin("app://chat", soon());
  });

  test("one that does not listen is ended at the deadline", async () => {
    const sidecar = await spawnSidecar(options("stubborn", { closeDeadlineMs: 300 }));
    const pid = sidecar.state.kind === "running" ? sidecar.state.pid : 0;
    const began = performance.now();
    await sidecar.close();
    expect(performance.now() - began).toBeGreaterThan(250);
    expect(isAlive(pid)).toBe(false);
  });

  test("the signal of the options closes it", async () => {
    const closed = Promise.withResolvers<void>();
    const quitting = new AbortController();
    const sidecar = await spawnSidecar(
      options("", { signal: quitting.signal, onState: ({ kind }) => kind === "closed" && closed.resolve() }),
    );
    const pid = sidecar.state.kind === "running" ? sidecar.state.pid : 0;
    quitting.abort();
    await closed.promise;
    expect(isAlive(pid)).toBe(false);
  });

  test("a wrong setting is not tried again", async () => {
    const failure = await failureOf(spawnSidecar(options("wrong settings")));
    expect(failure.code).toBe("start_failed");
    expect(inspect(failure)).toContain("status 78");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
