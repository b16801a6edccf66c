// One model response as thread stream events: Responses API stream events in, responder events out, in step.

import type { z } from "zod";

import type {
  AssistantContent,
  AssistantMessageItem,
  ItemUpdate,
  Task,
  WorkflowItem,
} from "../protocol/index.ts";
import type { ResponderEvent, Turn } from "../ports.ts";
import { annotationOf } from "./citations.ts";
import { malformed } from "./upstream-failures.ts";
import {
  annotationEvent,
  errorEvent,
  failedEvent,
  incompleteEvent,
  isTextDelta,
  itemEvent,
  partEvent,
  refusalDoneEvent,
  summaryDeltaEvent,
  summaryDoneEvent,
  textDoneEvent,
  type TextDelta,
  type UpstreamContentPart,
  type UpstreamFailureFacts,
} from "./upstream-events.ts";

/** Long enough that two upstreams, or two answers of one, do not choose the same. */
const unguessableMessageId = /^msg_[0-9A-Za-z]{32,128}$/;

/** How the response ended, in the upstream's own closing words. */
export type ResponseEnd =
  | { readonly kind: "completed" }
  | { readonly kind: "incomplete"; readonly reason: string | null }
  | { readonly kind: "failed"; readonly upstreamCode: string | null; readonly upstreamType: string | null };

export interface ResponseMapping {
  /**
   * The events that one upstream event amounts to; none after the end, and none for a type that is not known.
   * Throws ChatKitError `upstream_malformed` when a known event lacks what it must have.
   */
  accept(event: unknown): readonly ResponderEvent[];
  /** Null until the upstream has said that the response is over. */
  readonly end: ResponseEnd | null;
  /** Citations that were left out because of their kind or their link. */
  readonly droppedCitations: number;
}

type Thought = Extract<Task, { type: "thought" }>;

interface OpenMessage {
  readonly item: AssistantMessageItem;
  readonly parts: AssistantContent[];
}

interface OpenWorkflow {
  readonly item: WorkflowItem;
  readonly thoughts: Thought[];
  readonly openedMs: number;
  /** The summary that the first thought follows; null once it is complete. */
  streamed: string | null;
}

/**
 * Maps the events of one response. An assistant message has the model's own id where that is long enough to be
 * unique, and one of `turn.newId` otherwise. `nowMs` is a monotonic clock.
 */
