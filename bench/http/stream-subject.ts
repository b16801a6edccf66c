// The sidecar as it is, but for its responder, and for what lets it have as much load as these benchmarks bring: more
// connections, as many runs a minute as come, and another user for every session.

import { join } from "node:path";

import { createChatKitServer, type Responder, type ThreadStore } from "@sidekit/chatkit";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

import { createApp } from "../../apps/sidecar/src/app.ts";
import { compose } from "../../apps/sidecar/src/compose.ts";
import { parseConfig } from "../../apps/sidecar/src/config.ts";
import { createLog, observeInto } from "../../apps/sidecar/src/log.ts";
import { answerUsage } from "../usage.ts";
import { answer, orderIn } from "./burst.ts";

const connections = 1000;
const runsPerMinute = 1_000_000;

const [dataDir, storeKind] = process.argv.slice(2);
if (dataDir === undefined || (storeKind !== "sqlite" && storeKind !== "memory"))
  throw new Error("usage: stream-subject.ts <data directory> sqlite|memory");

const burst: Responder = {
  respond: (turn) =>
    answer(
      { id: turn.newId("message"), thread_id: turn.thread.id, created_at: turn.now() },
      orderIn(turn.userMessage?.content ?? []),
    ),
};

const config = parseConfig({ SIDEKIT_PORT: "0", SIDEKIT_DATA_DIR: dataDir, SIDEKIT_RESPONDER: "demo" });
const profiles = config.profiles.map((profile) => ({ ...profile, requestsPerMinute: runsPerMinute }));
const log = createLog("warn", (line) => process.stderr.write(line));
await using parts = await compose({ ...config, profiles }, log);
const sqlite =
  storeKind === "sqlite" ? await openSqliteThreadStore({ path: join(dataDir, "bench.sqlite") }) : null;
const store: ThreadStore = sqlite ?? createMemoryThreadStore();
const chatKit = createChatKitServer({
  store,
  log: createMemoryStreamLog(),
  responders: { demo: burst },
  observe: observeInto(log),
  detachGraceMs: config.detachGraceMs,
});
let users = 0;
const authenticateIssuer: typeof parts.authenticateIssuer = async (evidence, signal) => {
  const authority = await parts.authenticateIssuer(evidence, signal);
  if (authority.kind !== "caller") return authority;
  return { kind: "caller", caller: { ...authority.caller, user: `user-${++users}` } };
};
const app = await createApp({
  parts: { ...parts, chatKit, authenticateIssuer },
  log,
  draining: () => false,
  limits: { connections },
});

app.server.once("listening", () => {
  const address = app.server.address();
  if (address !== null && typeof address === "object") parts.bound(address.port);
});
const url = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`ready at ${url}/#launch=${parts.launchToken}\n`);
answerUsage();
await new Promise((resolve) => void process.once("SIGTERM", resolve));
await Promise.all([chatKit.drain({ deadlineMs: 0 }), app.close()]);
await sqlite?.[Symbol.asyncDispose]();
