// The messages, turn by turn.

import { ArrowDown } from "lucide-react";
import { type ReactNode, useMemo, useRef } from "react";

import type { Conversation, Entry } from "../conversation/conversation.ts";
import { type Actions, EntryView } from "./entry-view.tsx";
import { NamedIcon } from "./icons.tsx";
import { ImageHosts } from "./markdown-link.tsx";
import { useScrolling } from "./scrolling.ts";
import { TurnItems, useView } from "./view-context.ts";

export interface TranscriptProps {
  readonly conversation: Conversation;
  readonly loading: boolean;
  readonly failure: ReactNode;
}

interface TurnEntries {
  readonly key: string;
  readonly entries: readonly Entry[];
  readonly answerIds: readonly string[];
}

const judged: ReadonlySet<string> = new Set(["assistant_message", "widget", "client_tool_call"]);
const noHosts: readonly string[] = [];

export function Transcript({ conversation, loading, failure }: TranscriptProps) {
  const { options, strings } = useView();
  const { entries, liveKey, progress, run, thread } = conversation;
  const turns = useMemo(() => turnsOf(entries), [entries]);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useScrolling(scroller, {
    isLoading: loading,
    liveKey,
    follows: options.thread?.autoScroll ?? false,
  });

  return (
    <div className="transcript-area">
      {/* A region that scrolls has to be reachable without a mouse. */}
      <div
        className="transcript"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={strings.conversation}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <ImageHosts value={thread?.allowed_image_domains ?? noHosts}>
          <div className="turns">
            {loading && <LoadingLines label={strings.loadingThread} />}
            {turns.map((turn, at) => {
              const isLast = at === turns.length - 1;
              return (
                <div key={turn.key} className={isLast && liveKey === turn.key ? "turn live" : "turn"}>
                  <TurnItems value={turn.answerIds}>
                    {turn.entries.map((entry) => (
                      <EntryView
                        key={entry.key}
                        entry={entry}
                        actions={actionsOf(entry, turn, isLast, run !== null)}
                      />
                    ))}
                  </TurnItems>
                  {isLast && run !== null && <Progress progress={progress} entries={turn.entries} />}
                  {isLast && failure}
                </div>
              );
            })}
            {turns.length === 0 && failure}
          </div>
        </ImageHosts>
      </div>
      {!isAtEnd && (
        <button
          type="button"
          className="icon-button to-end"
          aria-label={strings.toNewest}
          title={strings.toNewest}
          onClick={toEnd}
        >
          <ArrowDown aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

/** The server's status line, or three dots until the first word arrives. */
function Progress({ progress, entries }: { progress: Conversation["progress"]; entries: readonly Entry[] }) {
  const { strings } = useView();
  if (progress !== null) {
    return (
      <p className="progress">
        <NamedIcon name={progress.icon ?? "sparkle"} />
        <span className="shimmer">{progress.text}</span>
      </p>
    );
  }
  const last = entries.at(-1);
  const isSilent = last?.kind !== "item" || last.item.type === "user_message";
  return isSilent ? (
    <p className="dots" role="img" aria-label={strings.answering}>
      <span />
      <span />
      <span />
    </p>
  ) : null;
}

function LoadingLines({ label }: { label: string }) {
  return (
    <div className="loading-lines" role="img" aria-label={label}>
      <span />
      <span />
      <span />
    </div>
  );
}

/** The last message of a finished turn offers them; in earlier turns they wait to be pointed at. */
function actionsOf(entry: Entry, turn: TurnEntries, isLast: boolean, isRunning: boolean): Actions {
  if (isLast && isRunning) return "none";
  const last = turn.entries.findLast(
    (other) => other.kind === "item" && other.item.type === "assistant_message",
  );
  if (entry !== last) return "none";
  return isLast ? "shown" : "quiet";
}

/** A turn begins with each user message. */
function turnsOf(entries: readonly Entry[]): TurnEntries[] {
  const turns: { key: string; entries: Entry[]; answerIds: string[] }[] = [];
  for (const entry of entries) {
    const begins = entry.kind === "item" && entry.item.type === "user_message";
    if (begins || turns.length === 0) turns.push({ key: entry.key, entries: [], answerIds: [] });
    turns.at(-1)?.entries.push(entry);
    if (entry.kind === "item" && judged.has(entry.item.type)) turns.at(-1)?.answerIds.push(entry.item.id);
  }
  return turns;
}
