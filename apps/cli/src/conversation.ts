// One conversation over the ChatKit protocol: messages out, stream events in.

import {
  type ChatKitRequest,
  type StreamEvent,
  streamEventSchema,
  type Thread,
  type ThreadItem,
  threadItemSchema,
  threadSchema,
} from "@sidekit/chatkit/protocol";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { z } from "zod";

import { CliError } from "./errors.ts";
import { printable } from "./output.ts";

const replyDeadlineMs = 30_000;
const maxEventChars = 4 * 1024 * 1024;
const pageSize = 20;

/**
 * Where the protocol is spoken. `fetch` brings the credential, turns an abort into an explicit stop, and ends a body
 * on which nothing arrives for a minute.
 */
export interface ChatKitEndpoint {
  readonly url: string;
  readonly fetch: typeof fetch;
}

export interface Conversation {
  /** Null until the first answer of a new thread has begun. */
  readonly threadId: string | null;
  /** Sends a message and yields its events. Ends early, without an error, when the signal is aborted. */
  send(text: string, signal: AbortSignal): AsyncGenerator<StreamEvent>;
  /** The newest threads, without their items. */
  listThreads(signal: AbortSignal): Promise<Thread[]>;
  /** Goes on with a thread; its last items, oldest first. Throws CliError `no_thread`. */
  open(threadId: string, signal: AbortSignal): Promise<ThreadItem[]>;
  /** The next message begins a new thread. */
  startNew(): void;
}

const failureReply = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const itemsReply = z.object({ data: z.array(threadItemSchema) });
const threadsReply = z.object({ data: z.array(threadSchema) });

/** All failures are CliErrors. `threadId` is one to go on with, unchecked. */
export function createConversation(options: {
  readonly endpoint: ChatKitEndpoint;
  readonly threadId: string | null;
}): Conversation {
  const { endpoint } = options;
  let threadId = options.threadId;

  const ask = async <Reply extends z.ZodType>(
    request: Wire<ChatKitRequest>,
    reply: Reply,
    signal: AbortSignal,
  ) => {
    const deadline = AbortSignal.timeout(replyDeadlineMs);
    try {
      const response = await post(endpoint, request, AbortSignal.any([signal, deadline]));
      return reply.parse(await response.json());
    } catch (error) {
      if (signal.aborted) throw new CliError("interrupted", "", { cause: error });
      if (deadline.aborted) throw new CliError("stalled", "", { cause: error });
      if (error instanceof CliError) throw error;
      throw new CliError("unexpected_reply", "", { cause: error });
    }
  };

  return {
    get threadId() {
      return threadId;
    },
    async *send(text, signal) {
      const input = {
        content: [{ type: "input_text" as const, text }],
        attachments: [],
        inference_options: {},
      };
      const request: Wire<ChatKitRequest> =
        threadId === null
          ? { type: "threads.create", params: { input } }
          : { type: "threads.add_user_message", params: { thread_id: threadId, input } };
      for await (const event of stream(endpoint, request, signal)) {
        if (event.type === "thread.created") threadId = event.thread.id;
        yield event;
      }
    },
    async listThreads(signal) {
      const params = { limit: pageSize, order: "desc" as const };
      return (await ask({ type: "threads.list", params }, threadsReply, signal)).data;
    },
    async open(id, signal) {
      await ask({ type: "threads.get_by_id", params: { thread_id: id } }, threadSchema, signal);
      const params = { thread_id: id, limit: pageSize, order: "desc" as const };
      const { data } = await ask({ type: "items.list", params }, itemsReply, signal);
      threadId = id;
      return data.reverse();
    },
    startNew() {
      threadId = null;
    },
  };
}

/** A request as it is written: what the schema fills in may be left out. */
type Wire<Request extends ChatKitRequest> = Request extends ChatKitRequest
  ? Omit<Request, "metadata">
  : never;

async function post(
  endpoint: ChatKitEndpoint,
  request: Wire<ChatKitRequest>,
  signal: AbortSignal,
): Promise<Response> {
  const response = await endpoint.fetch(endpoint.url, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "en" },
    body: JSON.stringify(request),
    signal,
  });
  if (response.ok) return response;
  const failure = failureReply.safeParse(await response.json().catch(() => null));
  if (!failure.success) throw new CliError("unexpected_reply");
  const { code, message } = failure.data.error;
  if (code === "not_found") throw new CliError("no_thread");
  throw new CliError("refused", printable(message), { reason: code });
}

async function* stream(
  endpoint: ChatKitEndpoint,
  request: Wire<ChatKitRequest>,
  signal: AbortSignal,
): AsyncGenerator<StreamEvent> {
  try {
    const response = await post(endpoint, request, signal);
    if (response.body === null) throw new CliError("unexpected_reply");
    const messages = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream({ maxBufferSize: maxEventChars }));
    for await (const { data } of messages) yield parseEvent(data);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof CliError) throw error;
    throw new CliError("connection_lost", "", { cause: error });
  }
}

function parseEvent(data: string): StreamEvent {
  try {
    return streamEventSchema.parse(JSON.parse(data));
  } catch (cause) {
    throw new CliError("unexpected_reply", "", { cause });
  }
}
