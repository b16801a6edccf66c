import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import type { ChatKitObservation } from "../observe.ts";
import type { Owner } from "../ports.ts";
import type { StoredItem, StoredThread } from "../protocol/items.ts";
import { encodeItem, encodeThread } from "./item-codec.ts";
import { openSqliteThreadStore } from "./sqlite.ts";
import { openSqliteDatabase } from "./sqlite-database.ts";
import { threadStoreSuite } from "./thread-store.suite.ts";

const ada: Owner = { tenant: "north", user: "ada" };
const thread: StoredThread = {
  id: "thr_1",
  created_at: "2026-01-02T03:04:05Z",
  status: { type: "active" },
  metadata: { kept: 1 },
};

const run = promisify(execFile);

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-threads-"));
  path = join(folder, "threads.sqlite");
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("thread store in SQLite", () => {
  let count = 0;
  threadStoreSuite(() => openSqliteThreadStore({ path: join(folder, `${count++}.sqlite`) }));

  test("a file that is opened again holds everything, in order", async ({ signal }) => {
    {
      await using store = await openSqliteThreadStore({ path });
      await store.createThread(ada, thread, [], signal);
      await store.saveItems(ada, "thr_1", [note("msg_1"), note("msg_2")], signal);
    }
    await using store = await openSqliteThreadStore({ path });
    await store.saveItems(ada, "thr_1", [note("msg_3")], signal);
    expect(await store.loadThread(ada, "thr_1", signal)).toEqual(thread);
    const page = await store.listItems(ada, "thr_1", { limit: 9, order: "asc", visibleOnly: false }, signal);
    expect(page.rows.map((item) => item.id)).toEqual(["msg_1", "msg_2", "msg_3"]);
  });

  test("R49, R56: a resolved write survives a process that is killed", async ({ signal }) => {
    await killedWriter(path);
    expect(existsSync(`${path}-wal`)).toBe(true);
    await using store = await openSqliteThreadStore({ path });
    expect(await store.loadThread(ada, "thr_1", signal)).toMatchObject({ title: "written before the kill" });
    const page = await store.listItems(ada, "thr_1", { limit: 9, order: "asc", visibleOnly: false }, signal);
    expect(page.rows.map((item) => item.id)).toEqual(["msg_1"]);
  });

  test("a deleted thread leaves none of its words in the file (S73)", async ({ signal }) => {
    {
      await using store = await openSqliteThreadStore({ path });
      await store.createThread(ada, { ...thread, title: "xylophone-title" }, [], signal);
      await store.saveItems(ada, "thr_1", [note("msg_1", "xylophone-words")], signal);
      await store.deleteThread(ada, "thr_1", signal);
    }
    expect(readFileSync(path).includes("xylophone")).toBe(false);
  });

  test("what a killed process left of a deleted thread is purged at the next opening (S73)", async ({
    signal,
  }) => {
    {
      await using store = await openSqliteThreadStore({ path });
      const notes = Array.from({ length: 1200 }, (_, at) => note(`msg_${at}`));
      await store.createThread(ada, thread, notes, signal);
      await store.createThread(ada, { ...thread, id: "thr_2" }, [note("msg_1")], signal);
    }
    const other = new DatabaseSync(path);
    other.exec("insert into removals select seq from threads where id = 'thr_1'");
    other.exec("delete from threads where id = 'thr_1'");
    await using store = await openSqliteThreadStore({ path });
    expect(other.prepare("select id from items").all()).toMatchObject([{ id: "msg_1" }]);
    expect(other.prepare("select * from removals").all()).toEqual([]);
    expect(await store.loadItem(ada, "thr_2", "msg_1", signal)).not.toBeNull();
    other.close();
  });

  test("a deleted thread whose items cannot be purged yet is gone all the same; the next deletion purges both", async ({
    signal,
  }) => {
    const seen: ChatKitObservation[] = [];
    await using store = await openSqliteThreadStore({
      path,
      observe: (observation) => seen.push(observation),
    });
    await store.createThread(ada, thread, [note("msg_1")], signal);
    await store.createThread(ada, { ...thread, id: "thr_2" }, [note("msg_2")], signal);
    const other = new DatabaseSync(path);
    const deleted = store.deleteThread(ada, "thr_1", signal);
    other.exec("begin immediate");
    await deleted;
    other.exec("rollback");
    expect(seen).toMatchObject([{ event: "store.purge_put_off", code: "store_unavailable" }]);
    expect(await store.loadThread(ada, "thr_1", signal)).toBeNull();
    expect(other.prepare("select id from items").all()).toHaveLength(2);
    await store.deleteThread(ada, "thr_2", signal);
    expect(other.prepare("select id from items").all()).toEqual([]);
    other.close();
  });

  test("a file of the first version keeps its threads and items, in their order", async ({ signal }) => {
    const first = new DatabaseSync(path);
    first.exec(readFileSync(new URL("migrations/001-threads.sqlite.sql", import.meta.url), "utf8"));
    first.exec("create table schema_migrations (version integer primary key, name text, applied_at text)");
    first.exec("insert into schema_migrations values (1, '001-threads.sqlite.sql', '2026-01-01')");
    const addThread = first.prepare(
      "insert into threads (tenant, owner, id, created_us, record) values (?, ?, ?, 5, ?)",
    );
    const addItem = first.prepare(
      "insert into items (tenant, owner, thread_id, id, created_us, hidden, record) values (?, ?, ?, ?, ?, ?, ?)",
    );
    for (const owner of [{ tenant: "north", user: "bob" }, ada]) {
      addThread.run(owner.tenant, owner.user, "thr_1", encodeThread({ ...thread, title: owner.user }));
      for (const [id, createdUs, hidden] of [
        ["msg_2", 5, 0],
        ["msg_1", 4, 0],
        ["msg_3", 5, 1],
      ] as const) {
        const record = encodeItem(note(id, owner.user));
        addItem.run(owner.tenant, owner.user, "thr_1", id, createdUs, hidden, record);
      }
    }
    first.close();

    await using store = await openSqliteThreadStore({ path });
    expect(await store.loadThread(ada, "thr_1", signal)).toEqual({ ...thread, title: "ada" });
    const page = { limit: 9, order: "asc", visibleOnly: false } as const;
    const found = await store.listItems(ada, "thr_1", page, signal);
    expect(found.rows).toEqual(["msg_1", "msg_2", "msg_3"].map((id) => note(id, "ada")));
    const visible = await store.listItems(ada, "thr_1", { ...page, visibleOnly: true }, signal);
    expect(visible.rows.map(({ id }) => id)).toEqual(["msg_1", "msg_2"]);
  });

  test("what is written in one tick is there together, but for what cannot be written", async ({
    signal,
  }) => {
    await using store = await openSqliteThreadStore({ path });
    await store.createThread(ada, thread, [], signal);
    const settled = await Promise.allSettled([
      store.saveItems(ada, "thr_1", [note("msg_1")], signal),
      store.saveItems(ada, "thr_gone", [note("msg_2")], signal),
      store.updateThread(ada, thread.id, (stored) => ({ ...stored, title: "renamed" }), signal),
      store.updateThread(ada, "thr_gone", (stored) => stored, signal),
      store.createThread(ada, { ...thread, id: "thr_2" }, [note("msg_3")], signal),
    ]);
    expect(settled.map(({ status }) => status === "fulfilled")).toEqual([true, false, true, false, true]);
    for (const at of [1, 3]) expect(settled[at]).toMatchObject({ reason: { code: "not_found" } });
    expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).not.toBeNull();
    expect(await store.loadThread(ada, "thr_1", signal)).toMatchObject({ title: "renamed" });
    expect(await store.loadItem(ada, "thr_2", "msg_3", signal)).not.toBeNull();
  });

  test("closing the file carries out what has been asked for", async ({ signal }) => {
    const store = await openSqliteThreadStore({ path });
    const created = store.createThread(ada, thread, [note("msg_1")], signal);
    await store[Symbol.asyncDispose]();
    await created;
    await using again = await openSqliteThreadStore({ path });
    expect(await again.loadItem(ada, "thr_1", "msg_1", signal)).not.toBeNull();
    await expect(store.createThread(ada, thread, [], signal)).rejects.toMatchObject({
      code: "store_unavailable",
    });
  });

  test("the files are for this user alone (S152)", async ({ signal }) => {
    writeFileSync(path, "", { mode: 0o644 });
    await using store = await openSqliteThreadStore({ path });
    await store.createThread(ada, thread, [], signal);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("a record that cannot be read is left out of lists, reported, and an error only by itself (S158)", async ({
    signal,
  }) => {
    const seen: ChatKitObservation[] = [];
    await using store = await openSqliteThreadStore({
      path,
      observe: (observation) => seen.push(observation),
    });
    await store.createThread(ada, thread, [], signal);
    await store.createThread(ada, { ...thread, id: "thr_2" }, [], signal);
    await store.saveItems(
      ada,
      "thr_1",
      ["msg_1", "msg_2", "msg_3", "msg_4"].map((id) => note(id)),
      signal,
    );
    const file = { type: "file", id: "atc_1", name: "a.txt", mime_type: "text/plain" } as const;
    await store.saveAttachment(ada, file, signal);
    const other = new DatabaseSync(path);
    other.exec(`update items set record = '{"v":99,"item":{}}' where id = 'msg_2'`);
    other.exec(`update items set record = 'scrambled' where id = 'msg_3'`);
    other.exec(`update threads set record = '' where id = 'thr_2'`);
    other.exec(`update attachments set record = '{"v":1}'`);
    other.close();

    const first = await store.listItems(ada, "thr_1", { limit: 2, order: "asc", visibleOnly: true }, signal);
    expect(first.rows.map((item) => item.id)).toEqual(["msg_1", "msg_4"]);
    expect(first.hasMore).toBe(false);
    const threads = await store.listThreads(ada, { limit: 2, order: "asc" }, signal);
    expect(threads.rows.map((row) => row.id)).toEqual(["thr_1"]);
    await expect(store.loadItem(ada, "thr_1", "msg_2", signal)).rejects.toMatchObject({ code: "internal" });
    await expect(store.loadAttachment(ada, "atc_1", signal)).rejects.toMatchObject({ code: "internal" });
    expect(seen).toContainEqual({ event: "store.row_unreadable", kind: "attachment", id: "atc_1" });
    expect(seen).toContainEqual({ event: "store.row_unreadable", kind: "item", id: "msg_3" });
    expect(seen).toContainEqual({ event: "store.row_unreadable", kind: "thread", id: "thr_2" });
  });

  test("R47: a file that another process writes to is waited for, then reported as unavailable", async ({
    signal,
  }) => {
    await using store = await openSqliteThreadStore({ path });
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    const waited = store.createThread(ada, thread, [], signal);
    setTimeout(() => other.exec("rollback"), 150);
    await waited;
    other.exec("begin immediate");
    await expect(store.createThread(ada, thread, [], signal)).rejects.toMatchObject({
      code: "store_unavailable",
    });
    expect(await store.loadThread(ada, "thr_1", signal)).toEqual(thread);
    other.exec("rollback");
    other.close();
  });

  test("a file that may not grow is a full disk: no half of a write, and what was there can be read and deleted (R48)", async () => {
    const script = fileURLToPath(new URL("../../test/write-until-full.ts", import.meta.url));
    // In units of half a kilobyte or one, by shell: 1 or 2 MiB.
    const limited = await run("sh", ["-c", 'ulimit -f 2048; exec "$0" "$@"', process.execPath, script, path]);
    expect(JSON.parse(limited.stdout)).toEqual({
      refusal: "storage_full",
      readable: true,
      halves: 0,
      deleted: true,
      rewritten: 50,
    });
  });

  test("check answers while the file does", async ({ signal }) => {
    const store = await openSqliteThreadStore({ path });
    await store.check(signal);
    await store[Symbol.asyncDispose]();
    await expect(store.check(signal)).rejects.toMatchObject({ code: "store_unavailable" });
  });

  test("R51: is open in one place at a time, and the second try does no harm", async ({ signal }) => {
    {
      await using store = await openSqliteThreadStore({ path });
      await store.createThread(ada, thread, [], signal);
      expect(await reasonAt(path)).toBe("store_in_use");
      await store.saveItems(ada, "thr_1", [note("msg_1")], signal);
    }
    await using store = await openSqliteThreadStore({ path });
    expect(await store.loadItem(ada, "thr_1", "msg_1", signal)).not.toBeNull();
  });

  test("R50: that is replaced under an open store is not written to any more, within 5 s", async ({
    signal,
  }) => {
    await using store = await openSqliteThreadStore({ path });
    await store.createThread(ada, thread, [], signal);
    renameSync(path, `${path}.aside`);
    writeFileSync(path, "");
    await sleep(1_100);
    const refused = { code: "store_unavailable" };
    await expect(store.saveItems(ada, "thr_1", [note("msg_1")], signal)).rejects.toMatchObject(refused);
    await expect(store.loadThread(ada, "thr_1", signal)).rejects.toMatchObject(refused);
    await expect(store.check(signal)).rejects.toMatchObject(refused);
  });

  test("R49, S152: flushes each commit, trusts no schema, and overwrites what is deleted", () => {
    const { database, close } = openSqliteDatabase(path);
    const pragma = (name: string) => Object.values(database.prepare(`pragma ${name}`).get() ?? {})[0];
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("fullfsync")).toBe(1);
    expect(pragma("checkpoint_fullfsync")).toBe(1);
    expect(pragma("trusted_schema")).toBe(0);
    expect(pragma("secure_delete")).toBe(1);
    expect(() => database.prepare("select load_extension('x')").get()).toThrow("not authorized");
    close();
  });
});

