// The sidecar as it is, but for the responder, which sends its burst at once.

import { join } from "node:path";

import { createChatKitServer, type ResponderEvent, type Turn } from "@sidekit/chatkit";
import type { ItemUpdate } from "@sidekit/chatkit/protocol";
import { createMemoryStreamLog } from "@sidekit/chatkit/stream-logs/memory";
import { openSqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

import { createApp } from "../../apps/sidecar/src/app.ts";
import { compose } from "../../apps/sidecar/src/compose.ts";
import { parseConfig } from "../../apps/sidecar/src/config.ts";
import { createLog } from "../../apps/sidecar/src/log.ts";
import { burst } from "./burst.ts";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: stream-subject.ts <data directory>");

const config = parseConfig({
  SIDEKIT_PORT: "0",
  SIDEKIT_DATA_DIR: dataDir,
  SIDEKIT_RESPONDER: "demo",
  SIDEKIT_REQUESTS_PER_MINUTE: "1000",
});
const log = createLog("warn");
await using parts = await compose(config, log);
await using store = await openSqliteThreadStore({ path: join(dataDir, "bench.sqlite") });
const chatKit = createChatKitServer({
  store,
  log: createMemoryStreamLog(),
  responders: { demo: answerAtOnce },
});
const app = await createApp({ parts: { ...parts, chatKit }, log, draining: () => false });

app.server.once("listening", () => {
  const address = app.server.address();
  if (address !== null && typeof address === "object") parts.bound(address.port);
});
const url = await app.listen({ host: "127.0.0.1", port: 0 });
process.stdout.write(`ready at ${url}/#launch=${parts.launchToken}\n`);
await new Promise((resolve) => void process.once("SIGTERM", resolve));
await app.close();

async function* answerAtOnce(turn: Turn): AsyncGenerator<ResponderEvent> {
  const updated = (update: ItemUpdate): ResponderEvent => ({
    type: "thread.item.updated",
    item_id: item.id,
    update,
  });
  const item = {
    id: turn.newId("message"),
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "assistant_message" as const,
  };
  yield { type: "thread.item.added", item: { ...item, content: [] } };
  yield updated({ type: "assistant_message.content_part.added", content_index: 0, content: part("") });
  for (let index = 0; index < burst.deltas; index += 1) {
    yield updated({
      type: "assistant_message.content_part.text_delta",
      content_index: 0,
      delta: burst.delta,
    });
  }
  yield updated({ type: "assistant_message.content_part.done", content_index: 0, content: part(burst.text) });
  yield { type: "thread.item.done", item: { ...item, content: [part(burst.text)] } };
}

function part(text: string) {
  return { type: "output_text" as const, text, annotations: [] };
}
