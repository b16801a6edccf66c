// An assistant's message, as it is written.

import type { ResponderEvent, Turn } from "../ports.ts";
import type { Annotation, AssistantContent, AssistantMessageItem, ItemUpdate } from "../protocol/index.ts";
import { newItem } from "./new-item.ts";

/** What a text refers to: a page, a file, or something that the application knows. */
export type Source = Annotation["source"];

/** A piece of Markdown, or a source that is cited right here. */
export type TextPiece = string | Source;

/**
 * Streams one assistant message of Markdown. Each string is sent as it comes; a source becomes a numbered marker at the
 * place where it stands between the strings, and an entry in the list below the message. Answers the stored message.
 * A page whose address is not http, https or mailto is left out (S110). When the turn is stopped midway, what has been
 * sent by then is kept (protocol 7.4, 7.8).
 */
export async function* text(
  turn: Turn,
  pieces: string | Iterable<TextPiece> | AsyncIterable<TextPiece>,
): AsyncGenerator<ResponderEvent, AssistantMessageItem> {
  const item: AssistantMessageItem = { ...newItem(turn, "message"), type: "assistant_message", content: [] };
  const updated = (update: ItemUpdate) =>
    ({ type: "thread.item.updated", item_id: item.id, update }) satisfies ResponderEvent;
  yield { type: "thread.item.added", item };
  yield updated({
    type: "assistant_message.content_part.added",
    content_index: 0,
    content: contentOf("", []),
  });

  let written = "";
  const annotations: Annotation[] = [];
  for await (const piece of typeof pieces === "string" ? [pieces] : pieces) {
    if (typeof piece === "string") {
      if (piece === "") continue;
      written += piece;
      yield updated({ type: "assistant_message.content_part.text_delta", content_index: 0, delta: piece });
      continue;
    }
    if (piece.type === "url" && !/^(https?:\/\/|mailto:)/i.test(piece.url)) continue;
    const annotation: Annotation = { type: "annotation", source: piece, index: written.length };
    yield updated({
      type: "assistant_message.content_part.annotation_added",
      content_index: 0,
      annotation_index: annotations.length,
      annotation,
    });
    annotations.push(annotation);
  }

  const content = contentOf(written, annotations);
  yield updated({ type: "assistant_message.content_part.done", content_index: 0, content });
  const done = { ...item, content: [content] };
  yield { type: "thread.item.done", item: done };
  return done;
}

function contentOf(written: string, annotations: Annotation[]): AssistantContent {
  return { type: "output_text", text: written, annotations };
}
