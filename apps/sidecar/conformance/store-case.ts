// Replays a case of kind `store`: operations straight on a thread store.

import { ChatKitError, type PageRequest, type StoredPage } from "@sidekit/chatkit";
import type { Json } from "@sidekit/chatkit/protocol";

import { createBindings } from "./bindings.ts";
import type { CaseOf, StoreStep } from "./case-format.ts";
import { match, type Mismatch } from "./match.ts";
import { toAttachment, toItem, toJson, toThread } from "./plain-json.ts";
import { ownerOf } from "./sidecar.ts";
import { openStore, type StoreKind } from "./stores.ts";

const storeMs = 5_000;

/** Null when everything is as expected. */
export async function runStoreCase(testCase: CaseOf<"store">, kind: StoreKind): Promise<Mismatch | null> {
  const [user = "alice"] = testCase.setup?.users ?? [];
  await using store = await openStore(kind);
  const bindings = createBindings();
  for (const [index, step] of testCase.steps.entries()) {
    const result = await resultOf(step, store, step.as ?? user);
    const found = match(toJson(step.expect), result, bindings, `steps[${index}].expect`);
    if (found !== null) return found;
  }
  return null;
}

type Store = Awaited<ReturnType<typeof openStore>>;

async function resultOf(step: StoreStep, store: Store, user: string): Promise<Json> {
  try {
    return await carryOut(step, store, user);
  } catch (thrown) {
    if (thrown instanceof ChatKitError && thrown.reason === "not_found") return { error: "not_found" };
    throw thrown;
  }
}

async function carryOut(step: StoreStep, store: Store, user: string): Promise<Json> {
  const owner = ownerOf(user);
  const signal = AbortSignal.timeout(storeMs);
  if ("saveThread" in step) {
    await store.createThread(owner, toThread(step.saveThread.thread), [], signal);
    return {};
  }
  if ("loadThread" in step) return found("thread", await store.loadThread(owner, step.loadThread.id, signal));
  if ("loadThreads" in step) return idsOf(await store.listThreads(owner, pageOf(step.loadThreads), signal));
  if ("deleteThread" in step) {
    await store.deleteThread(owner, step.deleteThread.id, signal);
    return {};
  }
  if ("addThreadItem" in step || "saveItem" in step) {
    const { thread, item } = "addThreadItem" in step ? step.addThreadItem : step.saveItem;
    await store.saveItems(owner, thread, [toItem(item, thread)], signal);
    return {};
  }
  if ("loadItem" in step) {
    return found("item", await store.loadItem(owner, step.loadItem.thread, step.loadItem.id, signal));
  }
  if ("loadThreadItems" in step) {
    const { thread, ...page } = step.loadThreadItems;
    // This store tells a missing thread from an empty one; the operation of the case does not.
    if ((await store.loadThread(owner, thread, signal)) === null) return { ids: [], has_more: false };
    return idsOf(await store.listItems(owner, thread, { ...pageOf(page), visibleOnly: false }, signal));
  }
  if ("deleteThreadItem" in step) {
    await store.deleteItems(owner, step.deleteThreadItem.thread, [step.deleteThreadItem.id], signal);
    return {};
  }
  if ("saveAttachment" in step) {
    await store.saveAttachment(owner, toAttachment(step.saveAttachment.attachment), signal);
    return {};
  }
  if ("loadAttachment" in step) {
    return found("attachment", await store.loadAttachment(owner, step.loadAttachment.id, signal));
  }
  await store.deleteAttachment(owner, step.deleteAttachment.id, signal);
  return {};
}

function found(member: string, value: unknown): Json {
  return value === null ? { error: "not_found" } : { [member]: toJson(value) };
}

function idsOf({ rows, hasMore }: StoredPage<{ readonly id: string }>): Json {
  return { ids: rows.map(({ id }) => id), has_more: hasMore };
}

function pageOf(given: {
  limit?: number | undefined;
  order?: "asc" | "desc" | undefined;
  after?: string | undefined;
}): PageRequest {
  const { limit = 20, order = "desc", after } = given;
  return { limit, order, ...(after !== undefined && { after }) };
}