export function createResponseMapping(
  turn: Pick<Turn, "thread" | "newId" | "now">,
  nowMs: () => number,
): ResponseMapping {
  const messages = new Map<string, OpenMessage>();
  const usedIds = new Set<string>();
  let workflow: OpenWorkflow | null = null;
  let end: ResponseEnd | null = null;
  let droppedCitations = 0;

  return {
    accept,
    get end() {
      return end;
    },
    get droppedCitations() {
      return droppedCitations;
    },
  };

  function accept(event: unknown): readonly ResponderEvent[] {
    if (end) return [];
    if (typeof event !== "object" || event === null || !("type" in event)) {
      throw malformed("event without a type");
    }
    switch (event.type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        if (!isTextDelta(event)) throw malformed(`incomplete ${event.type}`);
        return [textDelta(event)];
      case "response.output_item.added":
        return itemAdded(read(itemEvent, event, event.type));
      case "response.content_part.added":
        return partAdded(read(partEvent, event, event.type));
      case "response.output_text.annotation.added":
        return annotationAdded(read(annotationEvent, event, event.type));
      case "response.output_text.done":
        return [partDone(read(textDoneEvent, event, event.type))];
      case "response.refusal.done": {
        const { refusal, ...place } = read(refusalDoneEvent, event, event.type);
        return [partDone({ ...place, text: refusal })];
      }
      case "response.reasoning_summary_text.delta":
        return thoughtDelta(read(summaryDeltaEvent, event, event.type));
      case "response.reasoning_summary_text.done":
        return thoughtDone(read(summaryDoneEvent, event, event.type));
      case "response.output_item.done":
        return itemDone(read(itemEvent, event, event.type));
      case "response.completed":
        end = { kind: "completed" };
        return finish();
      case "response.incomplete": {
        const { response } = read(incompleteEvent, event, event.type);
        end = { kind: "incomplete", reason: response.incomplete_details?.reason ?? null };
        return finish();
      }
      case "response.failed":
        end = failed(read(failedEvent, event, event.type).response.error);
        return [];
      case "error": {
        const facts = read(errorEvent, event, event.type);
        end = failed(facts.error ?? { code: facts.code, type: null });
        return [];
      }
      default:
        return [];
    }
  }

  function textDelta({ item_id: upstreamId, content_index: index, delta }: TextDelta): ResponderEvent {
    const message = openMessage(upstreamId);
    partAt(message, index).text += delta;
    return updated(message.item, {
      type: "assistant_message.content_part.text_delta",
      content_index: index,
      delta,
    });
  }

  function itemAdded({ item }: z.infer<typeof itemEvent>): ResponderEvent[] {
    if (item.type === "reasoning") return workflow ? [] : [openWorkflow()];
    if (!("content" in item)) return [];
    const events = closeWorkflow();
    const message = { item: newMessage(item.id), parts: item.content.flatMap(contentOf) };
    messages.set(item.id, message);
    events.push({ type: "thread.item.added", item: { ...message.item, content: message.parts.map(copyOf) } });
    return events;
  }

  function partAdded({
    item_id: upstreamId,
    content_index: index,
    part,
  }: z.infer<typeof partEvent>): ResponderEvent[] {
    const [content] = contentOf(part);
    if (!content) return [];
    const message = openMessage(upstreamId);
    Object.assign(partAt(message, index), content);
    return [
      updated(message.item, {
        type: "assistant_message.content_part.added",
        content_index: index,
        content: copyOf(content),
      }),
    ];
  }

  function annotationAdded(event: z.infer<typeof annotationEvent>): ResponderEvent[] {
    const message = openMessage(event.item_id);
    const annotation = annotationOf(event.annotation);
    if (!annotation) {
      droppedCitations += 1;
      return [];
    }
    const { annotations } = partAt(message, event.content_index);
    annotations.push(annotation);
    return [
      updated(message.item, {
        type: "assistant_message.content_part.annotation_added",
        content_index: event.content_index,
        annotation_index: annotations.length - 1,
        annotation,
      }),
    ];
  }

  /** The annotations go along: a part that is done without them would lose those already shown. */
  function partDone({
    item_id: upstreamId,
    content_index: index,
    text,
  }: z.infer<typeof textDoneEvent>): ResponderEvent {
    const message = openMessage(upstreamId);
    const part = partAt(message, index);
    part.text = text;
    return updated(message.item, {
      type: "assistant_message.content_part.done",
      content_index: index,
      content: copyOf(part),
    });
  }

  function itemDone({ item }: z.infer<typeof itemEvent>): ResponderEvent[] {
    if (!("content" in item)) return [];
    const open = messages.get(item.id);
    messages.delete(item.id);
    const events = open ? [] : closeWorkflow();
    events.push(done(open?.item ?? newMessage(item.id), item.content.flatMap(contentOf)));
    return events;
  }

  /** What the upstream left open, in a response that did not fail, is complete as it stands. */
  function finish(): ResponderEvent[] {
    const events = closeWorkflow();
    for (const { item, parts } of messages.values()) events.push(done(item, parts));
    messages.clear();
    return events;
  }

  /** The stored time of a message is that of its completion. */
  function done(item: AssistantMessageItem, content: AssistantContent[]): ResponderEvent {
    return { type: "thread.item.done", item: { ...item, created_at: turn.now(), content } };
  }

  function openWorkflow(): ResponderEvent {
    const item: WorkflowItem = {
      id: turn.newId("workflow"),
      thread_id: turn.thread.id,
      created_at: turn.now(),
      type: "workflow",
      workflow: { type: "reasoning", tasks: [], expanded: false },
    };
    workflow = { item, thoughts: [], openedMs: nowMs(), streamed: null };
    return { type: "thread.item.added", item };
  }

  function closeWorkflow(): ResponderEvent[] {
    if (!workflow) return [];
    const { item, thoughts, openedMs } = workflow;
    workflow = null;
    return [
      {
        type: "thread.item.done",
        item: {
          ...item,
          workflow: {
            type: "reasoning",
            tasks: thoughts.map((thought) => ({ ...thought, status_indicator: "complete" })),
            summary: { duration: Math.round((nowMs() - openedMs) / 1000) },
            expanded: false,
          },
        },
      },
    ];
  }

  /** Only the first thought of a workflow streams; a later one appears when it is complete. */
  function thoughtDelta(event: z.infer<typeof summaryDeltaEvent>): ResponderEvent[] {
    if (!workflow) return [];
    if (workflow.thoughts.length === 0) {
      workflow.streamed = summaryKey(event);
      return [showThought(workflow, 0, event.delta, "loading")];
    }
    if (workflow.streamed !== summaryKey(event)) return [];
    return [showThought(workflow, 0, (workflow.thoughts[0]?.content ?? "") + event.delta, "loading")];
  }

  function thoughtDone(event: z.infer<typeof summaryDoneEvent>): ResponderEvent[] {
    if (!workflow) return [];
    if (workflow.streamed !== summaryKey(event)) {
      return [showThought(workflow, workflow.thoughts.length, event.text, "complete")];
    }
    workflow.streamed = null;
    return [showThought(workflow, 0, event.text, "complete")];
  }

  function newMessage(upstreamId: string): AssistantMessageItem {
    const usable = unguessableMessageId.test(upstreamId) && !usedIds.has(upstreamId);
    const id = usable ? upstreamId : turn.newId("message");
    usedIds.add(id);
    return { id, thread_id: turn.thread.id, created_at: turn.now(), type: "assistant_message", content: [] };
  }

  function openMessage(upstreamId: string): OpenMessage {
    const message = messages.get(upstreamId);
    if (!message) throw malformed("update of a message that is not open");
    return message;
  }
}

