// The questions of a turn, in the composer's place: options, an answer of one's own, or none (protocol 4.12, 11.4).

import type {
  StructuredInput,
  StructuredInputItem,
  StructuredInputSubmission,
} from "@sidekit/chatkit/protocol";
import { type Ref, useId, useState } from "react";

import { ignoreShown } from "../chat/failure.ts";
import { useView } from "./view-context.ts";

/** What has been chosen of the options, and written beside them. */
interface Draft {
  readonly chosen: readonly string[];
  readonly own: string;
  /** Of a question that takes one answer: the written one counts. */
  readonly isOwn: boolean;
}

const blank: Draft = { chosen: [], own: "", isOwn: false };

export interface QuestionFormProps {
  readonly item: StructuredInputItem;
  /** While the answers are on their way; they are kept, should they have to be sent again. */
  readonly hidden: boolean;
  readonly ref: Ref<HTMLFormElement>;
}

export function QuestionForm({ item, hidden, ref }: QuestionFormProps) {
  const { chat, strings } = useView();
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({});
  const submission = submissionOf(item, drafts);
  const canSend = Object.keys(submission.answers).length > 0;
  const submit = (input: StructuredInputSubmission) => {
    chat.answerForm(item.id, input).catch(ignoreShown);
  };

  return (
    <form
      ref={ref}
      className="questions"
      hidden={hidden}
      aria-label={strings.questions}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) submit(submission);
      }}
    >
      {/* What scrolls in the form has to be reachable; its fields are. */}
      <div className="question-list">
        {item.inputs.map((question) => (
          <Question
            key={question.id}
            question={question}
            draft={drafts[question.id] ?? blank}
            onDraft={(draft) => setDrafts((before) => ({ ...before, [question.id]: draft }))}
          />
        ))}
      </div>
      <div className="question-buttons">
        <button
          type="button"
          className="text-button"
          onClick={() => submit({ status: "skipped", answers: {} })}
        >
          {strings.skip}
        </button>
        <button type="submit" className="text-button primary" aria-disabled={!canSend}>
          {strings.sendAnswers}
        </button>
      </div>
    </form>
  );
}

interface QuestionProps {
  readonly question: StructuredInput;
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
}

function Question({ question, draft, onDraft }: QuestionProps) {
  const id = useId();
  if (question.type === "multiple_choice")
    return <Choice question={question} draft={draft} onDraft={onDraft} />;
  return (
    <div className="question">
      <label className="question-text" htmlFor={id} dir="auto">
        {question.question}
      </label>
      {question.description !== undefined && (
        <p className="hint" id={`${id}-more`} dir="auto">
          {question.description}
        </p>
      )}
      <textarea
        id={id}
        className="field"
        rows={2}
        dir="auto"
        value={draft.own}
        {...(question.description === undefined ? {} : { "aria-describedby": `${id}-more` })}
        onChange={(event) => onDraft({ ...blank, own: event.target.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
    </div>
  );
}

function Choice({
  question,
  draft,
  onDraft,
}: QuestionProps & { readonly question: Extract<StructuredInput, { type: "multiple_choice" }> }) {
  const { strings } = useView();
  const name = useId();
  const kind = question.multiple ? "checkbox" : "radio";
  const choose = (value: string) => {
    if (!question.multiple) return onDraft({ ...draft, chosen: [value], isOwn: false });
    const rest = draft.chosen.filter((other) => other !== value);
    onDraft({ ...draft, chosen: rest.length < draft.chosen.length ? rest : [...rest, value] });
  };
  return (
    <fieldset className="question">
      <legend className="question-text" dir="auto">
        {question.question}
        {question.multiple && <span className="hint"> {strings.severalAnswers}</span>}
      </legend>
      {question.options.map(({ value }, at) => (
        // A server may offer the same words twice; options never move.
        <label key={at} className="option" dir="auto">
          <input
            type={kind}
            name={name}
            checked={draft.chosen.includes(value)}
            onChange={() => choose(value)}
          />
          <span>{value}</span>
        </label>
      ))}
      <label className="option own">
        <input
          type={kind}
          name={name}
          aria-label={strings.ownAnswer}
          checked={draft.isOwn}
          onChange={(event) =>
            onDraft({
              ...draft,
              chosen: question.multiple ? draft.chosen : [],
              isOwn: question.multiple ? event.target.checked : true,
            })
          }
        />
        <input
          type="text"
          className="field"
          dir="auto"
          aria-label={`${question.question} ${strings.ownAnswer}`}
          placeholder={strings.ownAnswer}
          value={draft.own}
          onChange={(event) => {
            const own = event.target.value;
            onDraft({ own, chosen: question.multiple ? draft.chosen : [], isOwn: own !== "" });
          }}
        />
      </label>
    </fieldset>
  );
}

/** Questions without an answer are left out, which the server takes as skipped. */
function submissionOf(
  item: StructuredInputItem,
  drafts: Readonly<Record<string, Draft>>,
): StructuredInputSubmission {
  const answers = item.inputs.flatMap((question) => {
    const values = valuesOf(question, drafts[question.id] ?? blank);
    return values.length === 0 ? [] : [[question.id, { values, skipped: false }] as const];
  });
  return { status: "answered", answers: Object.fromEntries(answers) };
}

function valuesOf(question: StructuredInput, { chosen, own, isOwn }: Draft): string[] {
  const written = own.trim();
  if (question.type === "freeform") return written === "" ? [] : [written];
  const options = question.options.flatMap(({ value }) => (chosen.includes(value) ? [value] : []));
  return [...new Set([...options, ...(isOwn && written !== "" ? [written] : [])])];
}
