// The responder of all stream servers: an answer of as many pieces, at such a pace, as the message asks for.

import { setTimeout as sleep } from "node:timers/promises";

export const piece = "Twenty characters.  ";

export interface Order {
  readonly pieces: number;
  /** Between two pieces; 0: without delay. */
  readonly paceMs: number;
}

let asked = 0;

/** A `threads.create`. No two are alike: the sidecar answers a repeated message with the first answer. */
export function createRequest({ pieces, paceMs }: Order): string {
  asked += 1;
  const text = `Please send ${pieces} pieces ${paceMs} ms apart, for the ${asked}th time.`;
  const input = { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
  return JSON.stringify({ type: "threads.create", params: { input } });
}

export interface Message {
  readonly id: string;
  readonly thread_id: string;
  readonly created_at: string;
}

/** The events of the answer, as every ChatKit server lets a responder yield them. */
export async function* answer(message: Message, order: Order) {
  const item = { ...message, type: "assistant_message" as const };
  const whole = part(piece.repeat(order.pieces));
  yield { type: "thread.item.added" as const, item: { ...item, content: [] } };
  yield updated(item.id, {
    type: "assistant_message.content_part.added" as const,
    content_index: 0,
    content: part(""),
  });
  for (let index = 0; index < order.pieces; index += 1) {
    if (order.paceMs > 0) await sleep(order.paceMs);
    yield updated(item.id, {
      type: "assistant_message.content_part.text_delta" as const,
      content_index: 0,
      delta: piece,
    });
  }
  yield updated(item.id, {
    type: "assistant_message.content_part.done" as const,
    content_index: 0,
    content: whole,
  });
  yield { type: "thread.item.done" as const, item: { ...item, content: [whole] } };
}

/** What the message asks for. Throws when it asks for nothing. */
export function orderIn(content: readonly { readonly type: string; readonly text?: unknown }[]): Order {
  const [, pieces, paceMs] = /send (\d+) pieces (\d+) ms apart/.exec(String(content[0]?.text)) ?? [];
  if (pieces === undefined || paceMs === undefined) throw new Error("The message asks for nothing.");
  return { pieces: Number(pieces), paceMs: Number(paceMs) };
}

function updated<Update>(itemId: string, update: Update) {
  return { type: "thread.item.updated" as const, item_id: itemId, update };
}

function part(text: string) {
  return { type: "output_text" as const, text, annotations: [] };
}
