import { DatabaseSync } from "node:sqlite";

import { beforeEach, describe, expect, test } from "vitest";

import { createSharedWrites, type SharedWrites } from "./sqlite-shared-writes.ts";

let database: DatabaseSync;
let writes: SharedWrites;
let transactions: number;
const never = new AbortController().signal;

beforeEach(() => {
  database = new DatabaseSync(":memory:");
  database.exec("create table notes (id integer primary key) strict");
  transactions = 0;
  writes = createSharedWrites((work) => {
    transactions++;
    database.exec("begin");
    try {
      const result = work();
      database.exec("commit");
      return result;
    } catch (thrown) {
      database.exec("rollback");
      throw thrown;
    }
  });
});

describe("writes that share a transaction", () => {
  test("those of one tick are one, in their order, and each has its own result", async () => {
    const inserted = await Promise.all([3, 1, 2].map((id) => writes.add(() => insert(id), never)));
    expect(inserted).toEqual([3, 1, 2]);
    expect(transactions).toBe(1);
    await writes.add(() => insert(4), never);
    expect(transactions).toBe(2);
  });

  test("nothing resolves before it is committed", async () => {
    const seen: boolean[] = [];
    const look = () => void seen.push(database.isTransaction);
    await Promise.all([1, 2].map((id) => writes.add(() => insert(id), never).then(look)));
    expect(seen).toEqual([false, false]);
  });

  test("one that fails fails alone, with what it threw", async () => {
    const settled = await Promise.allSettled([
      writes.add(() => insert(1), never),
      writes.add(() => {
        insert(2);
        throw new TypeError("not this one");
      }, never),
      writes.add(() => insert(3), never),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: new TypeError("not this one") });
    expect(ids()).toEqual([1, 3]);
  });

  test("a constraint that one of them breaks keeps no other out", async () => {
    const settled = await Promise.allSettled([1, 1, 2].map((id) => writes.add(() => insert(id), never)));
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(settled[1]).toMatchObject({ reason: { code: "store_unavailable" } });
    expect(ids()).toEqual([1, 2]);
  });

  test("long ones leave the process its turn in between", async () => {
    const seen: string[] = [];
    const tick = () => {
      seen.push("turn");
      immediate = setImmediate(tick);
    };
    let immediate = setImmediate(tick);
    const slowly = (id: number) => () => {
      const until = performance.now() + 6;
      while (performance.now() < until);
      seen.push("write");
      insert(id);
    };
    await Promise.all([1, 2, 3].map((id) => writes.add(slowly(id), never)));
    clearImmediate(immediate);
    expect(seen.join(" ")).toMatch(/write( turn)+ write( turn)+ write/);
    expect(transactions).toBe(3);
  });

  test("what is no longer wanted when its turn comes is not done", async () => {
    const controller = new AbortController();
    const unwanted = writes.add(() => insert(1), controller.signal);
    const wanted = writes.add(() => insert(2), never);
    controller.abort(new Error("gone"));
    await expect(unwanted).rejects.toThrow("gone");
    await wanted;
    expect(ids()).toEqual([2]);
  });

  test("settling does what waits at once", () => {
    void writes.add(() => insert(1), never);
    writes.settle();
    expect(ids()).toEqual([1]);
  });
});

function insert(id: number): number {
  database.prepare("insert into notes values (?)").run(id);
  return id;
}

function ids(): unknown[] {
  return database
    .prepare("select id from notes")
    .all()
    .map((row) => row["id"]);
}
