// What is shown or done at once and stored nowhere.

import type { ResponderEvent } from "../ports.ts";
import type { Icon, JsonObject, StreamEvent } from "../protocol/index.ts";

type Notice = Extract<StreamEvent, { type: "notice" }>;

/** A line that says what is going on, until the next message, widget or line takes its place. */
export function* progress(line: string, icon?: Icon): Generator<ResponderEvent, void> {
  yield { type: "progress_update", text: line, icon };
}

/** A notice in Markdown, apart from the conversation. */
export function* notice(
  level: Notice["level"],
  message: string,
  title?: string,
): Generator<ResponderEvent, void> {
  yield { type: "notice", level, message, title };
}

/** Calls the page's handler of this name. Nothing comes back, and a page that is opened later is not told. */
export function* clientEffect(name: string, data: JsonObject = {}): Generator<ResponderEvent, void> {
  yield { type: "client_effect", name, data };
}
