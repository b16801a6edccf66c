// The frames that scenes of the gallery are made of, as a server sends them. A test holds them to the protocol.

export type Frame = { readonly type: string } & Readonly<Record<string, unknown>>;
type Item = Frame;

const threadId = "thr_gallery";
/** Every picture of the gallery shows the same day. */
const at = "2026-11-02T09:30:00Z";

const common = (id: string) => ({ id, thread_id: threadId, created_at: at });

export function thread(more: Readonly<Record<string, unknown>> = {}): Frame {
  return {
    type: "thread.created",
    thread: {
      id: threadId,
      created_at: at,
      status: { type: "active" },
      metadata: {},
      items: { data: [], has_more: false },
      ...more,
    },
  };
}

/** The thread as it is from here on. */
export function threadUpdate(more: Readonly<Record<string, unknown>>): Frame {
  return { ...thread(more), type: "thread.updated" };
}

export function user(text: string, more: Readonly<Record<string, unknown>> = {}): Frame {
  return done({
    type: "user_message",
    ...common("msg_user"),
    content: [{ type: "input_text", text }],
    attachments: [],
    inference_options: {},
    ...more,
  });
}

export function assistant(text: string, annotations: readonly object[] = [], id = "msg_answer"): Frame {
  return done({
    type: "assistant_message",
    ...common(id),
    content: [{ type: "output_text", text, annotations }],
  });
}

/** An answer of which so much has come. */
export function beginning(text: string): readonly Frame[] {
  const content = { type: "output_text", text: "", annotations: [] };
  const update = (change: object): Frame => ({
    type: "thread.item.updated",
    item_id: "msg_answer",
    update: { content_index: 0, ...change },
  });
  return [
    added({ type: "assistant_message", ...common("msg_answer"), content: [] }),
    update({ type: "assistant_message.content_part.added", content }),
    update({ type: "assistant_message.content_part.text_delta", delta: text }),
  ];
}

export function workflow(content: object, id = "wfl_gallery"): Item {
  return { type: "workflow", ...common(id), workflow: content };
}

export function widget(content: object, id = "wdg_gallery"): Frame {
  return done({ type: "widget", ...common(id), widget: content });
}

export function item(type: string, id: string, members: object): Item {
  return { type, ...common(id), ...members };
}

export function done(content: Item): Frame {
  return { type: "thread.item.done", item: content };
}

export function added(content: Item): Frame {
  return { type: "thread.item.added", item: content };
}

export const cancellable: Frame = { type: "stream_options", stream_options: { allow_cancel: true } };
