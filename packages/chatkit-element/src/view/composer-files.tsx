// The files of the next message, above the field; and the button that adds to them.

import { FileText, LoaderCircle, Paperclip, RotateCw, TriangleAlert, X } from "lucide-react";
import type { RefObject } from "react";

import type { ComposerFile } from "../chat/files.ts";
import { Thumbnail } from "./thumbnail.tsx";
import { useView } from "./view-context.ts";

export function ComposerFiles({ files }: { files: readonly ComposerFile[] }) {
  const { chat, focusComposer, strings } = useView();
  return (
    <ul className="composer-files" aria-label={strings.filesOfMessage}>
      {files.map(({ key, name, file, state, progress, problem, attachment }) => (
        <li key={key} className={`composer-file ${state}`}>
          {state === "failed" ? (
            <TriangleAlert aria-hidden="true" />
          ) : (
            <Thumbnail
              file={file}
              src={attachment?.type === "image" && file === null ? attachment.preview_url : null}
              fallback={
                state === "ready" ? (
                  <FileText aria-hidden="true" />
                ) : (
                  <LoaderCircle aria-hidden="true" className="spinner" />
                )
              }
            />
          )}
          <span className="file-words">
            <span className="file-name" dir="auto">
              {name}
            </span>
            {state === "uploading" && progress !== null && (
              <progress value={progress} aria-label={strings.uploadOf(name)} />
            )}
            <span className="file-state" role="status">
              {state === "uploading" && progress === null && strings.uploading}
              {problem !== null &&
                (strings.fileProblems[problem.code] ?? problem.message ?? strings.uploadFailed)}
            </span>
          </span>
          {problem?.canRetry === true && (
            <button
              type="button"
              className="icon-button small"
              aria-label={`${strings.retry}: ${name}`}
              title={strings.retry}
              onClick={() => chat.retryFile(key)}
            >
              <RotateCw aria-hidden="true" />
            </button>
          )}
          <button
            type="button"
            className="icon-button small"
            aria-label={strings.removeFile(name)}
            title={strings.removeFile(name)}
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

export interface AttachButtonProps {
  readonly disabled: boolean;
  /** The browser's own dialog opens by a click on it. */
  readonly picker: RefObject<HTMLInputElement | null>;
}

export function AttachButton({ disabled, picker }: AttachButtonProps) {
  const { chat, focusComposer, options, strings } = useView();
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
        onClick={() => picker.current?.click()}
      >
        <Paperclip aria-hidden="true" />
      </button>
      <input
        ref={picker}
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
