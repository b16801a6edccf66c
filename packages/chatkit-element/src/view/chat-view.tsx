// The whole chat: header, list of conversations, messages or start screen, composer.

import type { ChatKitOptions } from "@openai/chatkit";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useSyncExternalStore } from "react";

import type { Chat, Emit } from "../chat/chat.ts";
import { failureOf, ignoreShown } from "../chat/failure.ts";
import type { SidekitChatError } from "../errors.ts";
import { isRightToLeft, localeOf, wordsIn } from "../language.ts";
import { failureSentence, type Strings } from "../locale.ts";
import { Announcer } from "./announcer.tsx";
import { Dock } from "./dock.tsx";
import { FailureLine } from "./failure-line.tsx";
import { Header } from "./header.tsx";
import { HistoryDrawer } from "./history-drawer.tsx";
import { ReplyToSelection } from "./reply-to-selection.tsx";
import { StartScreen } from "./start-screen.tsx";
import { Transcript } from "./transcript.tsx";
import { ViewProvider } from "./view-context.ts";
import { widgetActions } from "./widget-actions.ts";

export interface ChatViewProps {
  readonly chat: Chat;
  readonly options: ChatKitOptions;
  /** Set when the options name no server to talk to. */
  readonly problem: SidekitChatError | null;
  readonly strings: Strings;
  readonly scheme: "light" | "dark";
  readonly emit: Emit;
  readonly onComposer: (composer: HTMLTextAreaElement | null) => void;
  /** Called after each change of options has been drawn. */
  readonly onPainted: (options: ChatKitOptions) => void;
}

export function ChatView({
  chat,
  options,
  problem,
  strings,
  scheme,
  emit,
  onComposer,
  onPainted,
}: ChatViewProps) {
  const { conversation, loadingThreadId, earlier, history, composer, files } = useSyncExternalStore(
    chat.subscribe,
    chat.getState,
  );
  const field = useRef<HTMLTextAreaElement | null>(null);
  const historyButton = useRef<HTMLButtonElement>(null);
  const locale = localeOf(options);
  const hasHistory = options.history?.enabled ?? true;
  const isStart =
    conversation.entries.length === 0 && loadingThreadId === null && conversation.thread === null;

  useEffect(() => onPainted(options), [options, onPainted]);

  const keepComposer = useCallback(
    (element: HTMLTextAreaElement | null) => {
      field.current = element;
      onComposer(element);
    },
    [onComposer],
  );
  const focusComposer = useCallback(() => field.current?.focus(), []);
  const widgetAction = useMemo(() => widgetActions(chat, options, emit), [chat, options, emit]);
  const view = useMemo(
    () => ({ chat, options, strings, emit, focusComposer, widgetAction }),
    [chat, options, strings, emit, focusComposer, widgetAction],
  );

  return (
    <ViewProvider value={view}>
      <section
        className="frame"
        data-scheme={scheme}
        lang={wordsIn(locale) === "es" ? locale : "en"}
        // A page that runs from the right keeps doing so around a language that does not.
        dir={isRightToLeft(locale) ? "rtl" : undefined}
        aria-label={options.frameTitle ?? strings.chat}
        onKeyDown={(event) => escape(event, chat)}
      >
        <div className="stage" inert={history.open}>
          {(options.header?.enabled ?? true) && (
            <Header
              title={conversation.thread?.title ?? null}
              historyButton={hasHistory && problem === null ? historyButton : null}
              onNewChat={
                isStart
                  ? null
                  : () => {
                      emit("chatkit.log", { name: "newChat.create" });
                      chat.openThread(null).catch(ignoreShown);
                      focusComposer();
                    }
              }
            />
          )}
          {problem !== null ? (
            <p className="problem" role="alert">
              {failureSentence(failureOf(problem), strings)}
            </p>
          ) : (
            <>
              {isStart && conversation.failure === null ? (
                <StartScreen />
              ) : (
                <Transcript
                  conversation={conversation}
                  loading={loadingThreadId !== null}
                  earlier={earlier}
                  failure={
                    conversation.failure === null ? null : <FailureLine failure={conversation.failure} />
                  }
                />
              )}
              {(conversation.thread?.status.type ?? "active") === "active" && <ReplyToSelection />}
              <Dock
                conversation={conversation}
                composer={composer}
                files={files}
                loading={loadingThreadId !== null}
                onElement={keepComposer}
              />
            </>
          )}
        </div>
        {history.open && (
          <HistoryDrawer
            history={history}
            currentId={conversation.thread?.id ?? null}
            onClose={() => {
              chat.hideHistory();
              // The button can take the focus once the stage is no longer inert.
              setTimeout(() => historyButton.current?.focus());
            }}
            onOpened={() => setTimeout(focusComposer)}
          />
        )}
        <Announcer conversation={conversation} />
      </section>
    </ViewProvider>
  );
}

/** The list closes by itself and stops the event; here Escape ends the running answer. */
function escape(event: KeyboardEvent, chat: Chat): void {
  if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
  if (chat.getState().conversation.run?.cancellable === true) chat.stop();
}
