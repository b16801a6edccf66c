// Looks for an answer that nobody is told of any more: after a reload of the page, or once the connection has broken.

import type { ShownItem } from "../client/wire-items.ts";
import { lastStoredQuestion } from "../conversation/conversation.ts";
import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";
import { pauseUntilOnline } from "./pause.ts";

const firstPauseMs = 1_000;
const longestPauseMs = 8_000;
/** No run goes on much longer than this without a reader, and none says so little. */
const silenceMs = 60_000;
/** Out of reach for longer, and nobody waits for the answer any more. */
const patienceMs = 600_000;
/** An answer that is there may go on: it is whole when so many looks in a row have brought nothing more. */
const quietLooks = 2;
const pageItems = 100;

export interface Recovery {
  /** Reads what follows the newest question until it is a whole answer, or none comes. */
  seek(): void;
  /** The same, if what has just been read looks as if an answer were being given. */
  seekUnanswered(): void;
  leave(): void;
}

export function createRecovery({ client, emit, get, change, now }: ChatContext): Recovery {
  let seeking: AbortController | null = null;

  return { seek, seekUnanswered, leave };

  function seek(): void {
    leave();
    const { thread } = get().conversation;
    const question = lastStoredQuestion(get().conversation);
    if (thread === null || question === null) return;
    seeking = new AbortController();
    change({ type: "awaiting", what: "answer" });
    void look(thread.id, question.id, seeking.signal);
  }

  function seekUnanswered(): void {
    const { conversation } = get();
    const question = lastStoredQuestion(conversation);
    const last = conversation.entries.findLast((entry) => entry.kind === "item");
    if (question === null || conversation.thread?.status.type !== "active") return;
    const isRecent = Math.abs(now() - Date.parse(question.created_at)) < patienceMs;
    if (isRecent && last?.kind === "item" && !endsAnswer(last.item)) seek();
  }

  function leave(): void {
    if (seeking === null) return;
    seeking.abort();
    seeking = null;
    change({ type: "awaiting", what: null });
  }

  async function look(threadId: string, questionId: string, signal: AbortSignal): Promise<void> {
    const begunAt = now();
    let changedAt = begunAt;
    let pauseMs = firstPauseMs;
    let seen = "";
    let quiet = 0;
    while (now() - changedAt < silenceMs && now() - begunAt < patienceMs) {
      await pauseUntilOnline(pauseMs, signal);
      if (signal.aborted) return;
      pauseMs = Math.min(pauseMs * 1.5, longestPauseMs);
      try {
        const page = { after: questionId, order: "asc" as const, limit: pageItems };
        const { data } = await client().listItems(threadId, page, signal);
        if (signal.aborted) return;
        const isWhole = data.some((item) => endsAnswer(item));
        const found = JSON.stringify(data);
        quiet = found === seen ? quiet + 1 : 0;
        if (found !== seen && data.length > 0) {
          change({ type: "answerRead", questionId, items: data, isWhole });
          changedAt = now();
          pauseMs = firstPauseMs;
        }
        seen = found;
        const last = data.at(-1);
        if (last !== undefined && endsAnswer(last) && quiet >= quietLooks) break;
      } catch (error) {
        if (signal.aborted) return;
        const isAway = error instanceof SidekitChatError && error.refusal === null;
        if (!isAway) {
          emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
          break;
        }
        // What cannot be reached is not silent.
        changedAt = now();
      }
    }
    leave();
  }
}

/** Behind it the user has the word, or the page. */
function endsAnswer({ type }: ShownItem): boolean {
  return type !== "user_message" && type !== "workflow" && type !== "task" && type !== "other";
}
