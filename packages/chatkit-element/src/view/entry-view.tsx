// One entry of the conversation, by its kind.

import { Info, OctagonAlert, RotateCw, TriangleAlert, X } from "lucide-react";
import { Component, memo, type ReactNode } from "react";

import { ignoreShown } from "../chat/failure.ts";
import type { Entry, ItemEntry, NoticeEntry } from "../conversation/conversation.ts";
import { citationMarks, citedSources } from "../markdown/citations.ts";
import { AnsweredForm } from "./answered-form.tsx";
import { CitedSources, drawCitations } from "./citation.tsx";
import { CopyButton } from "./copy-button.tsx";
import { FeedbackButtons } from "./feedback-buttons.tsx";
import { GeneratedImage } from "./generated-image.tsx";
import { DrawCitations, Markdown } from "./markdown.tsx";
import { SourceChips } from "./sources.tsx";
import { UserMessage } from "./user-message.tsx";
import { useView } from "./view-context.ts";
import { WidgetEntry } from "./widget-entry.tsx";
import { TaskView, WorkflowView } from "./workflow.tsx";

/** Whether a message offers to be copied and answered again. */
export type Actions = "shown" | "quiet" | "none";

export const EntryView = memo(function EntryView({ entry, actions }: { entry: Entry; actions: Actions }) {
  if (entry.kind === "notice") return <Notice notice={entry} />;
  return (
    <Boundary fallback={<Undrawable />}>
      <Item entry={entry} actions={actions} />
    </Boundary>
  );
});

function Item({ entry, actions }: { entry: ItemEntry; actions: Actions }) {
  const { item, phase } = entry;
  switch (item.type) {
    case "user_message":
      return <UserMessage message={item} isUnsent={phase === "unsent"} />;
    case "assistant_message":
      return <AssistantMessage message={item} phase={phase} actions={actions} />;
    case "workflow":
      return <WorkflowView workflow={item.workflow} phase={phase} />;
    case "task":
      return (
        <div className="workflow">
          <TaskView task={item.task} />
        </div>
      );
    case "widget":
      return <WidgetEntry item={item} />;
    case "structured_input":
      return <AnsweredForm item={item} />;
    case "client_tool_call":
      // The page shows what it does itself.
      return null;
    case "generated_image":
      return <GeneratedImage item={item} isGrowing={phase === "streaming"} />;
    case "other":
      return <Placeholder kind={item.kind} />;
    default:
      return item satisfies never;
  }
}

function AssistantMessage({
  message,
  phase,
  actions,
}: {
  message: Extract<ItemEntry["item"], { type: "assistant_message" }>;
  phase: ItemEntry["phase"];
  actions: Actions;
}) {
  const { chat, focusComposer, options, strings } = useView();
  const isWhole = phase !== "streaming";
  const text = message.content.map((part) => part.text).join("\n\n");
  const sources = citedSources(message.content);
  const marks = message.content.map((part) => citationMarks(part, sources, isWhole));
  return (
    <article className="answer">
      <h3 className="unseen">{strings.answerSaid}</h3>
      <CitedSources value={sources}>
        <DrawCitations value={drawCitations}>
          {message.content.map((part, at) => (
            // Parts are only ever added, never moved.
            <Markdown key={at} text={part.text} isWhole={isWhole} marks={marks[at]} />
          ))}
        </DrawCitations>
      </CitedSources>
      <SourceChips sources={sources} areNumbered={marks.some(({ length }) => length > 0)} />
      {phase === "cut" && <p className="hint">{strings.cut}</p>}
      {actions !== "none" && (
        <div className={`actions ${actions}`}>
          <CopyButton text={text} label={strings.copyAnswer} />
          {options.threadItemActions?.feedback === true && <FeedbackButtons />}
          {actions === "shown" && options.threadItemActions?.retry === true && (
            <button
              type="button"
              className="icon-button small"
              aria-label={strings.answerAgain}
              title={strings.answerAgain}
              onClick={() => {
                chat.retry().catch(ignoreShown);
                focusComposer();
              }}
            >
              <RotateCw aria-hidden="true" />
            </button>
          )}
        </div>
      )}
    </article>
  );
}

/** Kinds that only mark something are not drawn at all. */
function Placeholder({ kind }: { kind: string }) {
  const { strings } = useView();
  if (kind === "end_of_turn" || kind === "hidden_context_item" || kind === "sdk_hidden_context") return null;
  return <p className="placeholder">{strings.cannotShow(strings.kinds[kind] ?? kind)}</p>;
}

function Notice({ notice }: { notice: NoticeEntry }) {
  const { chat, focusComposer, strings } = useView();
  const Icon = { info: Info, warning: TriangleAlert, danger: OctagonAlert }[notice.level];
  return (
    <div className={`notice ${notice.level}`} role={notice.level === "danger" ? "alert" : "status"}>
      <Icon aria-hidden="true" />
      <div>
        {notice.title !== null && <strong>{notice.title}</strong>}
        <Markdown text={notice.message} isWhole />
      </div>
      <button
        type="button"
        className="icon-button small"
        aria-label={strings.dismiss}
        title={strings.dismiss}
        onClick={() => {
          chat.dismissNotice(notice.key);
          focusComposer();
        }}
      >
        <X aria-hidden="true" />
      </button>
    </div>
  );
}

function Undrawable() {
  const { strings } = useView();
  return <p className="placeholder">{strings.failed}</p>;
}

/** One message that cannot be drawn must not take the conversation with it. */
class Boundary extends Component<{ fallback: ReactNode; children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.fallback : this.props.children;
  }
}
