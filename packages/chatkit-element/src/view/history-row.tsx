// One conversation in the list: open, rename, delete after a question.

import { Pencil, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { ignoreShown } from "../chat/failure.ts";
import type { ThreadRecord } from "../client/wire-items.ts";
import { useView } from "./view-context.ts";

const maxTitleChars = 256;

export interface HistoryRowProps {
  readonly thread: ThreadRecord;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
  /** The row is gone from the list by then. */
  readonly onRemoved: () => void;
  readonly onRenamed: () => void;
}

export function HistoryRow({ thread, isCurrent, onOpen, onRemoved, onRenamed }: HistoryRowProps) {
  const { chat, options, strings } = useView();
  const [mode, setMode] = useState<"shown" | "renaming" | "asking">("shown");
  const opener = useRef<HTMLButtonElement>(null);
  const title = thread.title ?? strings.untitled;
  const backToShown = () => {
    setMode("shown");
    setTimeout(() => opener.current?.focus());
  };

  if (mode === "renaming") {
    return (
      <li className="row">
        <RenameForm
          title={thread.title ?? ""}
          onCancel={backToShown}
          onSave={(renamed) => {
            chat.renameThread(thread.id, renamed).then(onRenamed, ignoreShown);
            backToShown();
          }}
        />
      </li>
    );
  }
  if (mode === "asking") {
    return (
      <li className="row">
        <RemoveQuestion
          onCancel={backToShown}
          onRemove={() => {
            chat.deleteThread(thread.id).then(onRemoved, backToShown);
          }}
        />
      </li>
    );
  }
  return (
    <li className={isCurrent ? "row current" : "row"}>
      <button
        ref={opener}
        type="button"
        className="row-open"
        dir="auto"
        data-opens={thread.id}
        aria-current={isCurrent ? "true" : undefined}
        onClick={onOpen}
      >
        {title}
      </button>
      {(options.history?.showRename ?? true) && (
        <button
          type="button"
          className="icon-button small"
          aria-label={strings.rename(title)}
          title={strings.rename(title)}
          onClick={() => setMode("renaming")}
        >
          <Pencil aria-hidden="true" />
        </button>
      )}
      {(options.history?.showDelete ?? true) && (
        <button
          type="button"
          className="icon-button small"
          aria-label={strings.remove(title)}
          title={strings.remove(title)}
          onClick={() => setMode("asking")}
        >
          <Trash2 aria-hidden="true" />
        </button>
      )}
    </li>
  );
}

function RenameForm({
  title,
  onCancel,
  onSave,
}: {
  title: string;
  onCancel: () => void;
  onSave: (title: string) => void;
}) {
  const { strings } = useView();
  const [value, setValue] = useState(title);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  return (
    <form
      className="row-form"
      onSubmit={(event) => {
        event.preventDefault();
        const trimmed = value.trim();
        if (trimmed === "" || trimmed === title) onCancel();
        else onSave(trimmed);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <input
        ref={input}
        dir="auto"
        value={value}
        maxLength={maxTitleChars}
        aria-label={strings.renameTo}
        onChange={(event) => setValue(event.target.value)}
      />
      <button type="submit" className="text-button">
        {strings.save}
      </button>
      <button type="button" className="text-button" onClick={onCancel}>
        {strings.cancel}
      </button>
    </form>
  );
}

function RemoveQuestion({ onCancel, onRemove }: { onCancel: () => void; onRemove: () => void }) {
  const { strings } = useView();
  const cancelButton = useRef<HTMLButtonElement>(null);
  useEffect(() => cancelButton.current?.focus(), []);
  return (
    <div
      className="row-form question"
      role="group"
      aria-label={strings.removeQuestion}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onCancel();
      }}
    >
      <span>{strings.removeQuestion}</span>
      <button type="button" className="text-button danger" onClick={onRemove}>
        {strings.removeNow}
      </button>
      <button ref={cancelButton} type="button" className="text-button" onClick={onCancel}>
        {strings.cancel}
      </button>
    </div>
  );
}
