// Typed client of the procedures, for browsers and Node, and the join to a chat component.

import { createTRPCClient, httpLink } from "@trpc/client";

import { orAborted } from "./abortable.ts";
import { absoluteUrl, createChatKitFetch } from "./client/chatkit-fetch.ts";
import { ChatSessionClientError, toClientError } from "./client/client-error.ts";
import { followSessionEvents, type ReceivedSessionEvent } from "./client/session-events.ts";
import { createSessionKeeper, type CurrentSession } from "./client/session-keeper.ts";
import type {
  ApiKeyStatuses,
  AuditInput,
  AuditOutput,
  CancelAllSessionsInput,
  CancelAllSessionsOutput,
  CancelSessionInput,
  ChatSession,
  CreateSessionInput,
  Examination,
  ListSessionsInput,
  ListSessionsOutput,
  SessionSummary,
  SystemInfo,
} from "./contract.ts";
import type { AppRouter } from "./router.ts";

export { ChatSessionClientError, type ClientErrorCode } from "./client/client-error.ts";
export type { ReceivedSessionEvent } from "./client/session-events.ts";
export type { CurrentSession, SessionSnapshot } from "./client/session-keeper.ts";
export type { AppRouter, ChatSessionRouter } from "./router.ts";

/** L27 bounds what the server may take for a mint; the rest is the way there and back. */
const callDeadlineMs = 15_000;
/** The header field that names the session which a new one takes the place of (S36). */
const currentSecretField = "x-sidekit-current-secret";
const neverAborted = new AbortController().signal;

export interface ChatSessionClientOptions {
  /** Where the procedures are mounted, such as `/trpc`. Relative URLs need a page. */
  readonly url: string;
  /** What lets this caller ask for sessions; asked at each call. Empty while there is none. */
  readonly issuerCredential: () => string | Promise<string>;
  /** The kind of session the profile gives. Default: `local`. */
  readonly issuer?: "local" | "hosted";
  /** The server's first profile by default. */
  readonly profile?: string;
  readonly fetch?: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
}

export interface CallOptions {
  /** Its reason is what the call then rejects with. */
  readonly signal?: AbortSignal;
}

/** Fits the vendor's `HostedApiConfig`. */
export interface HostedChatKitApi {
  getClientSecret(currentClientSecret: string | null): Promise<string>;
}

/** Fits the vendor's `CustomApiConfig`. */
export interface SelfHostedChatKitApi {
  url: string;
  domainKey: string;
  fetch: typeof fetch;
  uploadStrategy?: { type: "two_phase" } | { type: "direct"; uploadUrl: string };
}

/** Every failure is a ChatSessionClientError, and every call but `sessionEvents` ends within 15 s. */
export interface ChatSessionClient<Api = HostedChatKitApi | SelfHostedChatKitApi> {
  /** Mints a session, which is then the one that `session` and `chatkitApi()` use. */
  createSession(input?: CreateSessionInput, options?: CallOptions): Promise<ChatSession>;
  /** Idempotent. */
  cancelSession(input: CancelSessionInput, options?: CallOptions): Promise<SessionSummary>;
  /** Ends all sessions of the caller, or of a user whom an operator names. */
  cancelAllSessions(input?: CancelAllSessionsInput, options?: CallOptions): Promise<CancelAllSessionsOutput>;
  listSessions(input?: Partial<ListSessionsInput>, options?: CallOptions): Promise<ListSessionsOutput>;
  /**
   * What happens to the caller's sessions, from now on or from after `lastEventId`. Comes back by itself when the line
   * breaks; ends when the signal aborts or the loop is left. Throws when the credential is no longer good: another call with
   * the last `id` goes on from there.
   */
  sessionEvents(
    options?: CallOptions & { readonly lastEventId?: string },
  ): AsyncIterableIterator<ReceivedSessionEvent>;
  readonly system: {
    info(options?: CallOptions): Promise<SystemInfo>;
    /** For operators: what is wrong with the server, why it matters, how to mend it. */
    doctor(options?: CallOptions): Promise<Examination>;
    /** For operators: who got, lost or was refused a session, and what became of the keys; newest first. */
    audit(input?: Partial<AuditInput>, options?: CallOptions): Promise<AuditOutput>;
  };
  readonly apiKeys: {
    status(options?: CallOptions): Promise<ApiKeyStatuses>;
    verify(options?: CallOptions): Promise<ApiKeyStatuses>;
  };
  readonly session: CurrentSession;
  /**
   * What a chat component needs. Mints on first use. Until then a self-hosted `url` is `chatkit` beside the
   * procedures and `domainKey` a placeholder; call `session.renew()` first where the component checks them.
   */
  chatkitApi(): Api;
}

type Options<Issuer extends "local" | "hosted"> = ChatSessionClientOptions & { readonly issuer: Issuer };

