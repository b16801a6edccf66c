// Sends requests to the sidecar over HTTP, and looks closely at the bytes of what streams back.

import type { Json } from "@sidekit/chatkit/protocol";
import { Agent, request, type Dispatcher } from "undici";

import { waitLimitMs } from "./deadline.ts";

/** Every request is a new one, also in the words of an earlier one. */
const newRequest = { "x-sidekit-repeat": "new" } as const;
/** A whole answer; a case that streams for longer is broken. */
const answerLimitMs = 30_000;

export interface ClientRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
}

export interface Reply {
  readonly status: number;
  /** Without parameters. */
  readonly mediaType: string | null;
  /** Events of an event stream that have come so far. */
  readonly events: readonly Json[];
  /** True once there is nothing more to come. */
  readonly over: boolean;
  /** The whole body, once it is over. */
  readonly text: string;
  /** What was wrong with the stream, if it did not end as it should. */
  readonly fault: string | null;
  /** Hangs up. */
  abort(): void;
}

export interface ChatClient extends AsyncDisposable {
  /** Resolves with the head of the answer; the rest comes in the background. */
  send(url: string, bearer: string, request: ClientRequest): Promise<Reply>;
}

export interface ChatClientOptions {
  /** Called when an event has come, before the next is looked at. What it throws is the stream's fault. */
  readonly onEvent: (event: Json, bearer: string) => Promise<void>;
}

export function createChatClient({ onEvent }: ChatClientOptions): ChatClient {
  const dispatcher = new Agent({ headersTimeout: waitLimitMs, bodyTimeout: waitLimitMs });
  return {
    async send(url, bearer, { method, headers, body }) {
      const hangUp = new AbortController();
      const response = await request(url, {
        dispatcher,
        method: method as Dispatcher.HttpMethod,
        headers: { ...newRequest, authorization: `Bearer ${bearer}`, ...headers },
        body,
        signal: AbortSignal.any([hangUp.signal, AbortSignal.timeout(answerLimitMs)]),
      });
      const mediaType = mediaTypeOf(response.headers["content-type"]);
      const reply = {
        status: response.statusCode,
        mediaType,
        events: [] as Json[],
        over: false,
        text: "",
        fault: null as string | null,
        abort: () => hangUp.abort(),
      };
      void receive(response.body, reply, (event) => onEvent(event, bearer));
      return reply;
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

interface Receiving {
  readonly mediaType: string | null;
  readonly events: Json[];
  over: boolean;
  text: string;
  fault: string | null;
}

/** Never rejects. */
async function receive(
  body: AsyncIterable<Uint8Array>,
  reply: Receiving,
  onEvent: (event: Json) => Promise<void>,
): Promise<void> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const streams = reply.mediaType === "text/event-stream";
  let unread = "";
  try {
    for await (const chunk of body) {
      const text = decoder.decode(chunk, { stream: true });
      reply.text += text;
      if (!streams) continue;
      const frames = (unread + text).split("\n\n");
      unread = frames.pop() ?? "";
      for (const frame of frames) {
        const event = eventOf(frame);
        await onEvent(event);
        reply.events.push(event);
      }
    }
    decoder.decode();
    if (unread !== "") throw new Error(`the stream ends in the middle of a frame: ${unread}`);
  } catch (thrown) {
    reply.fault = thrown instanceof Error ? thrown.message : String(thrown);
  }
  reply.over = true;
}

function eventOf(frame: string): Json {
  const line = /^data: ([^\r\n]*)$/.exec(frame)?.[1];
  if (line === undefined) throw new Error(`a frame is not one line of data: ${frame}`);
  return JSON.parse(line);
}

function mediaTypeOf(header: string | string[] | undefined): string | null {
  const [type] = typeof header === "string" ? header.split(";") : [];
  return type?.trim().toLowerCase() ?? null;
}
