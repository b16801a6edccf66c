// The session that a page is using: minted on first use, once at a time, renewed before it ends.

import type { ChatSession } from "../contract.ts";

/** What a page may show of the session it is using. The secret is not part of it. */
export interface SessionSnapshot {
  readonly id: string;
  readonly profile: string;
  readonly issuer: "local" | "hosted";
  /** By this machine's wall clock, milliseconds since 1970, whatever the server's clock says. */
  readonly expiresAtMs: number;
  readonly refreshAtMs: number;
  readonly limits: ChatSession["limits"];
  readonly features: ChatSession["features"];
}

export interface CurrentSession {
  /** The same object until something changes; null before the first use and after `end`. */
  current(): SessionSnapshot | null;
  /** Calls back after each change. Returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** Mints a new session now, or joins the mint that is going on. */
  renew(): Promise<SessionSnapshot>;
  /** Cancels the session. The next use mints a new one. */
  end(): Promise<void>;
}

export interface SessionKeeper extends CurrentSession {
  held(): ChatSession | null;
  /** A session that is not due for renewal; the one at hand if it is due, cannot be renewed, and still lives. */
  usable(): Promise<ChatSession>;
  /** A session with another secret than this one, which was refused. */
  replace(refusedSecret: string): Promise<ChatSession>;
  /** Uses a session that was minted elsewhere. */
  adopt(session: ChatSession): void;
}

export interface SessionKeeperOptions {
  /** `currentSecret`: of the session that the new one takes the place of (S36); null when there is none. */
  readonly mint: (profile: string | undefined, currentSecret: string | null) => Promise<ChatSession>;
  readonly cancel: (sessionId: string) => Promise<unknown>;
  /** Asked for when no session has been adopted. */
  readonly profile: string | undefined;
  readonly now: () => number;
  readonly monotonicNow: () => number;
}

interface Held {
  readonly session: ChatSession;
  readonly snapshot: SessionSnapshot;
  readonly receivedAtMs: number;
  readonly receivedMonotonicMs: number;
}

export function createSessionKeeper(options: SessionKeeperOptions): SessionKeeper {
  const { now, monotonicNow } = options;
  const listeners = new Set<() => void>();
  let held: Held | null = null;
  let minting: Promise<Held> | null = null;
  let { profile } = options;

  return {
    current: () => held?.snapshot ?? null,
    held: () => held?.session ?? null,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    renew: async () => (await mint(held?.session.clientSecret ?? null)).snapshot,
    async end() {
      // A mint that is going on would otherwise outlive the end.
      await minting?.catch(() => undefined);
      const ending = held;
      hold(null);
      if (ending !== null) await options.cancel(ending.session.id);
    },
    async usable() {
      if (held !== null && ageMs(held) < held.session.refreshIn * 1000) return held.session;
      try {
        return (await mint(held?.session.clientSecret ?? null)).session;
      } catch (failure) {
        if (held !== null && ageMs(held) < held.session.expiresIn * 1000) return held.session;
        throw failure;
      }
    },
    async replace(refusedSecret) {
      if (held !== null && held.session.clientSecret !== refusedSecret) return held.session;
      hold(null);
      // A hosted component asks like this when its secret is about to end, not only when it was refused.
      return (await mint(refusedSecret)).session;
    },
    adopt(session) {
      ({ profile } = session);
      hold(received(session));
    },
  };

  function mint(currentSecret: string | null): Promise<Held> {
    minting ??= options
      .mint(profile, currentSecret)
      .then((session) => {
        const minted = received(session);
        hold(minted);
        return minted;
      })
      .finally(() => {
        minting = null;
      });
    return minting;
  }

  function hold(next: Held | null): void {
    if (held === next) return;
    held = next;
    for (const listener of listeners) listener();
  }

  function received(session: ChatSession): Held {
    const receivedAtMs = now();
    return {
      session,
      receivedAtMs,
      receivedMonotonicMs: monotonicNow(),
      snapshot: {
        id: session.id,
        profile: session.profile,
        issuer: session.api.kind === "hosted" ? "hosted" : "local",
        expiresAtMs: receivedAtMs + session.expiresIn * 1000,
        refreshAtMs: receivedAtMs + session.refreshIn * 1000,
        limits: session.limits,
        features: session.features,
      },
    };
  }

  /** By the clock that says more: one stops while the machine sleeps, the other can be set back. */
  function ageMs(one: Held): number {
    return Math.max(monotonicNow() - one.receivedMonotonicMs, now() - one.receivedAtMs);
  }
}
