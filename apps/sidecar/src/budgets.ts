// What a user may use on a day, and a session in its life (S124). An answer is counted before it begins and at a fixed number
// of tokens, which the upstream's own count takes the place of: who breaks an answer off before that is known, or begins
// several at once, gains nothing.

import {
  ChatKitError,
  type Budget,
  type ChatKitCaller,
  type Owner,
  type Usage,
  type UsageStore,
} from "@sidekit/chatkit";

import type { Bounds, BudgetConfig } from "./settings-limits.ts";

/** What an answer or a recording counts as long as the upstream has not said what it took. */
export const untoldTokens = 2000;
const dayMs = 86_400_000;
/** Of days that are over, for whoever wants to know. */
const daysKept = 31;
/** No session lives longer (L18). */
const sessionMs = 3_600_000;
const maxSessions = 50_000;
const busyMs = 1000;

export interface BudgetOptions {
  readonly store: UsageStore;
  readonly bounds: BudgetConfig;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface SessionUsage {
  requests: number;
  tokens: number;
  lastMs: number;
}

/**
 * Users' days are durable; sessions end with the process, and what they have used with them. An answer belongs to the day
 * on which it began. Null without a bound.
 */
export function createBudget({ store, bounds, now = Date.now }: BudgetOptions): Budget | null {
  const { userDay, session: ofSession } = bounds;
  const countsDays = isSet(userDay);
  const countsSessions = isSet(ofSession);
  if (!countsDays && !countsSessions) return null;
  const below = boundsOf(userDay);
  const sessionBelow = boundsOf(ofSession);
  const first: Usage = { requests: 1, tokens: untoldTokens };
  // The one used longest ago first.
  const sessions = new Map<string, SessionUsage>();
  let forgottenDay = -1;

  return {
    async admit(caller, signal) {
      const nowMs = now();
      const day = Math.floor(nowMs / dayMs);
      const session = countsSessions ? admitSession(caller, nowMs) : null;
      try {
        if (countsDays) await admitDay(caller.owner, day, nowMs, signal);
      } catch (thrown) {
        if (session !== null) add(session, { requests: -1, tokens: -untoldTokens });
        throw thrown;
      }
      let told = false;
      return {
        async addTokens(tokens, addSignal) {
          // Upstreams that do not count say so by a zero.
          if (tokens === 0) return;
          const used = { requests: 0, tokens: told ? tokens : tokens - untoldTokens };
          told = true;
          if (session !== null) add(session, used);
          if (countsDays) await store.addUsage(caller.owner, day, used, null, addSignal);
        },
        async giveBack(backSignal) {
          const used = { requests: -1, tokens: -untoldTokens };
          if (session !== null) add(session, used);
          if (countsDays) await store.addUsage(caller.owner, day, used, null, backSignal);
        },
      };
    },
  };

  async function admitDay(owner: Owner, day: number, nowMs: number, signal: AbortSignal): Promise<void> {
    if (day !== forgottenDay) {
      await store.forgetUsage(day - daysKept, signal);
      forgottenDay = day;
    }
    if (await store.addUsage(owner, day, first, below, signal)) return;
    throw new ChatKitError("budget_spent", { retryAfterMs: (day + 1) * dayMs - nowMs });
  }

  function admitSession({ sessionId, sessionEndsAtMs }: ChatKitCaller, nowMs: number): SessionUsage {
    for (const [id, { lastMs }] of sessions) {
      if (nowMs - lastMs < sessionMs) break;
      sessions.delete(id);
    }
    const session = sessions.get(sessionId) ?? { requests: 0, tokens: 0, lastMs: nowMs };
    if (session.requests >= sessionBelow.requests || session.tokens >= sessionBelow.tokens) {
      const retryAfterMs = Math.max(busyMs, (sessionEndsAtMs ?? nowMs + sessionMs) - nowMs);
      throw new ChatKitError("session_budget_spent", { retryAfterMs });
    }
    if (!sessions.has(sessionId) && sessions.size >= maxSessions) {
      throw new ChatKitError("overloaded", { retryAfterMs: busyMs });
    }
    session.lastMs = nowMs;
    sessions.delete(sessionId);
    sessions.set(sessionId, session);
    add(session, first);
    return session;
  }
}

function isSet({ requests, tokens }: Bounds): boolean {
  return requests !== null || tokens !== null;
}

function boundsOf({ requests, tokens }: Bounds): Usage {
  return { requests: requests ?? Number.MAX_SAFE_INTEGER, tokens: tokens ?? Number.MAX_SAFE_INTEGER };
}

function add(session: SessionUsage, { requests, tokens }: Usage): void {
  session.requests += requests;
  session.tokens += tokens;
}
