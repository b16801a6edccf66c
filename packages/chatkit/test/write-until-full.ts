// A process of its own for a test, whose files may not grow beyond a limit: writes until the store refuses, then tells
// why, and whether what was there can still be read and deleted.

import { ChatKitError } from "@sidekit/chatkit";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: write-until-full.ts <file>");

const owner = { tenant: "north", user: "ada" };
const created_at = "2026-01-02T03:04:05Z";
const signal = AbortSignal.timeout(20_000);
await using store = await openSqliteThreadStore({ path });
await store.createThread(
  owner,
  { id: "thr_1", created_at, status: { type: "active" }, metadata: {} },
  [],
  signal,
);

// Far more than the limit in all, but hardly anything at a time.
let rewritten = 0;
for (; rewritten < 50; rewritten++) await store.saveItems(owner, "thr_1", [hidden("hid_0")], signal);

const refusals: string[] = [];
for (let count = 0; count < 200; count += 2) {
  const pair = [count, count + 1].map((number) => hidden(`hid_${number}`));
  await store.saveItems(owner, "thr_1", pair, signal).catch((thrown: unknown) => {
    refusals.push(thrown instanceof ChatKitError ? thrown.code : String(thrown));
  });
  if (refusals.length > 0) break;
}
const page = { limit: 100, order: "asc", visibleOnly: false } as const;
const stored = (await store.listItems(owner, "thr_1", page, signal)).rows.length;
await store.deleteThread(owner, "thr_1", signal);
const deleted = (await store.loadThread(owner, "thr_1", signal)) === null;
process.stdout.write(
  JSON.stringify({ refusal: refusals[0], readable: stored > 0, halves: stored % 2, deleted, rewritten }),
);

function hidden(id: string) {
  return {
    id,
    thread_id: "thr_1",
    created_at,
    type: "sdk_hidden_context",
    content: "x".repeat(50_000),
  } as const;
}
