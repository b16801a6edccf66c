// What tests say to a sidecar over HTTP, the way any client would.

import { createParser } from "eventsource-parser";
import type { StreamEvent } from "@sidekit/chatkit/protocol";

import type { Sidecar } from "./sidecar.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A ChatKit request that adds this message to a thread, or begins one. */
export function message(text: string, threadId?: string) {
  const input = { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
  return threadId === undefined
    ? { type: "threads.create", params: { input } }
    : { type: "threads.add_user_message", params: { thread_id: threadId, input } };
}

/** The client secret of a new session. */
export async function mint(sidecar: Sidecar, input: object = {}): Promise<string> {
  const answer = await post(sidecar, "/trpc/chatSession.createSession", sidecar.launchToken, input);
  if (answer.status !== 200) throw new Error(`createSession answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text).result.data.clientSecret;
}

export async function post(
  sidecar: Sidecar,
  path: string,
  bearer: string | null,
  body: unknown,
): Promise<Answer> {
  const response = await fetch(sidecar.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** All events of one streamed answer. */
export async function converse(sidecar: Sidecar, secret: string, body: object): Promise<StreamEvent[]> {
  const answer = await post(sidecar, "/chatkit", secret, body);
  if (answer.status !== 200) throw new Error(`/chatkit answered ${answer.status}: ${answer.text}`);
  return events(answer.text);
}

/** The events of a whole stream's text. */
export function events(text: string): StreamEvent[] {
  const found: StreamEvent[] = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(JSON.parse(data)) });
  parser.feed(text);
  return found;
}

/** The thread that a stream began. */
export function threadIdOf(stream: readonly StreamEvent[]): string {
  const created = stream.find((event) => event.type === "thread.created");
  if (created?.type !== "thread.created") throw new Error("The stream created no thread.");
  return created.thread.id;
}

/** The text of the finished assistant messages. */
export function answerText(stream: readonly StreamEvent[]): string {
  return stream
    .flatMap((event) =>
      event.type === "thread.item.done" && event.item.type === "assistant_message" ? event.item.content : [],
    )
    .map(({ text }) => text)
    .join("\n");
}
