// A small ChatKit server over real HTTP: it stores threads in memory and answers each message as the test says.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type {
  Attachment,
  ChatKitRequest,
  StreamEvent,
  Thread,
  ThreadItem,
  UserInput,
} from "@sidekit/chatkit/protocol";

export const strictPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'";

export interface Answering {
  readonly threadId: string;
  readonly text: string;
  readonly isRetry: boolean;
  emit(...events: StreamEvent[]): void;
  /** Stores the item and sends its done event. */
  done(item: ThreadItem): void;
  newId(): string;
  now(): string;
  /** Resolves when the client has closed the connection. */
  readonly closed: Promise<void>;
}

export type Script = (answering: Answering) => Promise<void> | void;

export interface Refusal {
  readonly status: number;
  readonly body: unknown;
}

export interface ScriptedServer extends AsyncDisposable {
  readonly origin: string;
  readonly requests: ChatKitRequest[];
  readonly threads: Map<string, { thread: Thread; items: ThreadItem[] }>;
  script: Script;
  /** A script that throws cuts the connection, instead of failing the test. */
  cutOnError: boolean;
  /** What sync actions are answered with. */
  syncAnswer: unknown;
  /** What every recording says. */
  transcript: string;
  /** The bytes of each upload, by its path. */
  readonly uploads: Map<string, Buffer>;
  /** Asked before each request. */
  refuse: (request: ChatKitRequest) => Refusal | null;
}

export async function openScriptedServer(code: string): Promise<ScriptedServer> {
  let count = 0;
  let clockMs = Date.now() - 60_000;
  const newId = () => `id_${(count += 1)}`;
  const now = () => new Date((clockMs += 10)).toISOString();
  const http = createServer((request, response) => void handle(request, response));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");

  const registered = new Map<string, Attachment>();
  const server: ScriptedServer = {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    requests: [],
    threads: new Map(),
    script: ({ done, threadId, text }) =>
      done(assistantMessage({ id: newId(), threadId, text: `You said: ${text}`, at: now() })),
    cutOnError: false,
    syncAnswer: {},
    transcript: "Words that were said",
    uploads: new Map(),
    refuse: () => null,
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  return server;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      const isScript = request.url === "/page.js";
      response.writeHead(200, {
        "content-type": isScript ? "text/javascript" : request.url === "/page.css" ? "text/css" : "text/html",
        "content-security-policy": strictPolicy,
      });
      response.end(isScript ? code : request.url === "/page.css" ? css : html);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url?.startsWith("/upload/") === true) {
      const isDirect = request.url === "/upload/direct";
      if (!isDirect) server.uploads.set(request.url, Buffer.concat(chunks));
      return json(response, {
        type: "file",
        id: request.url.slice("/upload/".length),
        name: "file",
        mime_type: "text/plain",
      });
    }
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as ChatKitRequest;
    server.requests.push(asked);
    const refusal =
      request.headers.authorization === "Bearer test-token"
        ? server.refuse(asked)
        : { status: 401, body: { error: { code: "unauthenticated", message: "No." } } };
    if (refusal !== null) return json(response, refusal.body, refusal.status);
    await answer(asked, response);
  }

  async function answer(asked: ChatKitRequest, response: ServerResponse): Promise<void> {
    switch (asked.type) {
      case "threads.create": {
        const thread: Thread = {
          id: newId(),
          created_at: now(),
          status: { type: "active" },
          metadata: {},
          items: emptyPage,
        };
        server.threads.set(thread.id, { thread, items: [] });
        return stream(response, thread.id, asked.params.input, [{ type: "thread.created", thread }]);
      }
      case "threads.add_user_message":
        return stream(response, asked.params.thread_id, asked.params.input, []);
      case "threads.retry_after_item": {
        const stored = known(asked.params.thread_id);
        const at = stored.items.findIndex(({ id }) => id === asked.params.item_id);
        stored.items.splice(at + 1);
        const item = stored.items[at];
        if (item?.type !== "user_message") throw new Error("not a user message");
        return stream(response, asked.params.thread_id, { ...item, attachments: [] }, null);
      }
      case "threads.add_structured_input": {
        const { items } = known(asked.params.thread_id);
        const form = items.find(({ id }) => id === asked.params.item_id);
        if (form?.type !== "structured_input") throw new Error("not a form");
        if (form.status !== "pending")
          return json(response, { error: { code: "conflict", message: "Answered already." } }, 409);
        form.status = asked.params.input.status;
        for (const question of form.inputs)
          question.answer = asked.params.input.answers[question.id] ?? { values: [], skipped: true };
        return stream(response, asked.params.thread_id, noInput, null, [
          { type: "thread.item.replaced", item: form },
        ]);
      }
      case "threads.add_client_tool_output": {
        const call = known(asked.params.thread_id).items.at(-1);
        if (call?.type !== "client_tool_call" || call.status !== "pending") throw new Error("no call");
        Object.assign(call, { status: "completed", output: asked.params.result });
        return stream(response, asked.params.thread_id, noInput, null);
      }
      case "threads.custom_action":
        return stream(response, asked.params.thread_id, noInput, null);
      case "threads.sync_custom_action":
        return json(response, server.syncAnswer);
      case "items.feedback":
        return json(response, {});
      case "attachments.create": {
        const { name, mime_type } = asked.params;
        const id = newId();
        const upload_descriptor = {
          url: `${server.origin}/upload/${id}`,
          method: "PUT" as const,
          headers: { "content-type": mime_type },
        };
        registered.set(id, { type: "file", id, name, mime_type });
        return json(response, { type: "file", id, name, mime_type, upload_descriptor });
      }
      case "input.transcribe":
        return json(response, { text: server.transcript });
      case "attachments.delete":
        return json(response, {});
      case "threads.list":
        return json(response, {
          data: [...server.threads.values()].map(({ thread }) => thread).toReversed(),
          has_more: false,
        });
      case "threads.get_by_id": {
        const stored = server.threads.get(asked.params.thread_id);
        if (stored === undefined)
          return json(response, { error: { code: "not_found", message: "Gone." } }, 404);
        return json(response, { ...stored.thread, items: page(stored.items) });
      }
      case "items.list":
        return json(response, page(known(asked.params.thread_id).items, asked.params));
      case "threads.update":
        known(asked.params.thread_id).thread.title = asked.params.title;
        return json(response, known(asked.params.thread_id).thread);
      case "threads.delete":
        server.threads.delete(asked.params.thread_id);
        return json(response, {});
      default:
        asked satisfies never;
    }
  }

  /** A prologue of null repeats an answer: the user message is there already. */
  async function stream(
    response: ServerResponse,
    threadId: string,
    input: UserInput,
    prologue: StreamEvent[] | null,
    first: StreamEvent[] = [],
  ): Promise<void> {
    const { items } = known(threadId);
    const text = input.content[0]?.text ?? "";
    response.writeHead(200, { "content-type": "text/event-stream" });
    const emit = (...events: StreamEvent[]) => {
      for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    };
    const done = (item: ThreadItem) => {
      const at = items.findIndex(({ id }) => id === item.id);
      if (at < 0) items.push(item);
      else items[at] = item;
      emit({ type: "thread.item.done", item });
    };
    emit(...(prologue ?? []));
    const attachments = input.attachments.flatMap((id) => registered.get(id) ?? []);
    if (prologue !== null)
      done({ ...userMessage({ id: newId(), threadId, text, at: now() }), ...input, attachments });
    emit({ type: "stream_options", stream_options: { allow_cancel: true } });
    emit(...first);
    const closed = once(response, "close").then(() => undefined);
    try {
      await server.script({ threadId, text, isRetry: prologue === null, emit, done, newId, now, closed });
      response.end();
    } catch (error) {
      if (!server.cutOnError) throw error;
      // Later, so that what was written before has left.
      setTimeout(() => response.destroy(), 50);
    }
  }

  function known(threadId: string) {
    const stored = server.threads.get(threadId);
    if (stored === undefined) throw new Error(`no thread ${threadId}`);
    return stored;
  }
}