describe("R50: whether an open file is whole", () => {
  test("is told beside everything else, and damage is found", async ({ signal }) => {
    await using store = await openSqliteThreadStore({ path });
    await store.createThread(ada, thread, [], signal);
    const writing = store.saveItems(ada, "thr_1", [note("msg_1")], signal);
    expect(await store.isIntact(signal)).toBe(true);
    await writing;
    const database = new DatabaseSync(path);
    database.exec("pragma wal_checkpoint(truncate)");
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 8192, 16_384);
    writeFileSync(path, bytes);
    expect(await store.isIntact(signal)).toBe(false);
  });

  test("is not waited for once nobody asks any more", async () => {
    await using store = await openSqliteThreadStore({ path });
    const left = AbortSignal.abort(new Error("left"));
    await expect(store.isIntact(left)).rejects.toThrow("left");
    const leaving = new AbortController();
    const asked = store.isIntact(leaving.signal);
    leaving.abort(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
  });
});

describe("a file that cannot be opened says why", () => {
  test("not a database", async () => {
    writeFileSync(path, "these are not the bytes of a database".repeat(100));
    expect(await reasonAt(path)).toBe("store_corrupt");
  });

  test("R50: damaged, found after a process that ended in disorder", async () => {
    await killedWriter(path);
    const fixed = new DatabaseSync(path);
    fixed.exec("pragma wal_checkpoint(truncate)");
    fixed.close();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 8192, 16_384);
    writeFileSync(path, bytes);
    writeFileSync(`${path}-wal`, "left behind");
    expect(await reasonAt(path)).toBe("store_corrupt");
  });

  test("written by a newer version", async () => {
    await (await openSqliteThreadStore({ path }))[Symbol.asyncDispose]();
    const database = new DatabaseSync(path);
    database.exec("insert into schema_migrations values (999, '999-later.sqlite.sql', '2030-01-01')");
    database.close();
    expect(await reasonAt(path)).toBe("store_newer");
  });

  test("no such folder, or a folder in its place", async () => {
    path = join(folder, "missing", "threads.sqlite");
    expect(await reasonAt(path)).toBe("store_unwritable");
    path = join(folder, "taken");
    mkdirSync(path);
    expect(await reasonAt(path)).toBe("store_unwritable");
  });
});

async function reasonAt(file: string): Promise<string> {
  const thrown: unknown = await openSqliteThreadStore({ path: file }).then(
    () => null,
    (error: unknown) => error,
  );
  if (!(thrown instanceof ChatKitError)) throw new Error("the file could be opened", { cause: thrown });
  if (thrown.message.includes(folder)) throw new Error("the sentence names the file");
  return thrown.reason;
}

function note(id: string, text = id): StoredItem {
  return {
    id,
    thread_id: "thr_1",
    created_at: "2026-01-02T03:04:05Z",
    type: "assistant_message",
    content: [{ type: "output_text", text, annotations: [] }],
  };
}

/** Resolves when a process has written a thread and been killed before it could do anything else. */
function killedWriter(file: string): Promise<void> {
  const script = fileURLToPath(new URL("../../test/write-and-wait.ts", import.meta.url));
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let written = false;
    child.stdout.once("data", () => {
      written = true;
      child.kill("SIGKILL");
    });
    child.once("exit", () => {
      clearTimeout(deadline);
      if (written) resolve();
      else reject(new Error("the writer ended before it had written"));
    });
  });
}
