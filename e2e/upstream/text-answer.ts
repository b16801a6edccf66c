// The builders of ordinary responses: events in the order of the Responses API.

import { randomBytes } from "node:crypto";

import type { Responses } from "openai/resources/responses/responses";

import type { ResponseRequest, ResponseScript, WireEvent, WireResponse } from "./response-plan.ts";

type OutputText = Responses.ResponseOutputText;
type UrlCitation = Responses.ResponseOutputText.URLCitation;
type Unnumbered = WithoutNumber<WireEvent>;
type WithoutNumber<Event> = Event extends WireEvent ? Omit<Event, "sequence_number"> : never;

export interface TextAnswerOptions {
  /** How many deltas the text is cut into. Default: one per word. */
  readonly chunks?: number;
  readonly paceMs?: number;
  readonly firstEventAfterMs?: number;
  /** Cited at the end of the text, in this order. */
  readonly annotations?: readonly { readonly url: string; readonly title: string }[];
  /** Reasoning summaries that come before the message, each a part of its own. */
  readonly reasoning?: readonly string[];
  /** A refusal instead of the text. */
  readonly refusal?: string;
  /** Ends as incomplete for this reason instead of completed. */
  readonly incomplete?: "max_output_tokens" | "content_filter";
  /** Ends as failed with this code instead of completed. */
  readonly failed?: Responses.ResponseError["code"];
  /** The stream ends after this many events: 0 is a 200 without any. */
  readonly cutAfterEvents?: number;
  readonly end?: "close" | "hang" | "reset";
  readonly pieceBytes?: number;
}

/** A script that answers with this text, in the order of events that the Responses API has. */
export function textAnswer(text: string, options: TextAnswerOptions = {}): ResponseScript {
  return (request) => {
    const { paceMs, firstEventAfterMs, end, pieceBytes } = options;
    const events = numbered(answerEvents(text, options, request));
    return {
      events: events.slice(0, options.cutAfterEvents ?? events.length),
      ...(paceMs !== undefined && { paceMs }),
      ...(firstEventAfterMs !== undefined && { firstEventAfterMs }),
      ...(end !== undefined && { end }),
      ...(pieceBytes !== undefined && { pieceBytes }),
    };
  };
}

/** Says how many input items arrived and quotes the last, so that a test sees what history went along. */
export const echoAnswer: ResponseScript = (request) => {
  const items = typeof request.input === "string" ? [request.input] : request.input;
  const last = textOf(items.at(-1));
  const count = `${items.length} input ${items.length === 1 ? "message" : "messages"}`;
  return textAnswer(`The upstream received ${count}. The last one says: ${last}`)(request);
};

/** The text of an input item, parts joined. */
export function textOf(item: unknown): string {
  if (typeof item === "string") return item;
  if (typeof item !== "object" || item === null) return "";
  if ("text" in item && typeof item.text === "string") return item.text;
  if (!("content" in item)) return "";
  return Array.isArray(item.content) ? item.content.map(textOf).join("") : textOf(item.content);
}

function answerEvents(text: string, options: TextAnswerOptions, request: ResponseRequest): Unnumbered[] {
  const begun = newResponse(request);
  const events: Unnumbered[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
  ];
  const output: Responses.ResponseOutputItem[] = [];
  if (options.reasoning) {
    const reasoning = reasoningEvents(options.reasoning, output.length);
    events.push(...reasoning.events);
    output.push(reasoning.item);
  }
  const finished = options.incomplete === undefined && options.failed === undefined;
  const message =
    options.refusal === undefined
      ? textEvents(text, options, output.length, finished)
      : refusalEvents(options.refusal, options, output.length, finished);
  events.push(...message.events);
  output.push(message.item);
  events.push(lastEvent(begun, output, text, options));
  return events;
}

function reasoningEvents(summaries: readonly string[], outputIndex: number) {
  const item: Responses.ResponseReasoningItem = { id: newId("rs"), type: "reasoning", summary: [] };
  const events: Unnumbered[] = [{ type: "response.output_item.added", output_index: outputIndex, item }];
  for (const [index, text] of summaries.entries()) {
    const place = { item_id: item.id, output_index: outputIndex, summary_index: index };
    events.push(
      { type: "response.reasoning_summary_part.added", ...place, part: { type: "summary_text", text: "" } },
      ...cut(text, undefined).map((delta): Unnumbered => ({
        type: "response.reasoning_summary_text.delta",
        ...place,
        delta,
      })),
      { type: "response.reasoning_summary_text.done", ...place, text },
      { type: "response.reasoning_summary_part.done", ...place, part: { type: "summary_text", text } },
    );
  }
  const done = { ...item, summary: summaries.map((text) => ({ type: "summary_text" as const, text })) };
  events.push({ type: "response.output_item.done", output_index: outputIndex, item: done });
  return { events, item: done };
}

