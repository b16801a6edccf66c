// Tells a screen reader that an answer has begun and, once it is complete, what it says: not every token.

import { useState } from "react";

import type { Conversation } from "../conversation/conversation.ts";
import type { Strings } from "../locale.ts";
import { useView } from "./view-context.ts";

const maxAnnouncedChars = 1_500;

export function Announcer({ conversation }: { conversation: Conversation }) {
  const { strings } = useView();
  const isRunning = conversation.run !== null;
  const [said, setSaid] = useState({ isRunning, words: "" });
  if (said.isRunning !== isRunning) setSaid({ isRunning, words: wordsFor(conversation, strings) });

  return (
    <div className="unseen" role="status">
      {said.words}
    </div>
  );
}

function wordsFor(conversation: Conversation, strings: Strings): string {
  if (conversation.run !== null) return strings.answering;
  // A failure is announced by the line that shows it.
  if (conversation.failure !== null) return "";
  return lastWasCut(conversation) ? strings.stopped : `${strings.answered} ${lastAnswer(conversation)}`;
}

function lastWasCut({ entries }: Conversation): boolean {
  const last = entries.findLast((entry) => entry.kind === "item");
  return last?.kind === "item" && last.phase !== "done";
}

function lastAnswer({ entries }: Conversation): string {
  const from = entries.findLastIndex((entry) => entry.kind === "item" && entry.item.type === "user_message");
  return entries
    .slice(from + 1)
    .flatMap((entry) =>
      entry.kind === "item" && entry.item.type === "assistant_message" ? entry.item.content : [],
    )
    .map(({ text }) => text.replaceAll(/[*_`#>|]/g, ""))
    .join(" ")
    .slice(0, maxAnnouncedChars);
}
