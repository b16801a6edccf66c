// The policy of sessions: who may have one, of which kind, how many, for how long; and what happens when a step fails.

import { orAborted } from "./abortable.ts";
import type {
  CancelSessionInput,
  ChatSession,
  CreateSessionInput,
  ListSessionsInput,
  ListSessionsOutput,
  SessionSummary,
} from "./contract.ts";
import { withRandomBytes } from "./entropy.ts";
import { ChatSessionError } from "./errors.ts";
import { createIdempotency } from "./idempotency.ts";
import type { ObserveSession } from "./observe.ts";
import type {
  Caller,
  IssuedSession,
  Issuer,
  IssueOrder,
  SessionKeys,
  SessionProfile,
  SessionRecord,
  SessionStore,
} from "./ports.ts";

/** S31. The upstream would take 10 MiB for each variable. */
const maxStateBytes = 32 * 1024;
/** A mint that several callers wait for outlives the one who began it, but not L27 and a store's answer. */
const sharedMintDeadlineMs = 12_000;
const compensationDeadlineMs = 3000;
const evictionDeadlineMs = 10_000;
const maxKeptReplies = 10_000;
const renewBeforeMs = 60_000;
const renewAtShare = 0.8;

export interface SessionServiceOptions {
  /** The first is used when a caller names none. */
  readonly profiles: readonly [SessionProfile, ...SessionProfile[]];
  /** One of each kind that the profiles ask for. */
  readonly issuers: readonly Issuer[];
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  readonly observe: ObserveSession;
  /** L19. Beyond it the oldest is cancelled. */
  readonly maxActivePerUser?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Milliseconds by a clock that only goes forward. */
  readonly monotonicNow?: () => number;
  /** A fresh `cksess_` id with 128 random bits. */
  readonly newId?: () => string;
}

/** Throws ChatSessionError, or the reason of an aborted signal. */
export interface SessionService {
  /** Mints a session for the caller. With an idempotency key, once per key, caller and input within 60 s (S38). */
  createSession(caller: Caller, input: CreateSessionInput, signal: AbortSignal): Promise<ChatSession>;
  /** Ends the caller's session, at the upstream too. Idempotent; another's session is `not_found` (S54, S61). */
  cancelSession(caller: Caller, input: CancelSessionInput, signal: AbortSignal): Promise<SessionSummary>;
  /** The caller's active sessions, newest first, never with a secret (S60). */
  listSessions(caller: Caller, input: ListSessionsInput, signal: AbortSignal): Promise<ListSessionsOutput>;
}

interface Minted {
  readonly record: SessionRecord;
  readonly issued: IssuedSession;
}

