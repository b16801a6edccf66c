// The app in this process, behind a real listener, with clocks that a test can move.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createApp } from "../src/app.ts";
import { compose, type Parts } from "../src/compose.ts";
import { parseConfig } from "../src/config.ts";
import type { HttpLimits } from "../src/http-limits.ts";
import { createLog } from "../src/log.ts";
import { findResponders } from "../src/responders.ts";

export interface RunningApp extends AsyncDisposable {
  readonly url: string;
  readonly parts: Parts;
  readonly dataDir: string;
  /** Moves the wall clock, or the one that only goes forward, by so many milliseconds. */
  moveWallClock(byMs: number): void;
  moveMonotonicClock(byMs: number): void;
  post(path: string, bearer: string, body: unknown): Promise<Response>;
}

export async function startApp(
  env: Record<string, string> = {},
  limits: Partial<HttpLimits> = {},
  given: {
    /** Content of the config file. */
    readonly file?: unknown;
    /** Kept when the app ends. Absent: a new one that goes with it. */
    readonly dataDir?: string;
  } = {},
): Promise<RunningApp> {
  const dataDir = given.dataDir ?? mkdtempSync(join(tmpdir(), "sidekit-app-"));
  const settings = {
    SIDEKIT_PORT: "0",
    SIDEKIT_DATA_DIR: dataDir,
    // Tests ask for more sessions than a person would.
    SIDEKIT_MINTS_PER_MINUTE: "100000",
    ...env,
  };
  const config = parseConfig(settings, given.file, findResponders());
  const log = createLog("silent", () => {});
  let wallOffset = 0;
  let monotonicOffset = 0;
  const parts = await compose(config, log, {
    now: () => Date.now() + wallOffset,
    monotonicNow: () => performance.now() + monotonicOffset,
  });
  const app = await createApp({
    parts,
    log,
    draining: () => false,
    trustedProxies: config.trustedProxies,
    limits,
  });
  await app.listen({ host: config.host, port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("The listener has no port.");
  parts.bound(address.port);
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    parts,
    dataDir,
    moveWallClock: (byMs) => (wallOffset += byMs),
    moveMonotonicClock: (byMs) => (monotonicOffset += byMs),
    post: (path, bearer, body) =>
      fetch(url + path, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(30_000),
      }),
    async [Symbol.asyncDispose]() {
      await parts.chatKit.drain({ deadlineMs: 0 });
      app.server.closeAllConnections();
      await app.close();
      await parts[Symbol.asyncDispose]();
      if (given.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The client secret of a new session. */
export async function mint(app: RunningApp, profile?: string): Promise<string> {
  const response = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, { profile });
  const reply = (await response.json()) as { result: { data: { clientSecret: string } } };
  return reply.result.data.clientSecret;
}
