// A process that is killed while it answers: whatever a client was told is done is there when the file is opened again.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { ThreadStore } from "@sidekit/chatkit";
import type { StoredItem, StreamEvent } from "@sidekit/chatkit/protocol";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ada, eventsOf } from "./conversation.ts";

const rounds = 5;
const longestLifeMs = 300;
const childDeadlineMs = 20_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-crash-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("R56, I1: what was announced as done is stored, and no thread lacks its user's message, whenever the process dies", async ({
  signal,
}) => {
  const path = join(folder, "threads.sqlite");
  const announced: StreamEvent[] = [];
  for (let round = 0; round < rounds; round++) {
    const lifeMs = Math.round(Math.random() * longestLifeMs);
    const events = await announcedUntilKilled(path, lifeMs);
    announced.push(...events);

    await using store = await openSqliteThreadStore({ path });
    const note = `round ${round}, killed after ${lifeMs} ms`;
    const stored = await everything(store, signal);
    const created = announced.flatMap((event) => (event.type === "thread.created" ? [event.thread.id] : []));
    expect([...stored.keys()], note).toEqual(expect.arrayContaining(created));
    const done = announced.flatMap((event) => (event.type === "thread.item.done" ? [event.item] : []));
    for (const [threadId, items] of stored) {
      expect(items[0]?.type, note).toBe("user_message");
      // In the order in which they were announced, with nothing left out; a few that nobody has seen may follow.
      const told = done.filter((item) => item.thread_id === threadId);
      expect(items.slice(0, told.length), note).toMatchObject(told);
    }
    expect(
      done.filter((item) => !stored.has(item.thread_id)),
      note,
    ).toEqual([]);
    expect(events.filter((event) => event.type === "thread.item.done").length, note).toBeGreaterThan(2);
  }
}, 120_000);

/** What the process had said by the time it was killed, so long after it had begun to answer. */
function announcedUntilKilled(path: string, lifeMs: number): Promise<StreamEvent[]> {
  const script = fileURLToPath(new URL("answer-without-end.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => child.kill("SIGKILL"), childDeadlineMs);
    let text = "";
    let killed = false;
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (killed || !text.includes('"assistant_message"')) return;
      killed = true;
      setTimeout(() => child.kill("SIGKILL"), lifeMs);
    });
    child.once("error", reject);
    child.once("close", (_code, endedBy) => {
      clearTimeout(deadline);
      // The last frame may have been cut: nobody has received it.
      if (killed && endedBy === "SIGKILL") resolve(eventsOf(text.slice(0, text.lastIndexOf("\n\n") + 2)));
      else reject(new Error("the process ended by itself"));
    });
  });
}

async function everything(store: ThreadStore, signal: AbortSignal): Promise<Map<string, StoredItem[]>> {
  const stored = new Map<string, StoredItem[]>();
  const threads = await pages((after) =>
    store.listThreads(ada, { limit: 100, order: "asc", ...after }, signal),
  );
  for (const { id } of threads) {
    const page = { limit: 100, order: "asc", visibleOnly: false } as const;
    stored.set(id, await pages((after) => store.listItems(ada, id, { ...page, ...after }, signal)));
  }
  return stored;
}

async function pages<Row extends { readonly id: string }>(
  next: (after: { after?: string }) => Promise<{ rows: Row[]; hasMore: boolean }>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const last = rows.at(-1);
    const page = await next(last === undefined ? {} : { after: last.id });
    rows.push(...page.rows);
    if (!page.hasMore) return rows;
  }
}
