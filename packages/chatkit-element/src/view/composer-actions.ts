// What the composer itself can do, as commands beside the page's.

import type { ChatKitOptions } from "@openai/chatkit";

import type { Chat } from "../chat/chat.ts";
import type { Strings } from "../locale.ts";
import type { ComposerAction } from "./use-suggestions.ts";

export interface ComposerActionsOptions {
  readonly chat: Chat;
  readonly options: ChatKitOptions;
  readonly strings: Strings;
  readonly attach: () => void;
  readonly dictate: () => void;
  readonly mention: () => void;
  readonly focus: () => void;
}

export function composerActions({
  chat,
  options: { composer, entities },
  strings,
  attach,
  dictate,
  mention,
  focus,
}: ComposerActionsOptions): ComposerAction[] {
  const actions: ComposerAction[] = [];
  if (composer?.attachments?.enabled === true)
    actions.push({ key: "attach", label: strings.attachFiles, icon: "document", run: attach });
  if (entities?.onTagSearch !== undefined)
    actions.push({ key: "mention", label: strings.mention, icon: "profile", run: mention });
  if (composer?.dictation?.enabled === true)
    actions.push({ key: "dictate", label: strings.dictate, run: dictate });
  for (const { id, label, icon } of composer?.tools ?? []) {
    const run = () => chat.selectTool(id, "command");
    actions.push({ key: `tool ${id}`, label, icon, group: strings.tools, run });
  }
  for (const { id, label, description, disabled } of composer?.models ?? []) {
    if (disabled === true) continue;
    const run = () => {
      chat.selectModel(id);
      focus();
    };
    actions.push({ key: `model ${id}`, label, description, group: strings.model, run });
  }
  return actions;
}
