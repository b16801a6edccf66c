// Questions that are no longer open, with what was answered.

import type { StructuredInputItem } from "@sidekit/chatkit/protocol";

import { useView } from "./view-context.ts";

export function AnsweredForm({ item }: { item: StructuredInputItem }) {
  const { strings } = useView();
  // Open questions stand in the composer's place.
  if (item.status === "pending" || item.inputs.length === 0) return null;
  return (
    <article className="answered">
      <h3 className="unseen">{strings.answeredQuestions}</h3>
      <dl>
        {item.inputs.map(({ id, question, answer }) => (
          <div key={id}>
            <dt dir="auto">{question}</dt>
            <dd dir="auto" className={isSkipped(answer) ? "hint" : undefined}>
              {isSkipped(answer) ? strings.skipped : answer?.values.join(", ")}
            </dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

function isSkipped(answer: StructuredInputItem["inputs"][number]["answer"]): boolean {
  return answer === undefined || answer.skipped || answer.values.length === 0;
}
