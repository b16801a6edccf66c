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
await store.saveThread(owner, { id: "thr_1", created_at, status: { type: "active" }, metadata: {} }, signal);

const refusals: string[] = [];
for (let count = 0; count < 200; count++) {
  const content = "x".repeat(50_000);
  const item = {
    id: `hid_${count}`,
    thread_id: "thr_1",
    created_at,
    type: "sdk_hidden_context",
    content,
  } as const;
  await store.saveItems(owner, "thr_1", [item], signal).catch((thrown: unknown) => {
    refusals.push(thrown instanceof ChatKitError ? thrown.code : String(thrown));
  });
  if (refusals.length > 0) break;
}
const first = await store.loadItem(owner, "thr_1", "hid_0", signal);
process.stdout.write(JSON.stringify({ refusal: refusals[0], readable: first !== null }));
