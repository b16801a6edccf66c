// What every component of the view may need.

import type { ChatKitOptions } from "@openai/chatkit";
import { createContext, use } from "react";

import type { Chat, Emit } from "../chat/chat.ts";
import type { Strings } from "../locale.ts";
import type { OnWidgetAction } from "../widgets/widget-action.ts";

export interface ViewContext {
  readonly chat: Chat;
  readonly options: ChatKitOptions;
  readonly strings: Strings;
  readonly emit: Emit;
  /** What the components of widgets do; absent, their controls say that they cannot be used. */
  readonly widgetAction?: OnWidgetAction;
  /** For controls that vanish by being used: the focus has to go somewhere. */
  readonly focusComposer: () => void;
}

/** The ids of what answers one message: they are judged together. */
export const TurnItems = createContext<readonly string[]>([]);

const Context = createContext<ViewContext | null>(null);

export const ViewProvider = Context.Provider;

export function useView(): ViewContext {
  const view = use(Context);
  if (view === null) throw new TypeError("A component of the view was drawn outside of it.");
  return view;
}
