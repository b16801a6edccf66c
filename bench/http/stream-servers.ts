// The servers that stream benchmarks measure: ours on each store, the lean flow, the best peer.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startServer, type ServerProcess } from "../server-process.ts";
import { mint } from "./mint.ts";

/** As many streams as one session may have open. */
const streamsPerSession = 4;

export const streamServers = {
  sqlite: { name: "sidecar, SQLite", script: "stream-subject.ts" },
  memory: { name: "sidecar, store in memory", script: "stream-subject.ts" },
  lean: { name: "lean flow, store in memory", script: "stream-lean.ts" },
  peer: { name: "chatkit-node-backend-sdk, store in memory", script: "stream-peer.ts" },
} as const;

export type StreamServerName = keyof typeof streamServers;

export interface StreamServer {
  readonly process: ServerProcess;
  /** One for each stream at a time. A server that asks for none ignores it. */
  readonly clientSecrets: readonly string[];
}

export interface StreamServers<Name extends StreamServerName> extends AsyncDisposable {
  readonly byName: Readonly<Record<Name, StreamServer>>;
}

/** Starts the servers, with sessions for so many streams at a time. */
export async function startStreamServers<Name extends StreamServerName>(
  names: readonly Name[],
  streams: number,
): Promise<StreamServers<Name>> {
  await using starting = new AsyncDisposableStack();
  const started: [string, StreamServer][] = [];
  for (const name of names) {
    const dataDir = await mkdtemp(join(tmpdir(), "sidekit-bench-"));
    starting.defer(() => rm(dataDir, { recursive: true }));
    const { script } = streamServers[name];
    const server = starting.use(await startServer(`bench/http/${script}`, {}, [dataDir, name]));
    started.push([name, { process: server, clientSecrets: await secretsFor(server, streams) }]);
  }
  const running = starting.move();
  return {
    byName: Object.fromEntries(started) as Record<Name, StreamServer>,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function secretsFor(server: ServerProcess, streams: number): Promise<string[]> {
  if (server.launchToken === "") return Array.from({ length: streams }, () => "none");
  const secrets: string[] = [];
  while (secrets.length < streams) {
    const { clientSecret } = await mint(server);
    for (let count = 0; count < streamsPerSession; count += 1) secrets.push(clientSecret);
  }
  return secrets;
}
