// The messages, turn by turn.

import { ArrowDown, LoaderCircle } from "lucide-react";
import { memo, type ReactNode, type RefObject, useMemo, useRef } from "react";

import type { Earlier } from "../chat/reading.ts";
import type { Conversation, Entry } from "../conversation/conversation.ts";
import { localeOf } from "../language.ts";
import { type Actions, EntryView } from "./entry-view.tsx";
import { NamedIcon } from "./icons.tsx";
import { ImageHosts } from "./markdown-link.tsx";
import { useScrolling } from "./scrolling.ts";
import { type TurnEntries, turnsOf } from "./turns.ts";
import { useDays } from "./use-days.ts";
import { TurnItems, useView } from "./view-context.ts";

export interface TranscriptProps {
  readonly conversation: Conversation;
  readonly loading: boolean;
  readonly earlier: Earlier;
  readonly failure: ReactNode;
}

const noHosts: readonly string[] = [];

export function Transcript({ conversation, loading, earlier, failure }: TranscriptProps) {
  const { chat, options, strings } = useView();
  const { awaits, entries, liveKey, progress, run, thread } = conversation;
  const turns = useMemo(() => turnsOf(entries), [entries]);
  const dayOf = useDays(localeOf(options), strings);
  const scroller = useRef<HTMLDivElement>(null);
  const { isAtEnd, toEnd } = useScrolling(scroller, {
    isLoading: loading,
    liveKey,
    top: `${earlier?.state} ${turns[0]?.key}`,
    follows: options.thread?.autoScroll ?? false,
    onNearTop: () => {
      if (earlier?.state === "waiting" && !loading) void chat.readEarlier();
    },
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
            {earlier !== null && <EarlierButton earlier={earlier} scroller={scroller} />}
            {turns.map((turn, at) => {
              const isLast = at === turns.length - 1;
              return (
                <TurnView
                  key={turn.key}
                  turn={turn}
                  day={dayOf(turn.startedAt, turns[at - 1]?.startedAt ?? null)}
                  isLast={isLast}
                  isLive={isLast && liveKey === turn.key}
                  isRunning={isLast && run !== null}
                  awaits={isLast ? awaits : null}
                  progress={isLast ? progress : null}
                  failure={isLast ? failure : null}
                />
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

interface TurnViewProps {
  readonly turn: TurnEntries;
  /** Set where another day begins. */
  readonly day: string | null;
  readonly isLast: boolean;
  readonly isLive: boolean;
  readonly isRunning: boolean;
  readonly awaits: Conversation["awaits"];
  readonly progress: Conversation["progress"];
  readonly failure: ReactNode;
}

/** Drawn anew only when something in it has changed: of a long thread that is the last one. */
const TurnView = memo(function TurnView(props: TurnViewProps) {
  const { turn, day, isLast, isLive, isRunning, awaits, progress, failure } = props;
  return (
    <>
      {day !== null && (
        <p className="day">
          <time dateTime={turn.startedAt ?? undefined}>{day}</time>
        </p>
      )}
      <div
        className={isLive ? "turn live" : isLast ? "turn" : "turn settled"}
        data-last={turn.entries.at(-1)?.key}
      >
        <TurnItems value={turn.answerIds}>
          {turn.entries.map((entry) => (
            <EntryView key={entry.key} entry={entry} actions={actionsOf(entry, turn, isLast, isRunning)} />
          ))}
        </TurnItems>
        {awaits !== null && <Awaiting what={awaits} />}
        {isRunning && awaits === null && <Progress progress={progress} entries={turn.entries} />}
        {failure}
      </div>
    </>
  );
});

function EarlierButton({
  earlier,
  scroller,
}: {
  earlier: NonNullable<Earlier>;
  scroller: RefObject<HTMLDivElement | null>;
}) {
  const { chat, strings } = useView();
  const isReading = earlier.state === "reading";
  return (
    <div className="earlier">
      {earlier.state === "failed" && <p role="alert">{strings.earlierFailed}</p>}
      <button
        type="button"
        className="text-button"
        aria-disabled={isReading}
        onClick={async (event) => {
          const button = event.currentTarget;
          await chat.readEarlier();
          // At the beginning of the conversation the button goes, and the focus with it.
          requestAnimationFrame(() => {
            if (!button.isConnected) scroller.current?.focus({ preventScroll: true });
          });
        }}
      >
        {isReading && <LoaderCircle className="spinner" aria-hidden="true" />}
        {isReading
          ? strings.loadingEarlier
          : earlier.state === "failed"
            ? strings.retry
            : strings.loadEarlier}
      </button>
    </div>
  );
}

function Awaiting({ what }: { what: NonNullable<Conversation["awaits"]> }) {
  const { strings } = useView();
  return (
    <p className="progress" role="status">
      <LoaderCircle className="spinner" aria-hidden="true" />
      <span>{what === "connection" ? strings.reconnecting : strings.awaitingAnswer}</span>
    </p>
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
