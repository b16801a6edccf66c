// A process that is killed while it answers again: the former answer is there, or the new one, and never neither (R71).

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";
import { expect, onTestFinished, test } from "vitest";

import { ada } from "./conversation.ts";

const rounds = 5;
const longestLifeMs = 300;

test("R71, R56: whenever the process dies in a retry, its message has an answer", async ({ signal }) => {
  const folder = mkdtempSync(join(tmpdir(), "sidekit-retry-crash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "threads.sqlite");
  for (let round = 0; round < rounds; round++) {
    const lifeMs = Math.round(Math.random() * longestLifeMs);
    const threadIds = await retriedUntilKilled(path, lifeMs);
    expect(threadIds.length).toBeGreaterThan(0);
    await using store = await openSqliteThreadStore({ path });
    for (const threadId of threadIds) {
      const page = { limit: 100, order: "asc", visibleOnly: false } as const;
      const { rows } = await store.listItems(ada, threadId, page, signal);
      const types = rows.map(({ type }) => type).join(" ");
      expect(types, `round ${round}, killed after ${lifeMs} ms`).toMatch(
        /^user_message assistant_message( user_message assistant_message)?$/,
      );
    }
  }
}, 120_000);

/** The threads that had their answers before the process was killed, so long after the first of them. */
async function retriedUntilKilled(path: string, lifeMs: number): Promise<string[]> {
  const script = fileURLToPath(new URL("retry-without-end.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const closed = once(child, "close");
  await once(child.stdout, "data");
  setTimeout(() => child.kill("SIGKILL"), lifeMs);
  const [, endedBy] = await closed;
  expect(endedBy).toBe("SIGKILL");
  return text.split("\n").slice(0, -1);
}
