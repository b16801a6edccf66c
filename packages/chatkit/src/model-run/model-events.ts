// What the stream events of one or several responses amount to, in step: messages, thoughts and images (protocol 10.2).

import type { z } from "zod";

import { ChatKitError } from "../errors.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import type { Annotation, AssistantContent, AssistantMessageItem, ItemUpdate } from "../protocol/index.ts";
import { annotationOf } from "./citations.ts";
import { createImageEvents, isImageCall } from "./image-events.ts";
import type { ModelRunOptions } from "./model-run.ts";
import type { OpenWorkflow } from "./open-workflow.ts";
import {
  annotationEvent,
  isTextDelta,
  itemEvent,
  partEvent,
  partialImageEvent,
  refusalDoneEvent,
  summaryDeltaEvent,
  summaryDoneEvent,
  type TextDelta,
  textDoneEvent,
  type UpstreamContentPart,
} from "./response-schemas.ts";
import { createThoughtEvents } from "./thought-events.ts";

/** Long enough that two upstreams, or two answers of one, do not choose the same. */
const unguessableMessageId = /^msg_[0-9A-Za-z]{32,128}$/;

export interface ModelEvents {
  /**
   * Emits what the event amounts to; nothing for a type that is not known. A promise only when a conversion has to be
   * waited for. Throws ChatKitError `upstream_malformed` when a known event lacks what it must have.
   */
  accept(event: unknown): Promise<void> | undefined;
}

interface OpenMessage {
  readonly id: string;
  readonly parts: AssistantContent[];
}

