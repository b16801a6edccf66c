// A process of its own for a test: makes threads with an answer in the file named by its argument and retries them one
// after the other, now failing and now answering, until it is killed.

import { writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";

import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

import { addRequest, converse, createRequest, messageItem, threadIdOf } from "./conversation.ts";

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: retry-without-end.ts <file>");

let retries = 0;
const store = await openSqliteThreadStore({ path });
const conversation = converse(
  async function* (turn) {
    const retry = turn.cause.kind === "user_message" && turn.cause.retry;
    await setImmediate();
    if (retry && ++retries % 3 === 0) throw new Error("no answer this time");
    yield { type: "thread.item.done", item: messageItem(turn, "answer") };
  },
  { store },
);
for (;;) {
  const threadId = threadIdOf(await conversation.stream(createRequest("one")));
  await conversation.stream(addRequest(threadId, "two"));
  const [first] = await conversation.stored(threadId);
  writeSync(1, `${threadId}\n`);
  for (let count = 0; count < 5; count++) {
    await conversation.stream({
      type: "threads.retry_after_item",
      params: { thread_id: threadId, item_id: first?.id },
    });
  }
}
