// A process of its own for a test: writes to the store named by its argument, says so, and waits to be killed.

import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: write-and-wait.ts <file>");

const owner = { tenant: "north", user: "ada" };
const created_at = "2026-01-02T03:04:05Z";
const signal = AbortSignal.timeout(10_000);
const store = await openSqliteThreadStore({ path });
await store.createThread(
  owner,
  { id: "thr_1", created_at, title: "written before the kill", status: { type: "active" }, metadata: {} },
  [],
  signal,
);
await store.saveItems(
  owner,
  "thr_1",
  [{ id: "msg_1", thread_id: "thr_1", created_at, type: "end_of_turn" }],
  signal,
);
process.stdout.write("written\n");
setInterval(() => {}, 1000);
