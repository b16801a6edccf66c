import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { expect, test } from "vitest";

import { toItem, toThread } from "./plain-json.ts";
import { watchStore } from "./watched-store.ts";

const owner = { tenant: "local", user: "ann" };
const signal = AbortSignal.timeout(5_000);
const item = (id: string) => toItem({ type: "assistant_message", id, content: [] }, "thr_1");

async function watched(failure?: Parameters<typeof watchStore>[1]) {
  const result = watchStore(createMemoryThreadStore(), failure);
  await result.store.createThread(owner, toThread({ id: "thr_1" }), [], signal);
  return result;
}

test("an item is held once it is written, also after it was removed", async () => {
  const { store, holds } = await watched();
  expect(await holds(owner, "thr_1", "a")).toBe(false);
  await store.saveItems(owner, "thr_1", [item("a")], signal);
  expect(await holds(owner, "thr_1", "a")).toBe(true);
  await store.deleteItems(owner, "thr_1", ["a"], signal);
  expect(await holds(owner, "thr_1", "a")).toBe(true);
});

test("removing what was never written does not make it held", async () => {
  const { store, holds } = await watched();
  await store.deleteItems(owner, "thr_1", ["a"], signal);
  expect(await holds(owner, "thr_1", "a")).toBe(false);
});

test("adding, saving and removing fail where they are meant to, and write nothing", async () => {
  const adding = await watched({ op: "addThreadItem", itemId: "b" });
  await adding.store.saveItems(owner, "thr_1", [item("a")], signal);
  await expect(adding.store.saveItems(owner, "thr_1", [item("b")], signal)).rejects.toThrow();
  expect(await adding.holds(owner, "thr_1", "b")).toBe(false);

  const saving = await watched({ op: "saveItem" });
  await saving.store.saveItems(owner, "thr_1", [item("a")], signal);
  await expect(saving.store.saveItems(owner, "thr_1", [item("a")], signal)).rejects.toThrow();

  const removing = await watched({ op: "deleteThreadItem", itemId: "a" });
  await removing.store.saveItems(owner, "thr_1", [item("a")], signal);
  await expect(removing.store.deleteItems(owner, "thr_1", ["a"], signal)).rejects.toThrow();
  expect(await removing.store.loadItem(owner, "thr_1", "a", signal)).not.toBe(null);
});
