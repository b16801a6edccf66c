// A process of its own for a test: answers without end from the file named by its argument, shows every frame as a
// client gets it, and is killed while it does.

import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import type { ChatKitReply, Turn } from "@sidekit/chatkit";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

import { addRequest, converse, createRequest, delta, messageItem } from "./conversation.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: answer-without-end.ts <file>");

const store = await openSqliteThreadStore({ path });
const conversation = converse(answer, { store });
for (const words of ["endless", "endless"]) void show(await conversation.start(createRequest(words)));
for (;;) {
  const threadId = await show(await conversation.start(createRequest("brief")));
  for (let count = 0; count < 5; count++) await show(await conversation.start(addRequest(threadId, "brief")));
}

async function* answer(turn: Turn) {
  const [words] = turn.userMessage?.content ?? [];
  const parts = words?.text === "endless" ? Number.POSITIVE_INFINITY : 3;
  for (let count = 0; count < parts; count++) {
    const item = messageItem(turn, "");
    yield { type: "thread.item.added", item } as const;
    yield delta(item.id, `Part ${count}`);
    turn.thread.title = `Title ${count}`;
    yield { type: "thread.item.done", item: messageItem(turn, `Part ${count}`, item.id) } as const;
    await setImmediate();
  }
}

/** The id of the thread, if the stream begins with it. */
async function show(reply: Extract<ChatKitReply, { kind: "stream" }>): Promise<string> {
  let first = "";
  for (;;) {
    const frames = reply.reader.take(16_384);
    first ||= frames;
    writeSync(1, frames);
    if (reply.reader.finished) break;
    await new Promise<void>((resolve) => reply.reader.whenReady(resolve));
  }
  reply.detach();
  return /"thread":\{"id":"([^"]+)"/.exec(first)?.[1] ?? "";
}
