// What the commands need from a Sidekit, wherever it runs.

import type {
  AuditInput,
  AuditOutput,
  CancelAllSessionsOutput,
  ApiKeyStatuses,
  ChatSession,
  CreateSessionInput,
  Examination,
  ListSessionsInput,
  ListSessionsOutput,
  SessionSummary,
} from "@sidekit/chat-session/contract";

import type { ChatKitEndpoint } from "./conversation.ts";

/**
 * Sessions and conversations, over HTTP or in this process. Every failure is a CliError, but for an abort: that
 * rejects with the signal's reason. Disposing lets a stop that was asked for arrive, within 5 s.
 */
export interface Gateway extends AsyncDisposable {
  /** Where it is, for a person: `at http://…`, `in this process`. */
  readonly place: string;
  createSession(input: CreateSessionInput, signal: AbortSignal): Promise<ChatSession>;
  listSessions(input: ListSessionsInput, signal: AbortSignal): Promise<ListSessionsOutput>;
  /** Idempotent. */
  cancelSession(sessionId: string, signal: AbortSignal): Promise<SessionSummary>;
  /** Ends all sessions of whoever asks. */
  cancelAllSessions(signal: AbortSignal): Promise<CancelAllSessionsOutput>;
  /** Newest first. Empty where no trail is kept. */
  audit(input: AuditInput, signal: AbortSignal): Promise<AuditOutput>;
  keyStatus(signal: AbortSignal): Promise<ApiKeyStatuses>;
  /** Asks the upstream now. */
  verifyKeys(signal: AbortSignal): Promise<ApiKeyStatuses>;
  /** What the server finds out about itself and what it depends on. Takes up to 12 s. */
  examine(signal: AbortSignal): Promise<Examination>;
  /** The ChatKit endpoint, with sessions of this profile; null for the default. */
  chatKit(profile: string | null): ChatKitEndpoint;
}