export function createChatSessionClient(options: Options<"hosted">): ChatSessionClient<HostedChatKitApi>;
export function createChatSessionClient(
  options: Omit<ChatSessionClientOptions, "issuer"> & { readonly issuer?: "local" },
): ChatSessionClient<SelfHostedChatKitApi>;
export function createChatSessionClient(options: ChatSessionClientOptions): ChatSessionClient;
export function createChatSessionClient(options: ChatSessionClientOptions): ChatSessionClient {
  const send: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const url = absoluteUrl(options.url).replace(/\/$/, "");
  const procedures = createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url,
        async fetch(input, { signal, ...init } = {}) {
          const response = await send(input, { ...init, signal: signal ?? null });
          if (response.headers.get("content-type")?.includes("json")) return response;
          // A page of some proxy, which the library would take for a broken connection.
          throw new ChatSessionClientError("unexpected_reply", { status: response.status });
        },
        async headers({ op }) {
          // Open to everybody, and asked before there is a credential.
          const credential = op.path === "system.info" ? "" : await options.issuerCredential();
          const currentSecret = op.context[currentSecretField];
          return {
            ...(credential === "" ? {} : { authorization: `Bearer ${credential}` }),
            ...(typeof currentSecret === "string" ? { [currentSecretField]: currentSecret } : {}),
          };
        },
      }),
    ],
  });

  const mint = (input: CreateSessionInput, signal?: AbortSignal, currentSecret: string | null = null) =>
    bounded(
      (inner) =>
        procedures.chatSession.createSession.mutate(input, {
          signal: inner,
          context: { [currentSecretField]: currentSecret },
        }),
      signal,
    );
  const cancel = (input: CancelSessionInput, signal?: AbortSignal) =>
    bounded((inner) => procedures.chatSession.cancelSession.mutate(input, { signal: inner }), signal);

  const session = createSessionKeeper({
    mint: (profile, currentSecret) =>
      mint(profile === undefined ? {} : { profile }, undefined, currentSecret),
    cancel: (sessionId) => cancel({ sessionId }),
    profile: options.profile,
    now: options.now ?? Date.now,
    monotonicNow: options.monotonicNow ?? (() => performance.now()),
  });
  const leaving = watchPage();

  return {
    async createSession(input = {}, { signal } = {}) {
      const named = options.profile === undefined ? {} : { profile: options.profile };
      const created = await mint({ ...named, ...input }, signal);
      session.adopt(created);
      return created;
    },
    cancelSession: (input, { signal } = {}) => cancel(input, signal),
    cancelAllSessions: (input = {}, { signal } = {}) =>
      bounded((inner) => procedures.chatSession.cancelAllSessions.mutate(input, { signal: inner }), signal),
    sessionEvents: ({ lastEventId, signal = neverAborted } = {}) =>
      followSessionEvents({
        fetch: send,
        url,
        issuerCredential: options.issuerCredential,
        lastEventId,
        signal,
      }),
    listSessions: (input = {}, { signal } = {}) =>
      bounded(
        (inner) => procedures.chatSession.listSessions.query({ limit: 20, ...input }, { signal: inner }),
        signal,
      ),
    system: {
      info: ({ signal } = {}) =>
        bounded((inner) => procedures.system.info.query(undefined, { signal: inner }), signal),
      doctor: ({ signal } = {}) =>
        bounded((inner) => procedures.system.doctor.mutate(undefined, { signal: inner }), signal),
      audit: (input = {}, { signal } = {}) =>
        bounded((inner) => procedures.system.audit.query({ limit: 50, ...input }, { signal: inner }), signal),
    },
    apiKeys: {
      status: ({ signal } = {}) =>
        bounded((inner) => procedures.apiKeys.status.query(undefined, { signal: inner }), signal),
      verify: ({ signal } = {}) =>
        bounded((inner) => procedures.apiKeys.verify.mutate(undefined, { signal: inner }), signal),
    },
    session,
    chatkitApi: () => (options.issuer === "hosted" ? hostedApi() : selfHostedApi()),
  };

  function hostedApi(): HostedChatKitApi {
    return {
      async getClientSecret(current) {
        const { api, clientSecret } = await (current === null ? session.usable() : session.replace(current));
        if (api.kind !== "hosted") throw new ChatSessionClientError("wrong_issuer");
        return clientSecret;
      },
    };
  }

  function selfHostedApi(): SelfHostedChatKitApi {
    const held = session.held();
    const api = held?.api.kind === "self-hosted" ? held.api : null;
    const endpoint = api?.url ?? new URL("chatkit", url).href;
    return {
      url: endpoint,
      domainKey: api?.domainKey ?? "not-known-yet",
      fetch: createChatKitFetch({ session, fetch: send, url: endpoint, leaving }),
      ...(api?.uploadStrategy ? { uploadStrategy: api.uploadStrategy } : {}),
    };
  }
}

async function bounded<Result>(
  call: (signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(callDeadlineMs);
  const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  try {
    return await orAborted(call(either), either);
  } catch (failure) {
    signal?.throwIfAborted();
    throw deadline.aborted ? new ChatSessionClientError("timeout") : toClientError(failure);
  }
}

/** Tells whether the page is being left. Always false outside a browser. */
function watchPage(): () => boolean {
  let gone = false;
  // Not a name that a server's type declarations know.
  const listen: unknown = Reflect.get(globalThis, "addEventListener");
  if (typeof listen === "function") {
    listen.call(globalThis, "pagehide", () => (gone = true));
    // A page can come back from the browser's cache.
    listen.call(globalThis, "pageshow", () => (gone = false));
  }
  return () => gone;
}