function read<Schema extends z.ZodType>(schema: Schema, event: object, type: string): z.infer<Schema> {
  const parsed = schema.safeParse(event);
  if (!parsed.success) throw malformed(`incomplete ${type}`);
  return parsed.data;
}

function failed(facts: UpstreamFailureFacts | null | undefined): ResponseEnd {
  return { kind: "failed", upstreamCode: facts?.code ?? null, upstreamType: facts?.type ?? null };
}

/** A refusal is shown as text. */
function contentOf(part: UpstreamContentPart): AssistantContent[] {
  if (part.type === "refusal") return [{ type: "output_text", text: part.refusal ?? "", annotations: [] }];
  if (part.type !== "output_text") return [];
  const annotations = (part.annotations ?? []).flatMap((citation) => annotationOf(citation) ?? []);
  return [{ type: "output_text", text: part.text ?? "", annotations }];
}

function copyOf(part: AssistantContent): AssistantContent {
  return { ...part, annotations: [...part.annotations] };
}

function partAt(message: OpenMessage, index: number): AssistantContent {
  while (message.parts.length <= index)
    message.parts.push({ type: "output_text", text: "", annotations: [] });
  return message.parts[index]!;
}

function updated(item: AssistantMessageItem, update: ItemUpdate): ResponderEvent {
  return { type: "thread.item.updated", item_id: item.id, update };
}

function showThought(
  workflow: OpenWorkflow,
  index: number,
  content: string,
  status: "loading" | "complete",
): ResponderEvent {
  const added = index === workflow.thoughts.length;
  const task: Thought = { type: "thought", status_indicator: status, content };
  workflow.thoughts[index] = task;
  return {
    type: "thread.item.updated",
    item_id: workflow.item.id,
    update: { type: added ? "workflow.task.added" : "workflow.task.updated", task_index: index, task },
  };
}

function summaryKey(event: { item_id: string; summary_index: number }): string {
  return `${event.summary_index}:${event.item_id}`;
}
