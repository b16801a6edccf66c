// Where a widget's action goes: to the page, to the server as a turn, or to the server beside the turn (protocol 4.15).

import type { ChatKitOptions } from "@openai/chatkit";

import type { Chat, Emit } from "../chat/chat.ts";
import { SidekitChatError } from "../errors.ts";
import type { OnWidgetAction } from "../widgets/widget-action.ts";

export function widgetActions(chat: Chat, options: ChatKitOptions, emit: Emit): OnWidgetAction {
  return async (action, item) => {
    const { type, payload, handler = "server", streaming = true } = action;
    emit("chatkit.log", {
      name: "widget.action",
      data: { widgetType: item.widget.type, actionType: type, handler },
    });
    if (handler === "server") {
      if (streaming) await chat.act({ type, payload }, item.id, "over");
      else await chat.actSync({ type, payload }, item.id);
      return;
    }
    await toPage(action, item);
  };

  async function toPage(...[action, item]: Parameters<OnWidgetAction>): Promise<void> {
    const { onAction } = options.widgets ?? {};
    try {
      if (onAction === undefined) throw new SidekitChatError("action_unhandled");
      // Copies, for what the page changes must not change the conversation.
      await onAction(JSON.parse(JSON.stringify(action)), JSON.parse(JSON.stringify(item)));
    } catch (error) {
      emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
}
