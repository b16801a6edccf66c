// Below the messages: the composer, or the questions that wait for an answer.

import { useLayoutEffect, useRef } from "react";

import type { ComposerState } from "../chat/composer.ts";
import type { ComposerFile } from "../chat/files.ts";
import { type Conversation, pendingForm } from "../conversation/conversation.ts";
import { Composer } from "./composer.tsx";
import { QuestionForm } from "./question-form.tsx";

export interface DockProps {
  readonly conversation: Conversation;
  readonly composer: ComposerState;
  readonly files: readonly ComposerFile[];
  readonly loading: boolean;
  readonly onElement: (element: HTMLTextAreaElement | null) => void;
}

export function Dock({ conversation, composer, files, loading, onElement }: DockProps) {
  const dock = useRef<HTMLDivElement>(null);
  const questions = useRef<HTMLFormElement>(null);
  const status = conversation.thread?.status ?? null;
  const form = status === null || status.type === "active" ? pendingForm(conversation) : null;
  // Sent answers need the stop button, which is the composer's.
  const isAsking = form !== null && conversation.run === null && !loading;

  useLayoutEffect(() => {
    // What is hidden loses the focus only after this.
    const root = dock.current?.getRootNode();
    const focused = root instanceof ShadowRoot ? root.activeElement : null;
    if (focused === null || dock.current?.contains(focused) !== true) return;
    const place = isAsking ? questions.current : dock.current.querySelector(".composer");
    if (place?.contains(focused) === true) return;
    place?.querySelector<HTMLElement>("input, textarea")?.focus();
  }, [isAsking]);

  return (
    <div className="dock" ref={dock}>
      {form !== null && <QuestionForm key={form.id} ref={questions} item={form} hidden={!isAsking} />}
      <div hidden={isAsking}>
        <Composer
          composer={composer}
          files={files}
          run={conversation.run}
          status={status}
          loading={loading}
          hidden={isAsking}
          onElement={onElement}
        />
      </div>
    </div>
  );
}
