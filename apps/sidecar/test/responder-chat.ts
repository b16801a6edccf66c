// A conversation with one responder, through the server that a client would talk to.

import { createChatKitServer, type Owner, type Responder } from "@sidekit/chatkit";
import type { StoredItem, StreamEvent, Thread, WidgetItem } from "@sidekit/chatkit/protocol";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";

const owner: Owner = { tenant: "local", user: "ada" };

export interface ResponderChat {
  /** Begins a thread, or goes on with it. */
  say(words: string): Promise<StreamEvent[]>;
  act(sender: { readonly id: string }, type: string, payload: unknown): Promise<StreamEvent[]>;
  actSync(
    sender: { readonly id: string },
    type: string,
    payload: unknown,
  ): Promise<{ updated_item?: WidgetItem }>;
  answer(itemId: string, answers: Record<string, string[]> | "skipped"): Promise<StreamEvent[]>;
  toolOutput(result: unknown): Promise<StreamEvent[]>;
  stored(): Promise<StoredItem[]>;
  thread(): Promise<Thread>;
}

export function chatWith(responder: Responder): ResponderChat {
  const store = createMemoryThreadStore();
  const server = createChatKitServer({ store, log: createMemoryStreamLog(), responders: { it: responder } });
  const profile = { name: "it", model: "", instructions: "", offers: { models: [], tools: [] } };
  const caller = { owner, sessionId: "cksess_1", profile, responder: "it" };
  let threadId = "";

  const send = (type: string, params: object) =>
    server.handle(caller, { type, params }, AbortSignal.timeout(10_000));
  async function stream(type: string, params: object): Promise<StreamEvent[]> {
    const reply = await send(type, params);
    if (reply.kind !== "stream") throw new Error("the answer is no stream");
    let text = "";
    for (;;) {
      text += reply.reader.take(65_536);
      if (reply.reader.finished) break;
      await new Promise<void>((resolve) => reply.reader.whenReady(resolve));
    }
    reply.detach();
    return eventsOf(text);
  }
  async function json(type: string, params: object) {
    const reply = await send(type, params);
    if (reply.kind !== "json") throw new Error("the answer is a stream");
    return JSON.parse(reply.body);
  }

  return {
    async say(words) {
      const input = {
        content: [{ type: "input_text", text: words }],
        attachments: [],
        inference_options: {},
      };
      if (threadId !== "") return stream("threads.add_user_message", { thread_id: threadId, input });
      const events = await stream("threads.create", { input });
      threadId = events[0]?.type === "thread.created" ? events[0].thread.id : "";
      return events;
    },
    act: (sender, type, payload) =>
      stream("threads.custom_action", {
        thread_id: threadId,
        item_id: sender.id,
        action: { type, payload },
      }),
    actSync: (sender, type, payload) =>
      json("threads.sync_custom_action", {
        thread_id: threadId,
        item_id: sender.id,
        action: { type, payload },
      }),
    answer(itemId, answers) {
      const input =
        answers === "skipped"
          ? { status: "skipped", answers: {} }
          : {
              status: "answered",
              answers: Object.fromEntries(Object.entries(answers).map(([id, values]) => [id, { values }])),
            };
      return stream("threads.add_structured_input", { thread_id: threadId, item_id: itemId, input });
    },
    toolOutput: (result) => stream("threads.add_client_tool_output", { thread_id: threadId, result }),
    async stored() {
      const page = { limit: 100, order: "asc", visibleOnly: false } as const;
      return (await store.listItems(owner, threadId, page, AbortSignal.timeout(5_000))).rows;
    },
    thread: () => json("threads.get_by_id", { thread_id: threadId }),
  };
}

export function eventsOf(body: string): StreamEvent[] {
  return [...body.matchAll(/^data: (.*)$/gm)].map(([, frame = ""]) => JSON.parse(frame));
}

/** What the assistant wrote, as it was streamed. */
export function spoken(events: readonly StreamEvent[]): string {
  return events
    .flatMap((event) =>
      "update" in event && event.update.type === "assistant_message.content_part.text_delta"
        ? event.update.delta
        : [],
    )
    .join("");
}

/** The last item of this kind that was finished. */
export function lastDone<Type extends StoredItem["type"]>(
  events: readonly StreamEvent[],
  type: Type,
): Extract<StoredItem, { type: Type }> {
  const found = events
    .flatMap((event): StoredItem[] =>
      event.type === "thread.item.done" || event.type === "thread.item.replaced" ? [event.item] : [],
    )
    .findLast((item): item is Extract<StoredItem, { type: Type }> => item.type === type);
  if (found === undefined) throw new Error(`there is no ${type}`);
  return found;
}
