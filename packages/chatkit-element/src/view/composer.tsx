// Where the user writes. Enter sends, Shift+Enter begins a new line.

import type { ThreadStatus } from "@sidekit/chatkit/protocol";
import { ArrowUp, LoaderCircle, Square } from "lucide-react";
import {
  type ClipboardEvent,
  type DragEvent,
  type KeyboardEvent,
  useCallback,
  useLayoutEffect,
  useRef,
} from "react";

import { ignoreShown } from "../chat/failure.ts";
import type { ComposerFile } from "../chat/files.ts";
import type { Conversation } from "../conversation/conversation.ts";
import { AttachButton, ComposerFiles } from "./composer-files.tsx";
import { Markdown } from "./markdown.tsx";
import { useView } from "./view-context.ts";

/** What the server takes, in bytes of UTF-8. */
const maxMessageBytes = 65_536;

export interface ComposerProps {
  readonly draft: string;
  readonly files: readonly ComposerFile[];
  readonly run: Conversation["run"];
  readonly status: ThreadStatus | null;
  readonly loading: boolean;
  /** While something else is in its place, it cannot be measured. */
  readonly hidden: boolean;
  readonly onElement: (element: HTMLTextAreaElement | null) => void;
}

export function Composer({ draft, files, run, status, loading, hidden, onElement }: ComposerProps) {
  const { chat, options, strings } = useView();
  const textarea = useRef<HTMLTextAreaElement | null>(null);
  const keep = useCallback(
    (element: HTMLTextAreaElement | null) => {
      textarea.current = element;
      onElement(element);
    },
    [onElement],
  );

  useLayoutEffect(() => {
    const element = textarea.current;
    if (element === null || hidden) return;
    // Its own height first, or it could never become smaller again.
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
    // What is measured follows from the text and from whether the field is there.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [draft, status, hidden]);

  if (status?.type === "closed") {
    return (
      <div className="composer-area">
        <p className="closed">{status.reason ?? strings.closed}</p>
      </div>
    );
  }

  const isLocked = status?.type === "locked";
  const isTooLong = exceedsLimit(draft.trim());
  // A file that failed is mended or removed first, not left behind in silence.
  const areFilesReady = files.every(({ state }) => state === "ready");
  const canSend =
    (draft.trim() !== "" || files.length > 0) &&
    areFilesReady &&
    run === null &&
    !loading &&
    !isLocked &&
    !isTooLong;
  const send = () => {
    if (!canSend) return;
    const text = draft.trim();
    chat.setDraft("");
    const attachments = chat.takeFiles();
    chat.send({ content: text === "" ? [] : [{ type: "input_text", text }], attachments }).catch(ignoreShown);
    textarea.current?.focus();
  };
  const placeholder = isLocked
    ? (status.reason ?? strings.locked)
    : (options.composer?.placeholder ?? strings.placeholder);

  const limits = isLocked ? undefined : options.composer?.attachments;
  const addFrom = (event: DragEvent | ClipboardEvent, data: DataTransfer) => {
    if (limits?.enabled !== true || data.files.length === 0) return;
    event.preventDefault();
    chat.addFiles([...data.files], limits);
  };

  return (
    <div
      className="composer-area"
      onDragOver={(event) => {
        if (limits?.enabled === true && event.dataTransfer.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => addFrom(event, event.dataTransfer)}
    >
      {files.length > 0 && <ComposerFiles files={files} />}
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <AttachButton disabled={isLocked} />
        <textarea
          ref={keep}
          dir="auto"
          rows={1}
          value={draft}
          aria-label={strings.message}
          aria-invalid={isTooLong}
          placeholder={placeholder}
          disabled={isLocked}
          onChange={(event) => chat.setDraft(event.target.value)}
          onPaste={(event) => addFrom(event, event.clipboardData)}
          onKeyDown={(event) => {
            if (!meansSend(event)) return;
            event.preventDefault();
            send();
          }}
        />
        <SendButton
          run={run}
          canSend={canSend}
          onStop={() => {
            chat.stop();
            textarea.current?.focus();
          }}
        />
      </form>
      <p className="too-long" role="status">
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

function exceedsLimit(text: string): boolean {
  // No code unit takes more than three bytes: most texts need not be measured.
  return text.length * 3 > maxMessageBytes && new TextEncoder().encode(text).length > maxMessageBytes;
}

/** One button throughout, never disabled, so that the focus stays where it is when its meaning changes. */
function SendButton({
  run,
  canSend,
  onStop,
}: {
  run: Conversation["run"];
  canSend: boolean;
  onStop: () => void;
}) {
  const { strings } = useView();
  const meaning = run === null ? "send" : run.cancellable ? "stop" : "busy";
  const words = { send: strings.send, stop: strings.stop, busy: strings.busy }[meaning];
  return (
    <button
      type={meaning === "send" ? "submit" : "button"}
      className="send-button"
      aria-label={words}
      title={words}
      aria-disabled={meaning === "busy" || (meaning === "send" && !canSend)}
      onClick={(event) => {
        if (meaning === "send") return;
        // Its type changes while the click goes on, and must not submit then.
        event.preventDefault();
        if (meaning === "stop") onStop();
      }}
    >
      {meaning === "send" && <ArrowUp aria-hidden="true" />}
      {meaning === "stop" && <Square aria-hidden="true" className="filled" />}
      {meaning === "busy" && <LoaderCircle aria-hidden="true" className="spinner" />}
    </button>
  );
}

function meansSend(event: KeyboardEvent): boolean {
  // Code 229 is Enter that confirms a word in an input method, in browsers that say nothing else about it.
  const isComposing = event.nativeEvent.isComposing || event.keyCode === 229;
  return event.key === "Enter" && !event.shiftKey && !isComposing;
}