function textEvents(text: string, options: TextAnswerOptions, outputIndex: number, finished: boolean) {
  const citations = (options.annotations ?? []).map(({ url, title }): UrlCitation => ({
    type: "url_citation",
    url,
    title,
    start_index: text.length,
    end_index: text.length,
  }));
  const id = newId("msg");
  const place = { item_id: id, output_index: outputIndex, content_index: 0 };
  const part: OutputText = { type: "output_text", text, annotations: citations, logprobs: [] };
  const body: Unnumbered[] = [
    ...cut(text, options.chunks).map((delta): Unnumbered => ({
      type: "response.output_text.delta",
      ...place,
      delta,
      logprobs: [],
    })),
    ...citations.map((annotation, index): Unnumbered => ({
      type: "response.output_text.annotation.added",
      ...place,
      annotation_index: index,
      annotation,
    })),
  ];
  const done: Unnumbered = { type: "response.output_text.done", ...place, text, logprobs: [] };
  return messageEvents(place, { ...part, text: "", annotations: [] }, body, done, part, finished);
}

function refusalEvents(refusal: string, options: TextAnswerOptions, outputIndex: number, finished: boolean) {
  const place = { item_id: newId("msg"), output_index: outputIndex, content_index: 0 };
  const body = cut(refusal, options.chunks).map((delta): Unnumbered => ({
    type: "response.refusal.delta",
    ...place,
    delta,
  }));
  const done: Unnumbered = { type: "response.refusal.done", ...place, refusal };
  return messageEvents(
    place,
    { type: "refusal", refusal: "" },
    body,
    done,
    { type: "refusal", refusal },
    finished,
  );
}

type MessagePart = OutputText | Responses.ResponseOutputRefusal;

function messageEvents(
  place: { item_id: string; output_index: number; content_index: number },
  emptyPart: MessagePart,
  body: Unnumbered[],
  partText: Unnumbered,
  part: MessagePart,
  finished: boolean,
) {
  const begun: Responses.ResponseOutputMessage = {
    id: place.item_id,
    type: "message",
    role: "assistant",
    status: "in_progress",
    content: [],
  };
  const item: Responses.ResponseOutputMessage = {
    ...begun,
    status: finished ? "completed" : "incomplete",
    content: [part],
  };
  const events: Unnumbered[] = [
    { type: "response.output_item.added", output_index: place.output_index, item: begun },
    { type: "response.content_part.added", ...place, part: emptyPart },
    ...body,
  ];
  // What breaks off in the middle never says that its parts are done.
  if (finished) {
    events.push(
      partText,
      { type: "response.content_part.done", ...place, part },
      { type: "response.output_item.done", output_index: place.output_index, item },
    );
  }
  return { events, item };
}

function lastEvent(
  begun: WireResponse,
  output: Responses.ResponseOutputItem[],
  text: string,
  { failed, incomplete }: TextAnswerOptions,
): Unnumbered {
  const outputTokens = text.split(/\s+/).length;
  const response: WireResponse = {
    ...begun,
    output,
    usage: {
      input_tokens: 1,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 1 + outputTokens,
    },
  };
  if (failed !== undefined) {
    const error = { code: failed, message: "Scripted failure of the response." };
    return { type: "response.failed", response: { ...response, status: "failed", error } };
  }
  if (incomplete !== undefined) {
    const details = { reason: incomplete };
    return {
      type: "response.incomplete",
      response: { ...response, status: "incomplete", incomplete_details: details },
    };
  }
  return {
    type: "response.completed",
    response: { ...response, status: "completed", completed_at: begun.created_at },
  };
}

function newResponse(request: ResponseRequest): WireResponse {
  return {
    id: newId("resp"),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: "in_progress",
    access_programs: null,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: null,
    metadata: {},
    model: request.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    truncation: "disabled",
  };
}

/** Into so many pieces of about the same length, or one per word. */
function cut(text: string, chunks: number | undefined): string[] {
  if (chunks === undefined) return text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text === "" ? [] : [text]);
  const characters = [...text];
  const size = Math.max(1, Math.ceil(characters.length / chunks));
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    pieces.push(characters.slice(start, start + size).join(""));
  }
  return pieces;
}

function numbered(events: readonly Unnumbered[]): WireEvent[] {
  return events.map((event, index) => ({ ...event, sequence_number: index }) as WireEvent);
}

function newId(prefix: string): string {
  return `${prefix}_${randomBytes(25).toString("hex")}`;
}
