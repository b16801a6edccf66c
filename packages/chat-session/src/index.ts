// Server entry: everything but the adapters, which have subpaths of their own.

export {
  createSessionAuthenticator,
  type AuthenticatedSession,
  type AuthenticateSession,
  type SessionAuthenticatorOptions,
} from "./authenticator.ts";
export {
  ChatSessionError,
  errorTable,
  type ChatSessionErrorCode,
  type ChatSessionErrorOptions,
  type ErrorRow,
} from "./errors.ts";
export {
  createIssuerAuthenticator,
  isOwnerName,
  type AuthenticateIssuer,
  type IssuerAuthenticatorOptions,
  type IssuerAuthority,
  type IssuerIdentity,
} from "./issuer-authority.ts";
export type {
  IssuerCredentialKind,
  IssuerRefusalReason,
  ObserveSession,
  RefreshIgnoredReason,
  SessionEndReason,
  SessionObservation,
} from "./observe.ts";
export type {
  ApiKeyReport,
  Examine,
  ReadAudit,
  Caller,
  DescribeSystem,
  FoundSession,
  InsertedSession,
  InsertTerms,
  IssuedSession,
  IssueOrder,
  Issuer,
  IssuerKind,
  LapsedSession,
  MintSource,
  SessionDraft,
  SessionKeys,
  SessionOwner,
  SessionProfile,
  SessionRecord,
  SessionScope,
  SessionStore,
} from "./ports.ts";
export {
  createApiKeysRouter,
  createAppRouter,
  createChatSessionRouter,
  createSystemRouter,
  type AppRouter,
  type AppRouterParts,
  type ChatSessionRouter,
} from "./router.ts";
export {
  createSessionService,
  type SessionService,
  type SessionServiceOptions,
  type SessionUpkeep,
} from "./service.ts";
export type { EndedSessions } from "./session-ends.ts";
export type { FollowOptions, NamedSessionEvent, SessionEvents } from "./session-events.ts";
export { createSessionKeys, type RotatingSessionKeys, type SessionKeysOptions } from "./session-keys.ts";
export { createToken, findToken, parseBearer, parseToken, type TokenPrefix } from "./token.ts";
export {
  createProcedureContext,
  procedureResponseMeta,
  toChatSessionError,
  type ProcedureContext,
  type ProcedureErrorData,
} from "./trpc.ts";
