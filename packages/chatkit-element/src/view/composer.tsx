// Where the user writes. Enter sends, Shift+Enter begins a new line.

import type { ThreadStatus } from "@sidekit/chatkit/protocol";
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useCallback,
  useRef,
  useState,
} from "react";

import { chosenTool } from "../chat/choices.ts";
import type { ComposerState } from "../chat/composer.ts";
import { ignoreShown } from "../chat/failure.ts";
import type { ComposerFile } from "../chat/files.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { composerActions } from "./composer-actions.ts";
import { ComposerField, type FieldHandle, nowhere } from "./composer-field.tsx";
import { AttachButton, ComposerFiles } from "./composer-files.tsx";
import { ComposerQuote } from "./composer-quote.tsx";
import { ComposerTools, MentionButton, ModelPicker } from "./composer-tools.tsx";
import { DictationControls, DictationStatus } from "./dictation-controls.tsx";
import { Markdown } from "./markdown.tsx";
import { SendButton } from "./send-button.tsx";
import { optionId, SuggestionList, SuggestionStatus } from "./suggestion-list.tsx";
import { useDictation } from "./use-dictation.ts";
import { useSuggestions } from "./use-suggestions.ts";
import { useView } from "./view-context.ts";

/** What the server takes, in bytes of UTF-8. */
const maxMessageBytes = 65_536;

export interface ComposerProps {
  readonly composer: ComposerState;
  readonly files: readonly ComposerFile[];
  readonly run: Conversation["run"];
  readonly status: ThreadStatus | null;
  readonly loading: boolean;
  /** While something else is in its place, it cannot be measured. */
  readonly hidden: boolean;
  readonly onElement: (element: HTMLTextAreaElement | null) => void;
}

export function Composer(props: ComposerProps) {
  const { strings } = useView();
  const { status } = props;
  if (status?.type !== "closed") return <OpenComposer {...props} />;
  return (
    <div className="composer-area">
      <p className="closed">{status.reason ?? strings.closed}</p>
    </div>
  );
}

function OpenComposer({ composer, files, run, status, loading, hidden, onElement }: ComposerProps) {
  const { chat, options, strings } = useView();
  const { draft, reply } = composer;
  const field = useRef<FieldHandle>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [caret, setCaret] = useState(nowhere);
  const dictation = useDictation(field, draft.text);
  const focusField = useCallback(() => field.current?.element?.focus(), []);
  const mention = useCallback(() => typeSign(field.current), []);
  const { suggestions, pressed } = useSuggestions(field, draft, caret, () =>
    composerActions({
      chat,
      options,
      strings,
      attach: () => picker.current?.click(),
      dictate: dictation.start,
      mention,
      focus: focusField,
    }),
  );

  const isLocked = status?.type === "locked";
  const isTooLong = exceedsLimit(draft.text.trim());
  // A file that failed is mended or removed first, not left behind in silence.
  const areFilesReady = files.every(({ state }) => state === "ready");
  const canSend =
    (draft.text.trim() !== "" || files.length > 0) &&
    areFilesReady &&
    run === null &&
    !loading &&
    !isLocked &&
    !isTooLong;
  const send = () => {
    if (!canSend) return;
    chat.submit().catch(ignoreShown);
    focusField();
  };
  const placeholder = isLocked
    ? (status.reason ?? strings.locked)
    : (chosenTool(composer, options.composer)?.placeholderOverride ??
      options.composer?.placeholder ??
      strings.placeholder);

  const limits = isLocked ? undefined : options.composer?.attachments;
  const addFrom = (event: DragEvent | ClipboardEvent, data: DataTransfer) => {
    if (limits?.enabled !== true || data.files.length === 0) return;
    event.preventDefault();
    chat.addFiles([...data.files], limits);
  };
  const list = suggestions !== null && suggestions.rows.length > 0 ? suggestions : null;
  const hasDictation = options.composer?.dictation?.enabled === true;

  return (
    <div
      className="composer-area"
      role="presentation"
      onDragOver={(event) => {
        if (limits?.enabled === true && event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => addFrom(event, event.dataTransfer)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || dictation.phase === "idle") return;
        event.stopPropagation();
        dictation.cancel();
      }}
    >
      {files.length > 0 && <ComposerFiles files={files} />}
      <form
        className="composer"
        data-tools={hasTools(options) || dictation.phase !== "idle" || undefined}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {suggestions !== null && <SuggestionList suggestions={suggestions} />}
        {reply !== null && <ComposerQuote quote={reply} />}
        <ComposerField
          ref={field}
          draft={draft}
          caret={caret}
          placeholder={placeholder}
          disabled={isLocked}
          invalid={isTooLong}
          hidden={hidden}
          listId={list?.listId}
          activeId={list === null ? undefined : optionId(list)}
          onElement={onElement}
          onCaret={setCaret}
          onPaste={(event) => addFrom(event, event.clipboardData)}
          onKeyDown={(event) => {
            if (pressed(event) || !meansSend(event)) return;
            event.preventDefault();
            send();
          }}
        />
        <div className="composer-start">
          <AttachButton disabled={isLocked} picker={picker} />
          <MentionButton disabled={isLocked} onMention={mention} />
          <ComposerTools composer={composer} disabled={isLocked} />
        </div>
        <div className="composer-end">
          <ModelPicker composer={composer} disabled={isLocked} />
          {hasDictation && <DictationControls dictation={dictation} disabled={isLocked} />}
          <SendButton
            run={run}
            canSend={canSend}
            onStop={() => {
              chat.stop();
              focusField();
            }}
          />
        </div>
      </form>
      <SuggestionStatus suggestions={suggestions} />
      {hasDictation && <DictationStatus dictation={dictation} />}
      <p className="composer-problem" role="status">
        {isTooLong ? strings.tooLong : ""}
      </p>
      {options.disclaimer !== undefined && (
        <div className={options.disclaimer.highContrast === true ? "disclaimer strong" : "disclaimer"}>
          <Markdown text={options.disclaimer.text} isWhole />
        </div>
      )}
    </div>
  );
}

/** Then the controls have a line of their own, below the text. */
function hasTools({ composer, entities }: ReturnType<typeof useView>["options"]): boolean {
  return (
    (composer?.tools ?? []).length > 0 ||
    (composer?.models ?? []).length > 0 ||
    (entities?.showComposerMenu === true && entities.onTagSearch !== undefined)
  );
}

function typeSign(field: FieldHandle | null): void {
  const element = field?.element;
  if (element == null) return;
  const { selectionStart, selectionEnd, value } = element;
  field?.replace(selectionStart, selectionEnd, /\S$/.test(value.slice(0, selectionStart)) ? " @" : "@");
}

function exceedsLimit(text: string): boolean {
  // No code unit takes more than three bytes: most texts need not be measured.
  return text.length * 3 > maxMessageBytes && new TextEncoder().encode(text).length > maxMessageBytes;
}

function meansSend(event: KeyboardEvent): boolean {
  // Code 229 is Enter that confirms a word in an input method, in browsers that say nothing else about it.
  const isComposing = event.nativeEvent.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !isComposing;
}
