// The server: what an application needs to answer the ChatKit protocol. Wire types are in `./protocol`.

export {
  type ChatKitReply,
  type ChatKitServer,
  type ChatKitServerOptions,
  createChatKitServer,
  type HandleOptions,
} from "./server.ts";
export { errorTrace, type ErrorTrace } from "./error-trace.ts";
export {
  ChatKitError,
  type ChatKitErrorReason,
  errorEvent,
  errorTable,
  refusal,
  turnError,
} from "./errors.ts";
export { eventFrame } from "./frames.ts";
export { type IdPrefix, type NewId, randomId, runIdSchema } from "./ids.ts";
export { type ChatKitLimits, defaultLimits } from "./limits.ts";
export type { ChatKitObservation, ObserveChatKit, StopReason } from "./observe.ts";
export type { DrainResult } from "./runs.ts";
export type {
  AttachmentStore,
  Budget,
  CallContext,
  ChatKitCaller,
  Dictation,
  Feedback,
  ItemIdKind,
  Order,
  Owner,
  PageRequest,
  Responder,
  ResponderEvent,
  RunOutcome,
  SentMessage,
  Spending,
  StoredPage,
  StreamLog,
  StreamLogReader,
  StreamLogWriter,
  SyncActionCall,
  ThreadStore,
  Turn,
  TurnCause,
  TurnProfile,
  Usage,
  UsageStore,
} from "./ports.ts";
