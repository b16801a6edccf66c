// The policy of sessions: who may have one, of which kind, how many, for how long; and what happens when a step fails.

import { orAborted } from "./abortable.ts";
import type {
  CancelAllSessionsInput,
  CancelAllSessionsOutput,
  CancelSessionInput,
  ChatSession,
  CreateSessionInput,
  ListSessionsInput,
  ListSessionsOutput,
  SessionEventsInput,
  SessionSummary,
} from "./contract.ts";
import { withRandomBytes } from "./entropy.ts";
import { ChatSessionError } from "./errors.ts";
import { createIdempotency } from "./idempotency.ts";
import type { ObserveSession, SessionEndReason } from "./observe.ts";
import type {
  Caller,
  IssuedSession,
  Issuer,
  IssueOrder,
  MintSource,
  SessionKeys,
  SessionOwner,
  SessionProfile,
  SessionScope,
  SessionStore,
} from "./ports.ts";
import { createSessionEnds, type EndedSessions } from "./session-ends.ts";
import { createSessionEvents, type NamedSessionEvent } from "./session-events.ts";
import { stateOf } from "./session-record.ts";
import { createReplaceableSessions } from "./session-refresh.ts";
import { sessionReply, sessionSummaryOf, type MintedSession } from "./session-replies.ts";

/** S31. The upstream would take 10 MiB for each variable. */
const maxStateBytes = 32 * 1024;
/** A mint that several callers wait for outlives the one who began it, but not L27 and a store's answer. */
const sharedMintDeadlineMs = 12_000;
const compensationDeadlineMs = 3000;
const maxKeptReplies = 10_000;
const noSource: MintSource = { origin: null, currentSecret: null };

export interface SessionServiceOptions {
  /** The first is used when a caller names none. */
  readonly profiles: readonly [SessionProfile, ...SessionProfile[]];
  /** One of each kind that the profiles ask for. */
  readonly issuers: readonly Issuer[];
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  /** Counts a mint before anything is done for it, and throws ChatSessionError when it is one too many. */
  readonly admitMint?: (caller: Caller, source: MintSource) => void;
  readonly observe: ObserveSession;
  /** L19. Beyond it the oldest is cancelled. */
  readonly maxActivePerUser?: number;
  /** L20. How long a session stays valid that another one takes the place of. */
  readonly overlapMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
  /** A fresh `cksess_` id with 128 random bits. */
  readonly newId?: () => string;
}

/** What the procedures call. Throws ChatSessionError, or the reason of an aborted signal. */
export interface SessionService {
  /**
   * Mints a session for the caller. With an idempotency key, once per key, caller and input within 60 s (S38). Takes the
   * place of the session whose secret the source names (S36).
   */
  createSession(
    caller: Caller,
    input: CreateSessionInput,
    signal: AbortSignal,
    source?: MintSource,
  ): Promise<ChatSession>;
  /** Ends the caller's session, at the upstream too. Idempotent; another's session is `not_found` (S54, S61). */
  cancelSession(caller: Caller, input: CancelSessionInput, signal: AbortSignal): Promise<SessionSummary>;
  /** Ends all sessions of the caller, or of a user whom an operator names, those being minted included (S55). */
  cancelAllSessions(
    caller: Caller,
    input: CancelAllSessionsInput,
    signal: AbortSignal,
  ): Promise<CancelAllSessionsOutput>;
  /** The caller's active sessions, newest first, never with a secret (S60). */
  listSessions(caller: Caller, input: ListSessionsInput, signal: AbortSignal): Promise<ListSessionsOutput>;
  /** What happens to the caller's sessions. Refuses at once; see SessionEvents for how it ends. */
  followSessions(
    caller: Caller,
    input: SessionEventsInput,
    signal: AbortSignal,
  ): AsyncGenerator<NamedSessionEvent, undefined>;
}

