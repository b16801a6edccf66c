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
export type { ObserveSession, SessionObservation } from "./observe.ts";
export type {
  ApiKeyReport,
  Caller,
  DescribeSystem,
  FoundSession,
  IssuedSession,
  IssueOrder,
  Issuer,
  IssuerKind,
  SessionKeys,
  SessionOwner,
  SessionProfile,
  SessionRecord,
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
export { createSessionService, type SessionService, type SessionServiceOptions } from "./service.ts";
export { createSessionKeys } from "./session-keys.ts";
export { createToken, parseBearer, parseToken, type TokenPrefix } from "./token.ts";
export {
  createProcedureContext,
  procedureResponseMeta,
  toChatSessionError,
  type IssuerAuthority,
  type ProcedureContext,
  type ProcedureErrorData,
} from "./trpc.ts";