/** Maps what a model sends. Its images and messages are open across responses until they are done. */
export function createModelEvents(
  turn: Pick<Turn, "thread" | "newId" | "now">,
  workflow: OpenWorkflow,
  options: ModelRunOptions,
  emit: (event: ResponderEvent) => void,
): ModelEvents {
  const { ids = "model", annotation: convert } = options;
  const messages = new Map<string, OpenMessage>();
  const begunIds = new Set<string>();
  const usedIds = new Set<string>();
  const thoughts = createThoughtEvents(workflow, options.thoughtProgress ?? false);
  const images = createImageEvents(turn, options, emit);

  return { accept };

  function accept(event: unknown): Promise<void> | undefined {
    if (typeof event !== "object" || event === null || !("type" in event)) {
      throw malformed("event without a type");
    }
    switch (event.type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        if (!isTextDelta(event)) throw malformed(`incomplete ${event.type}`);
        textDelta(event);
        return undefined;
      case "response.output_item.added":
        itemAdded(read(itemEvent, event, event.type));
        return undefined;
      case "response.output_item.done":
        return itemDone(read(itemEvent, event, event.type));
      case "response.content_part.added":
        partAdded(read(partEvent, event, event.type));
        return undefined;
      case "response.output_text.annotation.added":
        annotationAdded(read(annotationEvent, event, event.type));
        return undefined;
      case "response.output_text.done":
        partDone(read(textDoneEvent, event, event.type));
        return undefined;
      case "response.refusal.done": {
        const { refusal, ...place } = read(refusalDoneEvent, event, event.type);
        partDone({ ...place, text: refusal });
        return undefined;
      }
      case "response.reasoning_summary_text.delta":
        thoughts.delta(read(summaryDeltaEvent, event, event.type));
        return undefined;
      case "response.reasoning_summary_text.done":
        thoughts.done(read(summaryDoneEvent, event, event.type));
        return undefined;
      case "response.image_generation_call.partial_image":
        return images.partial(read(partialImageEvent, event, event.type));
      case "response.completed":
      case "response.incomplete":
        finish();
        return undefined;
      default:
        return undefined;
    }
  }

  function textDelta({ item_id: upstreamId, content_index: index, delta }: TextDelta): void {
    const message = openMessage(upstreamId);
    partAt(message, index).text += delta;
    update(message.id, {
      type: "assistant_message.content_part.text_delta",
      content_index: index,
      delta,
    });
  }

  function itemAdded({ item }: z.infer<typeof itemEvent>): void {
    if (item.type === "reasoning") {
      if (workflow.id === null) workflow.start({ type: "reasoning", tasks: [], expanded: false });
    } else if ("content" in item) {
      thoughts.closeWorkflow();
      const message = { id: ownId(item.id), parts: item.content.flatMap(contentOf) };
      messages.set(item.id, message);
      begunIds.add(item.id);
      emit({ type: "thread.item.added", item: itemOf(message) });
    } else if (isImageCall(item)) {
      images.added(item);
    }
  }

  function itemDone({ item }: z.infer<typeof itemEvent>): Promise<void> | undefined {
    if ("content" in item) {
      const open = messages.get(item.id);
      messages.delete(item.id);
      if (!begunIds.delete(item.id)) thoughts.closeWorkflow();
      const id = open?.id ?? ownId(item.id);
      emit({ type: "thread.item.done", item: itemOf({ id, parts: item.content.flatMap(contentOf) }) });
    } else if (isImageCall(item)) {
      return images.done(item);
    }
    return undefined;
  }

  function partAdded({ item_id: upstreamId, content_index: index, part }: z.infer<typeof partEvent>): void {
    const [content] = contentOf(part);
    if (!content) return;
    const message = openMessage(upstreamId);
    Object.assign(partAt(message, index), content);
    update(message.id, {
      type: "assistant_message.content_part.added",
      content_index: index,
      content: copyOf(content),
    });
  }

  function annotationAdded(event: z.infer<typeof annotationEvent>): void {
    const message = openMessage(event.item_id);
    const annotation = converted(event.annotation);
    if (annotation === null) return;
    const { annotations } = partAt(message, event.content_index);
    annotations.push(annotation);
    update(message.id, {
      type: "assistant_message.content_part.annotation_added",
      content_index: event.content_index,
      annotation_index: annotations.length - 1,
      annotation,
    });
  }

  /** The annotations go along: a part that is done without them would lose those already shown. */
  function partDone({
    item_id: upstreamId,
    content_index: index,
    text,
  }: z.infer<typeof textDoneEvent>): void {
    const message = openMessage(upstreamId);
    const part = partAt(message, index);
    part.text = text;
    update(message.id, {
      type: "assistant_message.content_part.done",
      content_index: index,
      content: copyOf(part),
    });
  }

  /** What a response leaves open that did not fail: its text is complete as it stands, its images never come. */
  function finish(): void {
    for (const upstreamId of begunIds) {
      const message = messages.get(upstreamId);
      if (message !== undefined) emit({ type: "thread.item.done", item: itemOf(message) });
      messages.delete(upstreamId);
    }
    begunIds.clear();
    images.abandon();
  }

  function openMessage(upstreamId: string): OpenMessage {
    const open = messages.get(upstreamId);
    if (open !== undefined) return open;
    if (ids === "unguessable") throw malformed("update of a message that is not open");
    const message = { id: upstreamId, parts: [] };
    messages.set(upstreamId, message);
    return message;
  }

  function ownId(upstreamId: string): string {
    if (ids === "model") return upstreamId;
    const usable = unguessableMessageId.test(upstreamId) && !usedIds.has(upstreamId);
    const id = usable ? upstreamId : turn.newId("message");
    usedIds.add(id);
    return id;
  }

  /** The time of a message that is done is that of its completion. */
  function itemOf({ id, parts }: OpenMessage): AssistantMessageItem {
    return { ...newMembers(id), type: "assistant_message", content: parts.map(copyOf) };
  }

  function newMembers(id: string) {
    return { id, thread_id: turn.thread.id, created_at: turn.now() };
  }

  function update(itemId: string, change: ItemUpdate): void {
    emit({ type: "thread.item.updated", item_id: itemId, update: change });
  }

  /** A refusal is shown as text. */
  function contentOf(part: UpstreamContentPart): AssistantContent[] {
    if (part.type === "refusal") return [{ type: "output_text", text: part.refusal ?? "", annotations: [] }];
    if (part.type !== "output_text") return [];
    const annotations = (part.annotations ?? []).flatMap((citation) => converted(citation) ?? []);
    return [{ type: "output_text", text: part.text ?? "", annotations }];
  }

  function converted(citation: unknown): Annotation | null {
    const annotation = annotationOf(citation);
    return convert ? convert(citation, annotation) : annotation;
  }
}

function malformed(detail: string): ChatKitError {
  return new ChatKitError("upstream_malformed", { cause: new Error(detail) });
}

function read<Schema extends z.ZodType>(schema: Schema, event: object, type: string): z.infer<Schema> {
  const parsed = schema.safeParse(event);
  if (!parsed.success) throw malformed(`incomplete ${type}`);
  return parsed.data;
}

function copyOf(part: AssistantContent): AssistantContent {
  return { ...part, annotations: [...part.annotations] };
}

function partAt(message: OpenMessage, index: number): AssistantContent {
  while (message.parts.length <= index) {
    message.parts.push({ type: "output_text", text: "", annotations: [] });
  }
  return message.parts[index]!;
}
