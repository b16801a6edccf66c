// Reads a thread from its end: the newest items at once, the others page by page when somebody wants to see them.

import type { ProtocolClient } from "../client/protocol-client.ts";
import type { ShownItem, ThreadRecord } from "../client/wire-items.ts";

/** Enough to fill a tall window, and soon read. */
const firstPage = 40;
const laterPage = 100;
/** A server whose pages never end must not keep us reading. */
const maxPages = 200;

export interface ThreadEnd {
  readonly thread: ThreadRecord;
  readonly items: readonly ShownItem[];
  /** From where on the earlier items are to be read; null when there are none. */
  readonly earlier: string | null;
}

/** As far back as the item with that id, if there is one. */
export async function readThreadEnd(
  client: ProtocolClient,
  threadId: string,
  reach: string | null,
  signal: AbortSignal,
): Promise<ThreadEnd> {
  const { thread, items: beginning } = await client.readThread(threadId, signal);
  if (!beginning.has_more) return { thread, items: beginning.data, earlier: null };
  const items = new Map<string, ShownItem>();
  let earlier: string | null = null;
  let limit = firstPage;
  for (let page = 0; page < maxPages; page += 1) {
    const read = await readEarlier(client, threadId, earlier, signal, limit);
    // The thread may have grown meanwhile: what comes twice is kept as it came first, which is newest.
    for (const item of read.items) if (!items.has(item.id)) items.set(item.id, item);
    ({ earlier } = read);
    if (earlier === null || reach === null || items.has(reach)) break;
    limit = laterPage;
  }
  return { thread, items: [...items.values()], earlier };
}

export async function readEarlier(
  client: ProtocolClient,
  threadId: string,
  from: string | null,
  signal: AbortSignal,
  limit = laterPage,
): Promise<Pick<ThreadEnd, "items" | "earlier">> {
  const page = { limit, order: "desc" as const, ...(from === null ? {} : { after: from }) };
  const { data, has_more: hasMore, after } = await client.listItems(threadId, page, signal);
  // A page that leads to itself leads nowhere.
  return { items: data.toReversed(), earlier: hasMore && after !== from ? (after ?? null) : null };
}
