// What every component of the view may need.

import type { ChatKitOptions } from "@openai/chatkit";
import { createContext, use } from "react";

import type { Chat, Emit } from "../chat/chat.ts";
import type { Strings } from "../locale.ts";

export interface ViewContext {
  readonly chat: Chat;
  readonly options: ChatKitOptions;
  readonly strings: Strings;
  readonly emit: Emit;
  /** For controls that vanish by being used: the focus has to go somewhere. */
  readonly focusComposer: () => void;
}

const Context = createContext<ViewContext | null>(null);

export const ViewProvider = Context.Provider;

export function useView(): ViewContext {
  const view = use(Context);
  if (view === null) throw new TypeError("A component of the view was drawn outside of it.");
  return view;
}
