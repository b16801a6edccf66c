// Every sentence a reader sees, in English; other languages have a table each of the same shape.

import type { Failure } from "./conversation/conversation.ts";
import { wordsIn } from "./language.ts";
import { spanish } from "./locale-es.ts";

const english = {
  chat: "Chat",
  newChat: "New chat",
  history: "Conversations",
  openHistory: "Show conversations",
  closeHistory: "Close conversations",
  untitled: "Untitled conversation",
  noThreads: "No conversations yet.",
  loadingThreads: "Loading conversations…",
  today: "Today",
  yesterday: "Yesterday",
  lastWeek: "Previous 7 days",
  older: "Older",
  rename: (title: string) => `Rename “${title}”`,
  renameTo: "New title",
  save: "Save",
  cancel: "Cancel",
  remove: (title: string) => `Delete “${title}”`,
  removeQuestion: "Delete this conversation?",
  removeNow: "Delete",
  removed: "Conversation deleted.",
  renamed: "Conversation renamed.",
  headerActions: {
    sidebar: "Sidebar",
    collapse: "Collapse",
    open: "Open",
    double: "Skip",
    home: "Home",
    back: "Back",
    expand: "Expand",
    star: "Favorite",
    bug: "Report a problem",
    chat: "Temporary chat",
    settings: "Settings",
    grid: "Overview",
    dots: "More",
    menu: "Menu",
    hamburger: "Menu",
    history: "History",
    book: "Guide",
    compose: "Write",
    share: "Share",
    light: "Light mode",
    dark: "Dark mode",
    close: "Close",
  },

  conversation: "Messages",
  loadingThread: "Loading the conversation…",
  greeting: "What can I help with today?",
  placeholder: "Message the AI",
  message: "Message",
  tooLong: "This message is too long to be sent. Please shorten it.",
  send: "Send message",
  stop: "Stop answering",
  busy: "Answering",
  closed: "This conversation is closed.",
  locked: "This conversation takes no messages at the moment.",
  youSaid: "You said",
  answerSaid: "Answer",
  unsent: "Not sent",
  cut: "Stopped before it was complete.",
  attachment: "Attachment",
  showMore: "Show more",
  copy: "Copy",
  copyAnswer: "Copy answer",
  copyCode: "Copy code",
  copied: "Copied",
  copyFailed: "Copying was refused",
  retry: "Try again",
  answerAgain: "Answer again",
  reconnecting: "Reconnecting…",
  awaitingAnswer: "Waiting for the answer…",
  loadEarlier: "Load earlier messages",
  loadingEarlier: "Loading earlier messages…",
  earlierFailed: "Earlier messages could not be loaded.",
  toNewest: "Scroll to the newest message",
  answering: "Answering…",
  answered: "Answer complete:",
  stopped: "Stopped.",
  code: "code",
  table: "Table",
  dismiss: "Dismiss",

  thinking: "Thinking…",
  thought: "Thought",
  thoughtFor: (seconds: number) =>
    seconds === 1 ? "Thought for 1 second" : `Thought for ${seconds} seconds`,
  working: "Working…",
  steps: (count: number) => (count === 1 ? "1 step" : `${count} steps`),
  searched: "Searched the web",
  files: "Files",
  image: "Image",
  sources: "Sources",
  fewerSources: "Fewer",
  sourceNumber: (number: number, name: string) => `Source ${number}: ${name}`,
  moreSources: (count: number) => `${count} more`,
  stepLoading: "in progress",
  stepComplete: "done",

  questions: "Questions",
  answeredQuestions: "Your answers",
  ownAnswer: "Your own answer",
  severalAnswers: "Choose any",
  skip: "Skip",
  skipped: "Skipped",
  sendAnswers: "Send answers",
  goodAnswer: "Good answer",
  badAnswer: "Bad answer",
  makingImage: "Making an image…",
  imageMissing: "There is no image.",

  attachFiles: "Attach files",
  filesOfMessage: "Files of this message",
  removeFile: (name: string) => `Remove ${name}`,
  uploading: "Uploading…",
  uploadOf: (name: string) => `Upload of ${name}`,
  uploadFailed: "It could not be uploaded.",
  fileProblems: {
    too_many_files: "Too many files for one message. Remove one.",
    file_empty: "This file is empty. Choose another.",
    file_too_large: "This file is too large. Choose a smaller one.",
    payload_too_large: "This file is too large. Choose a smaller one.",
    file_type: "Files of this type are not taken. Choose another.",
    unreachable: "The server cannot be reached. Check your connection.",
  },

  tools: "Tools",
  removeTool: (name: string) => `Do not use ${name}`,
  model: "Model",
  modelIs: (name: string) => `Model: ${name}`,
  mention: "Mention",
  tagIs: (name: string, canOpen: boolean) =>
    canOpen ? `Mention of ${name}. Press Alt and Enter to open it.` : `Mention of ${name}`,
  commands: "Commands",
  searching: "Searching…",
  searchFailed: "That did not work. Try again.",
  nothingFound: "Nothing found.",
  suggestions: (count: number) =>
    count === 0 ? "Nothing found." : count === 1 ? "1 suggestion" : `${count} suggestions`,
  reply: "Reply",
  replyTo: "Your message answers this",
  removeQuote: "Remove the quote",
  dictate: "Dictate",
  askingForMicrophone: "Waiting for the microphone…",
  finishDictation: "Finish dictation",
  cancelDictation: "Cancel dictation",
  transcribing: "Writing down what was said…",
  recordedTime: "Recorded time",
  dictationPhases: {
    asking: "Allow the microphone to dictate.",
    recording: "Recording. Press Escape to cancel.",
    transcribing: "Writing down what was said…",
  },
  dictationProblems: {
    dictation_unavailable: "This browser cannot record here. A page with https is needed.",
    microphone_refused: "The microphone was refused. Allow it in the browser's settings for this page.",
    microphone_missing:
      "No microphone can be used. Check that one is connected and not taken by another program.",
    nothing_heard: "Nothing was heard. Try again.",
    unreachable: "The server cannot be reached. Check your connection.",
    timed_out: "The server did not answer in time.",
    rate_limited: "Too many dictations at once. Try again in a moment.",
    http_429: "Too many dictations at once. Try again in a moment.",
    not_configured: "This server cannot write down speech.",
    http_501: "This server cannot write down speech.",
    payload_too_large: "The recording is too long.",
    http_413: "The recording is too long.",
  },
  dictationFailed: "The recording could not be written down.",

  kinds: {
    widget: "Widget",
    client_tool_call: "Tool call",
    generated_image: "Generated image",
    structured_input: "Question form",
  },
  cannotShow: (kind: string) => `${kind}: this chat cannot show it yet.`,

  failures: {
    "stream.error": "Something went wrong while answering.",
    unreachable: "The server cannot be reached. Check your connection.",
    connection_lost: "The connection broke before the answer was complete.",
    timed_out: "The server did not answer in time.",
    malformed_answer: "The server's answer could not be read.",
    already_answered: "These questions were answered elsewhere.",
    thread_busy: "This conversation is still being answered. Try again in a moment.",
    rate_limited: "Too many messages at once. Try again in a moment.",
    budget_spent: "What may be used for now is used up. Try again later.",
    not_found: "This conversation does not exist any more.",
    api_hosted:
      "Hosted sessions need OpenAI's own chat element. This one talks to a self-hosted ChatKit server.",
    api_missing: "This chat has not been told which server to talk to.",
    unauthenticated: "Your session has ended. Reload the page to start a new one.",
    http_401: "Your session has ended. Reload the page to start a new one.",
    http_403: "You have no access to this conversation.",
    http_404: "This conversation does not exist any more.",
    http_413: "The message is too large.",
    http_429: "Too many messages at once. Try again in a moment.",
    http_503: "The server is busy at the moment. Try again shortly.",
  },
  failed: "Something went wrong.",
};

type English = typeof english;

/** A table lacks no row of the English one. Rows within rows are looked up by whatever code a server sends. */
export type Strings = {
  readonly [Name in keyof English]: English[Name] extends Readonly<Record<string, string>>
    ? English[Name] & Readonly<Record<string, string>>
    : English[Name];
};

const tables: Readonly<Record<ReturnType<typeof wordsIn>, Strings>> = { en: english, es: spanish };

/** English for every language without a table. */
export function stringsFor(locale: string): Strings {
  return tables[wordsIn(locale)];
}

/** Our own words for a code we know, else the server's, else a general sentence. */
export function failureSentence(failure: Failure, strings: Strings): string {
  return strings.failures[failure.code] ?? failure.message ?? strings.failed;
}