export function createSessionService(options: SessionServiceOptions): SessionService {
  const { profiles, store, keys, observe, maxActivePerUser = 10 } = options;
  const now = options.now ?? Date.now;
  const newId = options.newId ?? newSessionId;
  const profileByName = new Map(profiles.map((profile) => [profile.name, profile]));
  const issuerByKind = new Map(options.issuers.map((issuer) => [issuer.kind, issuer]));
  for (const { name, issuer } of profiles) {
    if (!issuerByKind.has(issuer)) throw new RangeError(`Profile ${name} needs the issuer ${issuer}.`);
  }
  const once = createIdempotency<Minted>({
    keys,
    monotonicNow: options.monotonicNow ?? (() => performance.now()),
    maxKept: maxKeptReplies,
  });

  return {
    async createSession(caller, input, signal) {
      const profile = profileByName.get(input.profile ?? profiles[0].name);
      try {
        if (profile === undefined) throw new ChatSessionError("invalid_request", { fields: ["profile"] });
        const order = { caller, profile, stateVariables: allowedState(profile, input) };
        return reply(profile, await mintOnce(order, input, signal), now());
      } catch (failure) {
        const unnamed = signal.aborted ? "request_timeout" : "internal";
        const code = failure instanceof ChatSessionError ? failure.code : unnamed;
        observe({ event: "session.refused", code, profile: profile?.name ?? null });
        throw failure;
      }
    },
    async cancelSession(caller, { sessionId }, signal) {
      const atMs = now();
      const record = await store.cancel(caller, sessionId, atMs, signal);
      if (record === null || !intact(record)) throw new ChatSessionError("not_found");
      if (record.cancelledAtMs === atMs)
        observe({ event: "session.revoked", sessionId, reason: "cancelled" });
      await issuerByKind.get(record.issuer)?.cancel(record, signal);
      return summary(record, now());
    },
    async listSessions(caller, { limit, after }, signal) {
      const page = await store.listActive(
        caller,
        { limit, ...(after === undefined ? {} : { after }) },
        signal,
      );
      const last = page.records.at(-1);
      return {
        data: page.records.filter(intact).map((record) => summary(record, now())),
        hasMore: page.hasMore,
        ...(page.hasMore && last !== undefined ? { after: last.id } : {}),
      };
    },
  };

  function mintOnce(order: IssueOrder, input: CreateSessionInput, signal: AbortSignal): Promise<Minted> {
    if (input.idempotencyKey === undefined) return mint(order, signal);
    const shared = once({
      owner: order.caller,
      key: input.idempotencyKey,
      input: JSON.stringify([input.profile ?? null, Object.entries(input.stateVariables ?? {}).sort()]),
      run: () => mint(order, AbortSignal.timeout(sharedMintDeadlineMs)),
    });
    // Others may wait for the same mint: it goes on when this caller leaves.
    return orAborted(shared, signal);
  }

  async function mint(order: IssueOrder, signal: AbortSignal): Promise<Minted> {
    const { caller, profile } = order;
    const issuer = issuerByKind.get(profile.issuer)!;
    const issued = await issuer.issue(order, signal);
    const record = recordOf(order, issued);
    const evicted = await store.insert(record, maxActivePerUser, signal).catch(async (failure: unknown) => {
      // Nobody will ever hold this session. The issuer reports a failed cancel; the lifetime bounds what remains.
      await issuer.cancel(record, AbortSignal.timeout(compensationDeadlineMs)).catch(() => undefined);
      throw failure;
    });
    for (const oldest of evicted) evict(oldest);
    observe({
      event: "session.created",
      sessionId: record.id,
      issuer: issuer.kind,
      profile: profile.name,
      credential: caller.credential,
    });
    return { record, issued };
  }

  function recordOf({ caller, profile }: IssueOrder, issued: IssuedSession): SessionRecord {
    const unsealed = {
      id: newId(),
      tenant: caller.tenant,
      user: caller.user,
      profile: profile.name,
      issuer: profile.issuer,
      lookupKey: issued.lookupKey,
      upstreamId: issued.upstreamId,
      createdAtMs: now(),
      expiresAtMs: issued.expiresAtMs,
    };
    return { ...unsealed, cancelledAtMs: null, mac: keys.recordMac(unsealed) };
  }

  /** In the background: the caller's new session does not wait for the end of an old one. */
  function evict(record: SessionRecord): void {
    observe({ event: "session.revoked", sessionId: record.id, reason: "limit" });
    const signal = AbortSignal.timeout(evictionDeadlineMs);
    void issuerByKind
      .get(record.issuer)
      ?.cancel(record, signal)
      .catch(() => undefined);
  }

  function intact(record: SessionRecord): boolean {
    if (keys.recordIntact(record)) return true;
    observe({ event: "session.integrity", sessionId: record.id });
    return false;
  }
}

function allowedState(profile: SessionProfile, input: CreateSessionInput): IssueOrder["stateVariables"] {
  const variables = input.stateVariables ?? {};
  const foreign = Object.keys(variables).some((name) => !profile.stateVariables.includes(name));
  const tooLarge = new TextEncoder().encode(JSON.stringify(variables)).length > maxStateBytes;
  if (foreign || tooLarge) throw new ChatSessionError("invalid_request", { fields: ["stateVariables"] });
  return variables;
}

function reply(profile: SessionProfile, { record, issued }: Minted, atMs: number): ChatSession {
  const lifeMs = record.expiresAtMs - record.createdAtMs;
  const refreshAtMs = record.createdAtMs + Math.max(lifeMs - renewBeforeMs, lifeMs * renewAtShare);
  return {
    id: record.id,
    clientSecret: issued.clientSecret,
    status: "active",
    expiresAt: isoTime(record.expiresAtMs),
    refreshAt: isoTime(refreshAtMs),
    expiresIn: wholeSeconds(record.expiresAtMs - atMs),
    refreshIn: wholeSeconds(refreshAtMs - atMs),
    profile: profile.name,
    limits: { maxRequestsPerMinute: issued.requestsPerMinute },
    features: profile.features,
    api: issued.api,
  };
}

function summary(record: SessionRecord, atMs: number): SessionSummary {
  const live = atMs < record.expiresAtMs ? "active" : "expired";
  return {
    id: record.id,
    status: record.cancelledAtMs === null ? live : "cancelled",
    issuer: record.issuer,
    profile: record.profile,
    createdAt: isoTime(record.createdAtMs),
    expiresAt: isoTime(record.expiresAtMs),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

function newSessionId(): string {
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  return `cksess_${withRandomBytes(16, (bytes) => Array.from(bytes, hex).join(""))}`;
}
