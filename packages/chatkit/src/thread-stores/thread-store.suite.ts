// What every thread store must do: all of it.

import { expect } from "vitest";

import { attachmentsSuite } from "./attachments.suite.ts";
import { isolationSuite } from "./isolation.suite.ts";
import { itemsSuite } from "./items.suite.ts";
import { replacedItemsSuite } from "./replaced-items.suite.ts";
import { ada, createStoreTest, items, message, type OpenStore, thread } from "./suite-fixture.ts";
import { threadsSuite } from "./threads.suite.ts";
import { usageSuite } from "./usage.suite.ts";

export function threadStoreSuite(openStore: OpenStore): void {
  const storeTest = createStoreTest(openStore);
  threadsSuite(storeTest);
  itemsSuite(storeTest);
  replacedItemsSuite(storeTest);
  attachmentsSuite(storeTest);
  isolationSuite(storeTest);
  usageSuite(storeTest);

  storeTest("an aborted operation throws and does nothing", async ({ store, signal }) => {
    await store.createThread(ada, thread("thr_1"), [], signal);
    const aborted = AbortSignal.abort();
    await expect(store.createThread(ada, { ...thread("thr_1"), title: "late" }, [], aborted)).rejects.toThrow(
      "aborted",
    );
    await expect(store.saveItems(ada, "thr_1", [message("msg_1")], aborted)).rejects.toThrow("aborted");
    await expect(store.loadThread(ada, "thr_1", aborted)).rejects.toThrow("aborted");
    expect((await store.loadThread(ada, "thr_1", signal))?.title).toBeUndefined();
    expect((await items(store, ada, signal)).rows).toEqual([]);
  });
}
