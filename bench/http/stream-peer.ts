// chatkit-node-backend-sdk as its README wires it, on node:http, with a store in memory, which it leaves to its users.

import { createServer } from "node:http";

import {
  type Attachment,
  ChatKitServer,
  type Page,
  Store,
  type ThreadItem,
  type ThreadMetadata,
  type ThreadStreamEvent,
  type UserMessageItem,
} from "chatkit-node-backend-sdk";

import { serveUnderTest } from "../under-test.ts";
import { answer, orderIn } from "./burst.ts";

// It prints the parameters of every request, whatever logger it is given.
console.log = () => {};
const silent = { debug() {}, info() {}, warn() {}, error: console.error };

class MemoryStore extends Store {
  readonly #threads = new Map<string, { thread: ThreadMetadata; items: Map<string, ThreadItem> }>();

  async loadThread(threadId: string): Promise<ThreadMetadata> {
    return this.#find(threadId).thread;
  }
  async saveThread(thread: ThreadMetadata): Promise<void> {
    this.#threads.set(thread.id, { thread, items: this.#threads.get(thread.id)?.items ?? new Map() });
  }
  async addThreadItem(threadId: string, item: ThreadItem): Promise<void> {
    this.#find(threadId).items.set(item.id, item);
  }
  async saveItem(threadId: string, item: ThreadItem): Promise<void> {
    this.#find(threadId).items.set(item.id, item);
  }
  async loadItem(threadId: string, itemId: string): Promise<ThreadItem> {
    const item = this.#find(threadId).items.get(itemId);
    if (item === undefined) throw new Error("There is no such item.");
    return item;
  }
  async loadThreadItems(threadId: string): Promise<Page<ThreadItem>> {
    return { data: [...this.#find(threadId).items.values()], has_more: false, after: null };
  }

  // No measured request comes here.
  deleteThread = unmeasured;
  loadThreads = unmeasured;
  deleteThreadItem = unmeasured;
  saveAttachment = unmeasured;
  loadAttachment: () => Promise<Attachment> = unmeasured;
  deleteAttachment = unmeasured;

  #find(threadId: string) {
    const found = this.#threads.get(threadId);
    if (found === undefined) throw new Error("There is no such thread.");
    return found;
  }
}

class BurstServer extends ChatKitServer {
  async *respond(
    thread: ThreadMetadata,
    userMessage: UserMessageItem | null,
    context: unknown,
  ): AsyncGenerator<ThreadStreamEvent> {
    const id = this.store.generateItemId("message", thread, context);
    const message = { id, thread_id: thread.id, created_at: new Date().toISOString() };
    yield* answer(message, orderIn(userMessage?.content ?? []));
  }
}

const chatKit = new BurstServer(new MemoryStore(), undefined, silent);
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const result = await chatKit.process(Buffer.concat(chunks), {});
  if (!("isStreaming" in result && result.isStreaming)) throw new Error("A turn is a stream.");
  response.setHeader("content-type", "text/event-stream");
  response.setHeader("cache-control", "no-cache");
  for await (const chunk of result) response.write(chunk);
  response.end();
});
serveUnderTest(server);

async function unmeasured(): Promise<never> {
  throw new Error("This is not measured.");
}
