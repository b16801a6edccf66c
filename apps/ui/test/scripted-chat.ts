// Answers ChatKit requests with a fixed sentence, and remembers threads as far as the page needs it.

import type { FastifyReply } from "fastify";

interface WireThread {
  id: string;
  title?: string;
  created_at: string;
  status: { type: "active" };
  metadata: Record<string, never>;
  items: { data: object[]; has_more: boolean };
}

interface WireRequest {
  type: string;
  params: { thread_id?: string; input?: { content: object[] } };
}

export interface ScriptedChat {
  answer(body: unknown, reply: FastifyReply): FastifyReply;
  forgetThreads(): void;
}

export const scriptedAnswer = "Scripted answer: **streamed** in three parts.";

export function createScriptedChat(): ScriptedChat {
  const threads = new Map<string, WireThread>();
  let count = 0;
  const newId = (prefix: string) => `${prefix}_${String((count += 1)).padStart(4, "0")}`;

  return {
    answer(body, reply) {
      const request = body as WireRequest;
      const thread = threads.get(request.params.thread_id ?? "");
      switch (request.type) {
        case "threads.create":
        case "threads.add_user_message":
          return stream(reply, turn(request, thread));
        case "threads.list":
          return reply.send({
            data: [...threads.values()].map((each) => ({ ...each, items: { data: [], has_more: false } })),
            has_more: false,
          });
        case "items.list":
          return reply.send(thread?.items ?? { data: [], has_more: false });
        case "threads.get_by_id":
          return thread === undefined
            ? reply.code(404).send({ error: { code: "not_found", message: "There is no such thread." } })
            : reply.send(thread);
        default:
          return reply.code(400).send({ error: { code: "invalid_request", message: "Not scripted." } });
      }
    },
    forgetThreads: () => threads.clear(),
  };

  function turn(request: WireRequest, known: WireThread | undefined): object[] {
    const thread = known ?? newThread();
    const userItem = item(thread, "user_message", request.params.input?.content ?? [], {
      attachments: [],
      inference_options: {},
    });
    const text = { type: "output_text", text: scriptedAnswer, annotations: [] };
    const assistant = item(thread, "assistant_message", [text], {});
    thread.items.data.push(userItem, assistant);
    const update = (change: object) => ({
      type: "thread.item.updated",
      item_id: assistant.id,
      update: { content_index: 0, ...change },
    });
    return [
      ...(known === undefined
        ? [{ type: "thread.created", thread: { ...thread, items: { data: [], has_more: false } } }]
        : []),
      { type: "thread.item.done", item: userItem },
      { type: "stream_options", stream_options: { allow_cancel: true } },
      { type: "thread.item.added", item: { ...assistant, content: [] } },
      update({ type: "assistant_message.content_part.added", content: { ...text, text: "" } }),
      ...(scriptedAnswer.match(/.{1,16}/g) ?? []).map((delta) =>
        update({ type: "assistant_message.content_part.text_delta", delta }),
      ),
      update({ type: "assistant_message.content_part.done", content: text }),
      { type: "thread.item.done", item: assistant },
    ];
  }

  function newThread(): WireThread {
    const thread: WireThread = {
      id: newId("thr"),
      created_at: new Date().toISOString(),
      status: { type: "active" },
      metadata: {},
      items: { data: [], has_more: false },
    };
    threads.set(thread.id, thread);
    return thread;
  }

  function item(thread: WireThread, type: string, content: object[], more: object) {
    return {
      id: newId("msg"),
      thread_id: thread.id,
      created_at: new Date().toISOString(),
      type,
      content,
      ...more,
    };
  }
}

function stream(reply: FastifyReply, events: readonly object[]): FastifyReply {
  const frames = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  return reply.type("text/event-stream; charset=utf-8").send(frames.join(""));
}
