// Recorded requests in, golden frames out. `vitest -u` writes the golden files anew; read them before you keep them.

import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { IdPrefix, Responder, StreamLogReader, ThreadStore } from "@sidekit/chatkit";
import { createMemoryThreadStore } from "@sidekit/chatkit/thread-stores/memory";
import { expect, test } from "vitest";

import {
  callerFor,
  ada,
  converse,
  createRequest,
  delta,
  eventsOf,
  messageItem,
  readToEnd,
} from "./conversation.ts";

const fixtures = new URL("fixtures/wire/", import.meta.url);

for (const name of readdirSync(fixtures).filter((file) => file.endsWith(".requests.json"))) {
  test(`${name.replace(".requests.json", "")}`, async () => {
    const requests: unknown[] = JSON.parse(readFileSync(new URL(name, fixtures), "utf8"));
    const { server } = converse(scripted, {
      newId: countingIds(),
      now: () => Date.UTC(2026, 10, 22, 19, 36, 1),
    });
    let answers = "";
    for (const request of requests) {
      const reply = await server.handle(callerFor(ada), request, AbortSignal.timeout(5_000));
      answers += reply.kind === "json" ? `${reply.body}\n` : await readToEnd(reply.reader);
    }
    const golden = new URL(name.replace(".requests.json", ".golden.txt"), fixtures);
    await expect(answers).toMatchFileSnapshot(fileURLToPath(golden));
  });
}

test("S97: text cannot break out of its frame, and arrives as it was", async () => {
  const hostile = 'a\n\ndata: {"type":"error"}\r\n: x\u2028\u2029\u0085"\\ 👩‍👩‍👧 e\u0301 \u202e';
  const conversation = converse(async function* (turn) {
    const item = messageItem(turn, "");
    yield { type: "thread.item.added", item };
    yield delta(item.id, hostile);
    yield { type: "progress_update", text: hostile };
    yield {
      type: "thread.item.done",
      item: { ...item, content: [{ type: "output_text", text: hostile, annotations: [] }] },
    };
  });
  const events = await conversation.stream(createRequest(hostile));
  expect(events.map((event) => event.type)).toEqual([
    "thread.created",
    "thread.item.done",
    "stream_options",
    "thread.item.added",
    "thread.item.updated",
    "progress_update",
    "thread.item.done",
  ]);
  expect(events[1]).toMatchObject({ item: { content: [{ text: hostile }] } });
  expect(events[4]).toMatchObject({ update: { delta: hostile } });
  expect(events[6]).toMatchObject({ item: { content: [{ text: hostile }] } });
});

test("what is announced as done is stored before", async () => {
  const inner = createMemoryThreadStore();
  const store: ThreadStore = {
    ...inner,
    async saveItems(...operation) {
      await sleep(5);
      await inner.saveItems(...operation);
    },
  };
  const conversation = converse(
    async function* (turn) {
      for (let count = 0; count < 5; count++)
        yield { type: "thread.item.done", item: messageItem(turn, `n${count}`) };
    },
    { store },
  );
  const reply = await conversation.start(createRequest("Hi"));
  const found: boolean[] = [];
  await readWhile(reply.reader, async (text) => {
    for (const event of eventsOf(text)) {
      if (event.type !== "thread.item.done") continue;
      const { id, thread_id: threadId } = event.item;
      found.push((await store.loadItem(ada, threadId, id, AbortSignal.timeout(5_000))) !== null);
    }
  });
  expect(found).toEqual([true, true, true, true, true, true]);
});

test("private metadata and hidden items never leave (S68, S69)", async () => {
  const conversation = converse(async function* (turn) {
    const hidden = {
      id: "hid_1",
      thread_id: turn.thread.id,
      created_at: turn.now(),
      type: "hidden_context_item",
    } as const;
    turn.thread.metadata = { canary: "metadata-canary" };
    yield { type: "thread.item.added", item: { ...hidden, content: "hidden-canary" } };
    yield delta("hid_1", "hidden-canary");
    yield { type: "thread.item.done", item: { ...hidden, content: "hidden-canary" } };
    yield { type: "thread.item.replaced", item: { ...hidden, content: "hidden-canary" } };
    yield { type: "thread.item.done", item: { ...hidden, id: "hid_2", content: "hidden-canary" } };
    yield { type: "thread.item.removed", item_id: "hid_1" };
    yield { type: "thread.item.done", item: messageItem(turn, "seen") };
  });
  const events = await conversation.stream(createRequest("Hi"));
  const threadId = events[0]?.type === "thread.created" ? events[0].thread.id : "";
  const answers = [
    events,
    await conversation.json({ type: "threads.get_by_id", params: { thread_id: threadId } }),
    await conversation.json({ type: "threads.list", params: {} }),
    await conversation.json({ type: "items.list", params: { thread_id: threadId, limit: 2 } }),
    await conversation.json({ type: "threads.update", params: { thread_id: threadId, title: "t" } }),
  ];
  expect(JSON.stringify(answers)).not.toMatch(/canary|hid_/);
  expect(answers[3]).toMatchObject({
    data: [{ type: "assistant_message" }, { type: "user_message" }],
    has_more: false,
  });
  const loaded = await conversation.store.loadThread(ada, threadId, AbortSignal.timeout(5_000));
  expect(loaded?.metadata).toEqual({ canary: "metadata-canary" });
});

/** Answers by what is asked: every event and update of the protocol that needs no further request. */
const scripted: Responder["respond"] = async function* (turn) {
  const words = turn.userMessage?.content[0]?.text ?? "";
  const item = messageItem(turn, "");
  if (words === "Ahoj") {
    yield { type: "thread.item.added", item };
    yield {
      type: "thread.item.updated",
      item_id: item.id,
      update: {
        type: "assistant_message.content_part.added",
        content_index: 0,
        content: { type: "output_text", text: "", annotations: [] },
      },
    };
    yield delta(item.id, "Zdravé");
    yield delta(item.id, " “ráno”");
    turn.thread.title = "Greeting";
    yield {
      type: "thread.item.done",
      item: { ...item, content: [{ type: "output_text", text: "Zdravé “ráno”", annotations: [] }] },
    };
  } else {
    yield { type: "progress_update", icon: "lucide:search", text: "Looking" };
    yield { type: "client_effect", name: "refresh", data: { empty: null } };
    yield { type: "notice", level: "info", message: "Saved" };
    yield { type: "thread.item.done", item: messageItem(turn, words) };
    turn.thread.status = { type: "locked", reason: "done" };
  }
};

function countingIds(): (prefix: IdPrefix) => string {
  const counts = new Map<IdPrefix, number>();
  return (prefix) => {
    const count = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, count);
    return `${prefix}_${count}`;
  };
}

async function readWhile(reader: StreamLogReader, look: (text: string) => Promise<void>): Promise<void> {
  for (;;) {
    await look(reader.take(1));
    if (reader.finished) return;
    await new Promise<void>((resolve) => reader.whenReady(resolve));
  }
}
