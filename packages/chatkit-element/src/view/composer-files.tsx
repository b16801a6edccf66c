// The files of the next message, above the field; and the button that adds to them.

import { FileText, LoaderCircle, Paperclip, RotateCw, TriangleAlert, X } from "lucide-react";
import { useRef } from "react";

import type { ComposerFile } from "../chat/files.ts";
import { useView } from "./view-context.ts";

export function ComposerFiles({ files }: { files: readonly ComposerFile[] }) {
  const { chat, focusComposer, strings } = useView();
  return (
    <ul className="composer-files" aria-label={strings.filesOfMessage}>
      {files.map(({ key, file, state, problem }) => (
        <li key={key} className={`composer-file ${state}`}>
          {state === "uploading" && <LoaderCircle aria-hidden="true" className="spinner" />}
          {state === "ready" && <FileText aria-hidden="true" />}
          {state === "failed" && <TriangleAlert aria-hidden="true" />}
          <span className="file-words">
            <span className="file-name" dir="auto">
              {file.name}
            </span>
            <span className="file-state" role="status">
              {state === "uploading" && strings.uploading}
              {problem !== null &&
                (strings.fileProblems[problem.code] ?? problem.message ?? strings.uploadFailed)}
            </span>
          </span>
          {problem?.canRetry === true && (
            <button
              type="button"
              className="icon-button small"
              aria-label={`${strings.retry}: ${file.name}`}
              title={strings.retry}
              onClick={() => chat.retryFile(key)}
            >
              <RotateCw aria-hidden="true" />
            </button>
          )}
          <button
            type="button"
            className="icon-button small"
            aria-label={strings.removeFile(file.name)}
            title={strings.removeFile(file.name)}
            onClick={() => {
              chat.removeFile(key);
              focusComposer();
            }}
          >
            <X aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

export function AttachButton({ disabled }: { disabled: boolean }) {
  const { chat, focusComposer, options, strings } = useView();
  const input = useRef<HTMLInputElement>(null);
  const limits = options.composer?.attachments;
  if (limits?.enabled !== true) return null;
  const accept = Object.entries(limits.accept ?? {}).flatMap(([type, endings]) => [type, ...endings]);
  return (
    <>
      <button
        type="button"
        className="icon-button attach"
        aria-label={strings.attachFiles}
        title={strings.attachFiles}
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        <Paperclip aria-hidden="true" />
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={accept.join(",")}
        onChange={(event) => {
          chat.addFiles([...(event.target.files ?? [])], limits);
          // The same file again is another choice.
          event.target.value = "";
          focusComposer();
        }}
      />
    </>
  );
}
