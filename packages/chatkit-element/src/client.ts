// The chat without an element: for a view of your own, in any framework or none, in a browser or in Node.

export { type Chat, type ChatOptions, type ChatState, createChat, type Emit } from "./chat/chat.ts";
export type { OutgoingMessage } from "./chat/outgoing.ts";
export {
  type AnswerStream,
  createProtocolClient,
  type ProtocolClient,
  type ProtocolClientOptions,
} from "./client/protocol-client.ts";
export type { ShownEvent } from "./client/wire-events.ts";
export type { ShownItem, ThreadRecord } from "./client/wire-items.ts";
export {
  changeConversation,
  type Conversation,
  type ConversationChange,
  emptyConversation,
  type Entry,
  type Failure,
} from "./conversation/conversation.ts";
export { type Refusal, SidekitChatError, type SidekitChatErrorCode } from "./errors.ts";
