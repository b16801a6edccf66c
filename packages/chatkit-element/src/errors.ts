// Everything that can go wrong in this package. Sentences for the reader are in locale.ts; these are for the developer.

/** One fixed sentence per failure: what a server or an exception said is in `cause` or `refusal`. */
export const errorTable = {
  unreachable: "The server cannot be reached.",
  refused: "The server refused the request.",
  malformed_answer: "The server's answer could not be read.",
  timed_out: "The server did not answer in time.",
  connection_lost: "The connection broke before the answer was complete.",
  answer_failed: "The server reported a failure while it was answering.",
  form_value_dropped: "A form's value has a name that the action's own payload uses.",
  client_tool_failed: "The page's onClientTool gave no result; the server has been told.",
  too_many_calls: "The server asked the page more often than one answer may.",
  action_unhandled: "A widget's action is for the page, and the option widgets.onAction is not set.",
  upload_strategy_missing: "Attachments need the option api.uploadStrategy.",
  dictation_unavailable: "This browser, or a page without https, cannot record.",
  microphone_missing: "There is no microphone.",
  microphone_refused: "The user or the browser has refused the microphone.",
  nothing_heard: "The recording has no words.",
  search_failed: "The page's onTagSearch, or its commands, gave no result.",
  preview_failed: "The page's onRequestPreview gave no result.",
  no_thread: "There is no conversation to act in.",
  already_answered: "These questions were answered elsewhere.",
  render_failed: "A part of the chat could not be drawn.",

  options_missing: "Call setOptions first.",
  api_missing: "The option api needs a url, or it has to be the hosted form.",
  api_hosted: "Hosted sessions need the vendor's element; this one talks to a self-hosted ChatKit server.",
  option_unknown: "There is no option of this name.",
  option_invalid: "The value does not fit its option, and is left out.",
  font_failed: "A font of theme.typography.fontSources could not be loaded.",
  tool_unknown: "The option composer.tools has no tool with this id.",
  model_unknown: "The option composer.models has no model with this id that may be chosen.",
  message_empty: "A message needs text.",
  thread_loading: "A conversation is being loaded.",
  response_running: "A response is running.",
  tag_taken: "Another element is already registered under this tag.",
} as const;

/** Names a row of the table. */
export type SidekitChatErrorCode = keyof typeof errorTable;

/** What a server said when it refused a request; all of it optional, for a server may answer anything. */
export interface Refusal {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly retryAfterMs?: number;
}

/** The one error of this package; `error.code` is stable, the sentence is not. */
export class SidekitChatError extends Error {
  override readonly name = "SidekitChatError";
  readonly code: SidekitChatErrorCode;
  /** There for `refused` alone. */
  readonly refusal: Refusal | null;

  constructor(
    code: SidekitChatErrorCode,
    options: { cause?: unknown; refusal?: Refusal; message?: string } = {},
  ) {
    super(options.message ?? errorTable[code], { cause: options.cause });
    this.code = code;
    this.refusal = options.refusal ?? null;
  }
}
