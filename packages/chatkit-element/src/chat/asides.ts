// What the user can do beside a running answer: widget actions that only change their widget, and judging answers.

import type { ActionParams, JsonRequest } from "@sidekit/chatkit/protocol";

import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";

export type FeedbackKind = Extract<JsonRequest, { type: "items.feedback" }>["params"]["kind"];

export interface Asides {
  /** Puts the item of the server's answer in the widget's place. Rejects after a `chatkit.error`. */
  actSync(action: ActionParams["action"], itemId: string): Promise<void>;
  /** Shown at once, and taken back when the server refuses it: rejects after a `chatkit.error`. */
  judge(itemIds: readonly string[], kind: FeedbackKind): Promise<void>;
}

export function createAsides({ client, emit, get, change, update }: ChatContext): Asides {
  return {
    actSync: async (action, itemId) => {
      const thread_id = threadId();
      try {
        const params = { thread_id, item_id: itemId, action };
        // Nothing ends it early but its deadline: the server has the action, and the widget waits for its outcome.
        const item = await client().actSync(params, new AbortController().signal);
        if (item === null || get().conversation.thread?.id !== thread_id) return;
        change({ type: "received", event: { type: "thread.item.replaced", item } });
      } catch (error) {
        throw reported(error);
      }
    },

    judge: async (itemIds, kind) => {
      const key = itemIds.at(-1);
      if (key === undefined || get().feedback[key] === kind) return;
      const before = get().feedback[key];
      update({ feedback: { ...get().feedback, [key]: kind } });
      try {
        const params = { thread_id: threadId(), item_ids: [...itemIds], kind };
        await client().sendFeedback(params, new AbortController().signal);
      } catch (error) {
        const { [key]: _, ...others } = get().feedback;
        update({ feedback: before === undefined ? others : { ...others, [key]: before } });
        throw reported(error);
      }
    },
  };

  function threadId(): string {
    const { thread } = get().conversation;
    if (thread === null) throw new SidekitChatError("no_thread");
    return thread.id;
  }

  function reported(error: unknown): unknown {
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
    return error;
  }
}
