// A message on its way: as it stands on screen, as it is sent, and as it is sent once more.

import type { StreamingRequest, UserInput, UserMessageItem } from "@sidekit/chatkit/protocol";

import type { ThreadRecord } from "../client/wire-items.ts";
import type { OutgoingMessage } from "./outgoing.ts";

export function sentMessage(
  message: OutgoingMessage,
  { id, threadId, at }: { id: string; threadId: string; at: number },
): UserMessageItem {
  return {
    type: "user_message",
    id,
    thread_id: threadId,
    created_at: new Date(at).toISOString(),
    content: message.content,
    attachments: (message.attachments ?? []).map(({ id, name, mime_type, preview_url }) =>
      preview_url === undefined
        ? { type: "file", id, name, mime_type }
        : { type: "image", id, name, mime_type, preview_url },
    ),
    inference_options: message.inferenceOptions ?? {},
    ...(message.quotedText === undefined ? {} : { quoted_text: message.quotedText }),
  };
}

/** The same message gives the same request, word for word: servers know repeats by that. */
export function requestFor(shown: UserMessageItem, thread: ThreadRecord | null): StreamingRequest {
  const input: UserInput = {
    content: shown.content,
    attachments: shown.attachments.map(({ id }) => id),
    inference_options: shown.inference_options,
    ...(shown.quoted_text === undefined ? {} : { quoted_text: shown.quoted_text }),
  };
  return thread === null
    ? { type: "threads.create", params: { input }, metadata: {} }
    : { type: "threads.add_user_message", params: { thread_id: thread.id, input }, metadata: {} };
}

export function asMessage(item: UserMessageItem): OutgoingMessage {
  return {
    content: item.content,
    attachments: item.attachments,
    quotedText: item.quoted_text,
    inferenceOptions: item.inference_options,
  };
}