const noInput: UserInput = { content: [], attachments: [], inference_options: {} };
const emptyPage = { data: [], has_more: false };
const pageSize = 20;

function page(
  items: readonly ThreadItem[],
  {
    after,
    order = "asc",
    limit = pageSize,
  }: { after?: string | undefined; order?: string; limit?: number | null | undefined } = {},
) {
  const sorted = order === "desc" ? items.toReversed() : items;
  const from = sorted.findIndex(({ id }) => id === after) + 1;
  const to = from + (limit ?? pageSize);
  const data = sorted.slice(from, to);
  const hasMore = to < sorted.length;
  return { data, has_more: hasMore, ...(hasMore ? { after: data.at(-1)?.id } : {}) };
}

export interface MessageFields {
  readonly id: string;
  readonly threadId: string;
  readonly text: string;
  readonly at: string;
}

export function userMessage({
  id,
  threadId,
  text,
  at,
}: MessageFields): Extract<ThreadItem, { type: "user_message" }> {
  return {
    type: "user_message",
    id,
    thread_id: threadId,
    created_at: at,
    content: [{ type: "input_text", text }],
    attachments: [],
    inference_options: {},
  };
}

export function assistantMessage({
  id,
  threadId,
  text,
  at,
}: MessageFields): Extract<ThreadItem, { type: "assistant_message" }> {
  return {
    type: "assistant_message",
    id,
    thread_id: threadId,
    created_at: at,
    content: text === "" ? [] : [{ type: "output_text", text, annotations: [] }],
  };
}

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const css =
  "html, body, main, #root { height: 100%; margin: 0 } h1 { position: absolute; clip-path: inset(50%); margin: 0 }";
const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Chat</title>
    <link rel="stylesheet" href="/page.css">
  </head>
  <body>
    <main><h1>Chat</h1><div id="root"></div></main>
    <script type="module" src="/page.js"></script>
  </body>
</html>`;
