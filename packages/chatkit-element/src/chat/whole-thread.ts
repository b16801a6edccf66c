// Reads a thread with all its items.

import type { ProtocolClient } from "../client/protocol-client.ts";
import type { ShownItem, ThreadRecord } from "../client/wire-items.ts";

/** A server whose pages never end must not keep us reading. */
const maxPages = 50;

/** Oldest first. Items that come twice, because the thread grew meanwhile, are kept once and as they came last. */
export async function readWholeThread(
  client: ProtocolClient,
  threadId: string,
  signal: AbortSignal,
): Promise<{ thread: ThreadRecord; items: ShownItem[] }> {
  const { thread, items: first } = await client.readThread(threadId, signal);
  const items = new Map(first.data.map((item) => [item.id, item]));
  let { after, has_more: hasMore } = first;
  for (let page = 1; hasMore && after !== undefined && page < maxPages; page += 1) {
    const next = await client.listItems(threadId, after, signal);
    for (const item of next.data) items.set(item.id, item);
    ({ after, has_more: hasMore } = next);
  }
  return { thread, items: [...items.values()] };
}
