// Whether an answer was any good.

import { ThumbsDown, ThumbsUp } from "lucide-react";
import { use, useSyncExternalStore } from "react";

import { ignoreShown } from "../chat/failure.ts";
import { TurnItems, useView } from "./view-context.ts";

export function FeedbackButtons() {
  const { chat, strings } = useView();
  const itemIds = use(TurnItems);
  const key = itemIds.at(-1) ?? "";
  const given = useSyncExternalStore(chat.subscribe, () => chat.getState().feedback[key]);
  return (["positive", "negative"] as const).map((kind) => {
    const words = kind === "positive" ? strings.goodAnswer : strings.badAnswer;
    const Icon = kind === "positive" ? ThumbsUp : ThumbsDown;
    return (
      <button
        key={kind}
        type="button"
        className="icon-button small thumb"
        aria-label={words}
        title={words}
        aria-pressed={given === kind}
        onClick={() => chat.judge(itemIds, kind).catch(ignoreShown)}
      >
        <Icon aria-hidden="true" />
      </button>
    );
  });
}
