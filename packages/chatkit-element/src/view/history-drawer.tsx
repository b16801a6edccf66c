// The list of conversations, over the chat.

import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { ignoreShown } from "../chat/failure.ts";
import type { HistoryState } from "../chat/history.ts";
import type { ThreadRecord } from "../client/wire-items.ts";
import { failureSentence, type Strings } from "../locale.ts";
import { HistoryRow } from "./history-row.tsx";
import { useView } from "./view-context.ts";

export interface HistoryDrawerProps {
  readonly history: HistoryState;
  readonly currentId: string | null;
  readonly onClose: () => void;
  /** A conversation was chosen. */
  readonly onOpened: () => void;
}

export function HistoryDrawer({ history, currentId, onClose, onOpened }: HistoryDrawerProps) {
  const { chat, strings } = useView();
  const panel = useRef<HTMLDivElement>(null);
  const closeButton = useRef<HTMLButtonElement>(null);
  const [said, setSaid] = useState("");
  const [openedAtMs] = useState(() => Date.now());

  useEffect(() => closeButton.current?.focus(), []);

  const open = (threadId: string) => {
    chat.hideHistory();
    if (threadId !== currentId) chat.openThread(threadId).catch(ignoreShown);
    onOpened();
  };
  /** The row that held the focus is gone: the one that took its place gets it. */
  const removed = (at: number) => {
    setSaid(strings.removed);
    setTimeout(() => {
      const rows = panel.current?.querySelectorAll<HTMLButtonElement>("[data-opens]") ?? [];
      (rows[Math.min(at, rows.length - 1)] ?? closeButton.current)?.focus();
    });
  };

  const threads = history.threads ?? [];
  return (
    <div className="drawer-area">
      <button type="button" className="backdrop" tabIndex={-1} aria-hidden="true" onClick={onClose} />
      <div
        ref={panel}
        className="drawer"
        role="dialog"
        aria-modal="true"
        aria-label={strings.history}
        // The one key a dialog has to know.
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onClose();
        }}
      >
        <div className="drawer-head">
          <h2 className="title">{strings.history}</h2>
          <button
            ref={closeButton}
            type="button"
            className="icon-button"
            aria-label={strings.closeHistory}
            title={strings.closeHistory}
            onClick={onClose}
          >
            <X aria-hidden="true" />
          </button>
        </div>
        {history.failure !== null && (
          <div className="failure" role="alert">
            <span>{failureSentence(history.failure, strings)}</span>
            <button type="button" className="text-button" onClick={() => void chat.showHistory()}>
              {strings.retry}
            </button>
          </div>
        )}
        {history.threads === null && history.loading && <p className="hint">{strings.loadingThreads}</p>}
        {history.threads?.length === 0 && <p className="hint">{strings.noThreads}</p>}
        {groupsOf(threads, strings, openedAtMs).map((group) => (
          <section key={group.name}>
            <h3 className="group">{group.name}</h3>
            <ul>
              {group.threads.map((thread) => (
                <HistoryRow
                  key={thread.id}
                  thread={thread}
                  isCurrent={thread.id === currentId}
                  onOpen={() => open(thread.id)}
                  onRemoved={() => removed(threads.indexOf(thread))}
                  onRenamed={() => setSaid(strings.renamed)}
                />
              ))}
            </ul>
          </section>
        ))}
        <div className="unseen" role="status">
          {said}
        </div>
      </div>
    </div>
  );
}

const dayMs = 86_400_000;

/** By the reader's days; threads keep their order, and groups without any are left out. */
function groupsOf(threads: readonly ThreadRecord[], strings: Strings, nowMs: number) {
  const midnightMs = new Date(nowMs).setHours(0, 0, 0, 0);
  const limits = [
    { name: strings.today, fromMs: midnightMs },
    { name: strings.yesterday, fromMs: midnightMs - dayMs },
    { name: strings.lastWeek, fromMs: midnightMs - 7 * dayMs },
    { name: strings.older, fromMs: Number.NEGATIVE_INFINITY },
  ];
  const groups = new Map<string, ThreadRecord[]>();
  for (const thread of threads) {
    const createdMs = Date.parse(thread.created_at);
    const { name } = limits.find(({ fromMs }) => createdMs >= fromMs) ?? { name: strings.older };
    groups.set(name, [...(groups.get(name) ?? []), thread]);
  }
  return limits.flatMap(({ name }) => {
    const found = groups.get(name);
    return found === undefined ? [] : [{ name, threads: found }];
  });
}