/** What the process around the procedures calls. */
export interface SessionUpkeep {
  /** Ends all sessions of a user or tenant that the host has disabled, or of a page that is gone (S19, S55). */
  endSessions(scope: SessionScope, reason: SessionEndReason, signal: AbortSignal): Promise<EndedSessions>;
  /** Ends the session of a secret that was put where it does not belong, if it is one (S50). */
  endLeaked(secret: string, signal: AbortSignal): Promise<void>;
  /** Ends and reports what is over by time. To be called every second. */
  endLapsed(signal: AbortSignal): Promise<void>;
  /** Tells the owner that a session was refused for asking too much. */
  tellRateLimited(session: { readonly id: string; readonly owner: SessionOwner }, retryAfterMs: number): void;
  /** Ends all that follow: the process ends. */
  closeFollowers(): void;
}

export function createSessionService(options: SessionServiceOptions): SessionService & SessionUpkeep {
  const { profiles, store, keys, observe, maxActivePerUser = 10, overlapMs = 60_000 } = options;
  const now = options.now ?? Date.now;
  const monotonicNow = options.monotonicNow ?? (() => performance.now());
  const newId = options.newId ?? newSessionId;
  const profileByName = new Map(profiles.map((profile) => [profile.name, profile]));
  const issuerByKind = new Map(options.issuers.map((issuer) => [issuer.kind, issuer]));
  for (const { name, issuer } of profiles) {
    if (!issuerByKind.has(issuer)) throw new RangeError(`Profile ${name} needs the issuer ${issuer}.`);
  }
  const once = createIdempotency<MintedSession>({
    keys,
    monotonicNow,
    maxKept: maxKeptReplies,
  });
  const events = createSessionEvents({ keys, now, monotonicNow });
  const ends = createSessionEnds({ store, keys, issuerByKind, events, observe, now });
  const replaceable = createReplaceableSessions({ store, keys, observe, now });

  return {
    async createSession(caller, input, signal, source = noSource) {
      const profile = profileByName.get(input.profile ?? profiles[0].name);
      try {
        if (profile === undefined) throw new ChatSessionError("invalid_request", { fields: ["profile"] });
        options.admitMint?.(caller, source);
        const order = { caller, profile, stateVariables: allowedState(profile, input) };
        return sessionReply(profile, await mintOnce(order, input, source, signal), now());
      } catch (failure) {
        const unnamed = signal.aborted ? "request_timeout" : "internal";
        const code = failure instanceof ChatSessionError ? failure.code : unnamed;
        observe({ event: "session.refused", code, profile: profile?.name ?? null });
        throw failure;
      }
    },
    cancelSession: async (caller, { sessionId }, signal) =>
      sessionSummaryOf(await ends.one(caller, sessionId, signal), now()),
    async cancelAllSessions(caller, { user }, signal) {
      if (user !== undefined && !caller.operator) throw new ChatSessionError("forbidden");
      const scope = { kind: "user", tenant: caller.tenant, user: user ?? caller.user } as const;
      const { ended, upstreamFailed } = await ends.all(scope, "cancelled", signal);
      return { cancelled: ended.length, failedUpstream: upstreamFailed.map(({ id }) => id) };
    },
    async listSessions(caller, { limit, after }, signal) {
      const page = await store.listActive(
        caller,
        { limit, ...(after === undefined ? {} : { after }) },
        signal,
      );
      const last = page.sessions.at(-1);
      return {
        data: page.sessions
          .filter(({ record }) => ends.intact(record))
          .map((it) => sessionSummaryOf(it, now())),
        hasMore: page.hasMore,
        ...(page.hasMore && last !== undefined ? { after: last.record.id } : {}),
      };
    },
    followSessions: (caller, { lastEventId }, signal) =>
      events.follow(caller, { lastEventId, untilMs: caller.validUntilMs }, signal),
    endSessions: ends.all,
    endLeaked: ends.leaked,
    endLapsed: ends.lapsed,
    tellRateLimited: ({ id, owner }, retryAfterMs) =>
      events.publish(owner, {
        type: "rate-limited",
        sessionId: id,
        retryAfterMs: Math.max(0, Math.ceil(retryAfterMs)),
      }),
    closeFollowers: events.close,
  };

  function mintOnce(
    order: IssueOrder,
    input: CreateSessionInput,
    source: MintSource,
    signal: AbortSignal,
  ): Promise<MintedSession> {
    if (input.idempotencyKey === undefined) return mint(order, source, signal);
    const variables = Object.entries(input.stateVariables ?? {}).sort();
    const shared = once({
      owner: order.caller,
      key: input.idempotencyKey,
      input: JSON.stringify([input.profile ?? null, variables, source.origin]),
      run: () => mint(order, source, AbortSignal.timeout(sharedMintDeadlineMs)),
      // A session that has ended since is not handed out, and a repeat that comes late does not bring it back.
      holds: async ({ record }) => {
        const found = await store.find(order.caller, record.id, AbortSignal.timeout(sharedMintDeadlineMs));
        return found !== null && stateOf(found, now()) === "active";
      },
    });
    // Others may wait for the same mint: it goes on when this caller leaves.
    return orAborted(shared, signal);
  }

  async function mint(order: IssueOrder, source: MintSource, signal: AbortSignal): Promise<MintedSession> {
    const { caller, profile } = order;
    const issuer = issuerByKind.get(profile.issuer)!;
    const begun = await store.begin(signal);
    const replacedId = await replaceable(order, source, signal);
    const issued = await issuer.issue(order, signal);
    const record = keys.sealRecord(draftOf(order, source, issued), issued.clientSecret);
    const terms = {
      maxActive: maxActivePerUser,
      begun,
      ...(replacedId === null ? {} : { replaces: { id: replacedId, overlapMs } }),
    };
    const { evicted, replaced } = await store
      .insert(record, terms, signal)
      .catch(async (failure: unknown) => {
        // Nobody will ever hold this session. The issuer reports a failed cancel; the lifetime bounds what remains.
        await issuer.cancel(record, AbortSignal.timeout(compensationDeadlineMs)).catch(() => undefined);
        throw failure;
      });
    observe({
      event: "session.created",
      sessionId: record.id,
      issuer: issuer.kind,
      profile: profile.name,
      credential: caller.credential,
    });
    const created = { sessionId: record.id, profile: profile.name };
    if (replaced === null) events.publish(caller, { type: "created", ...created });
    else {
      observe({ event: "session.refreshed", sessionId: record.id, replaces: replaced.id });
      events.publish(caller, { type: "refreshed", ...created, replaces: replaced.id });
    }
    ends.evicted(evicted);
    return { record, issued };
  }

  function draftOf({ caller, profile }: IssueOrder, { origin }: MintSource, issued: IssuedSession) {
    return {
      id: newId(),
      tenant: caller.tenant,
      user: caller.user,
      origin,
      profile: profile.name,
      issuer: profile.issuer,
      requestsPerMinute: issued.requestsPerMinute,
      upstreamId: issued.upstreamId,
      createdAtMs: now(),
      expiresAtMs: issued.expiresAtMs,
    };
  }
}

function allowedState(profile: SessionProfile, input: CreateSessionInput): IssueOrder["stateVariables"] {
  const variables = input.stateVariables ?? {};
  const foreign = Object.keys(variables).some((name) => !profile.stateVariables.includes(name));
  const tooLarge = new TextEncoder().encode(JSON.stringify(variables)).length > maxStateBytes;
  if (foreign || tooLarge) throw new ChatSessionError("invalid_request", { fields: ["stateVariables"] });
  return variables;
}

function newSessionId(): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  return `cksess_${withRandomBytes(16, (bytes) => Array.from(bytes, hex).join(""))}`;
}
