// The bar above the messages.

import type { HeaderOption } from "@openai/chatkit";
import { Circle, History, SquarePen } from "lucide-react";
import type { RefObject } from "react";

import { NamedIcon } from "./icons.tsx";
import { useView } from "./view-context.ts";

export interface HeaderProps {
  readonly title: string | null;
  /** Null hides the button. */
  readonly historyButton: RefObject<HTMLButtonElement | null> | null;
  /** Null while there is nothing to leave. */
  readonly onNewChat: (() => void) | null;
}

export function Header({ title, historyButton, onNewChat }: HeaderProps) {
  const { chat, options, strings } = useView();
  const { header } = options;
  const shownTitle = header?.title?.text ?? title ?? strings.newChat;
  return (
    <header className="header">
      {historyButton !== null && (
        <button
          type="button"
          ref={historyButton}
          className="icon-button"
          aria-label={strings.openHistory}
          title={strings.openHistory}
          onClick={() => void chat.showHistory()}
        >
          <History aria-hidden="true" />
        </button>
      )}
      {header?.leftAction !== undefined && <ActionButton action={header.leftAction} />}
      <h2 className="title" dir="auto">
        {(header?.title?.enabled ?? true) && shownTitle}
      </h2>
      {header?.rightAction !== undefined && <ActionButton action={header.rightAction} />}
      <button
        type="button"
        className="icon-button"
        aria-label={strings.newChat}
        title={strings.newChat}
        aria-disabled={onNewChat === null}
        onClick={() => onNewChat?.()}
      >
        <SquarePen aria-hidden="true" />
      </button>
    </header>
  );
}

function ActionButton({ action }: { action: NonNullable<HeaderOption["leftAction"]> }) {
  const { strings } = useView();
  // The option brings no label, so what the icon means has to do.
  const name = strings.headerActions[action.icon.split("-", 1)[0] ?? ""] ?? action.icon.replaceAll("-", " ");
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={name}
      title={name}
      onClick={() => action.onClick()}
    >
      <NamedIcon name={action.icon} fallback={Circle} />
    </button>
  );
}
