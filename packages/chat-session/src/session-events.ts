// What happens to a caller's sessions, told to whoever follows: in order, with ids to resume from, in bounded memory.

import type { SessionEvent } from "./contract.ts";
import { ChatSessionError } from "./errors.ts";
import { ownerKey } from "./owner-key.ts";
import type { SessionKeys, SessionOwner } from "./ports.ts";

/** Events of one owner, and of all, that a follower who was away can still be told. */
const keptPerOwner = 64;
const keptInAll = 50_000;
/** What a slow follower may have waiting. */
const maxWaiting = 256;
const repeatAfterMs = 10_000;
/** L10. */
const maxPerOwner = 8;
const maxFollowers = 1000;
/** How often a follower's time is looked at by both clocks. */
const clockCheckMs = 5000;

type WithoutTime<Event> = Event extends SessionEvent ? Omit<Event, "at"> : never;

/** What is told; when it was is added. */
export type SessionNews = WithoutTime<SessionEvent>;

/** `id` is opaque, and good for this owner only (S85). */
export interface NamedSessionEvent {
  readonly id: string;
  readonly event: SessionEvent;
}

export interface FollowOptions {
  /** The last event that was received. Throws `invalid_request` when it is none of this owner's. */
  readonly lastEventId?: string | undefined;
  /** When the follower's credential ends, milliseconds since 1970. */
  readonly untilMs?: number | undefined;
}

export interface SessionEvents {
  publish(owner: SessionOwner, news: SessionNews): void;
  /**
   * The events of this owner from now on, or from after `lastEventId`; `stale` stands for those that are gone. Counts at
   * once, until the signal aborts or the iteration ends. Throws `rate_limited` beyond L10. The iteration throws
   * `unauthenticated` when the credential ends and `draining` when the process does.
   */
  follow(
    owner: SessionOwner,
    options: FollowOptions,
    signal: AbortSignal,
  ): AsyncGenerator<NamedSessionEvent, undefined>;
  /** No more is told: the process ends. */
  close(): void;
}

export interface SessionEventsOptions {
  readonly keys: Pick<SessionKeys, "eventId" | "eventPosition">;
  readonly now: () => number;
  readonly monotonicNow: () => number;
}

interface Entry {
  readonly sequence: number;
  readonly atMs: number;
  readonly news: SessionNews;
}

interface OwnerLog {
  readonly kept: Entry[];
  /** Events up to here are not kept any more. */
  goneUpTo: number;
}

interface Follower {
  waiting: Entry[];
  ending: ChatSessionError | "left" | null;
  wake: () => void;
}

export function createSessionEvents(options: SessionEventsOptions): SessionEvents {
  const { keys, now, monotonicNow } = options;
  /** Tells the events of this process from those of an earlier one. */
  const epoch = crypto.randomUUID().replaceAll("-", "");
  /** The one that was told something longest ago comes first. */
  const logs = new Map<string, OwnerLog>();
  const followers = new Map<string, Set<Follower>>();
  let followerCount = 0;
  let keptCount = 0;
  let sequence = 0;
  /** Of logs that are not kept any more. */
  let goneUpTo = 0;
  let closed = false;

  return {
    publish(owner, news) {
      const key = ownerKey(owner);
      if (isRepeat(key, news)) return;
      const entry = { sequence: (sequence += 1), atMs: now(), news };
      remember(key, entry);
      for (const follower of followers.get(key) ?? []) offer(follower, entry);
    },
    follow(owner, { lastEventId, untilMs }, signal) {
      signal.throwIfAborted();
      if (closed) throw new ChatSessionError("draining");
      const key = ownerKey(owner);
      const waiting = lastEventId === undefined ? [] : since(key, positionOf(owner, lastEventId));
      const follower: Follower = { waiting, ending: null, wake: () => {} };
      const leave = count(key, follower);
      const stopClock = untilMs === undefined ? () => {} : whenOver(untilMs, () => expire(follower));
      const release = () => {
        signal.removeEventListener("abort", release);
        stopClock();
        leave();
        end(follower, "left");
      };
      // Also when nobody ever asks for the first event.
      signal.addEventListener("abort", release);
      return deliver(owner, follower, release);
    },
    close() {
      closed = true;
      for (const group of followers.values())
        for (const follower of group) end(follower, new ChatSessionError("draining"));
    },
  };

  async function* deliver(
    owner: SessionOwner,
    follower: Follower,
    release: () => void,
  ): AsyncGenerator<NamedSessionEvent, undefined> {
    try {
      for (;;) {
        const entry = follower.waiting.shift();
        if (entry !== undefined) {
          const { news, atMs } = entry;
          const event: SessionEvent = { ...news, at: new Date(atMs).toISOString() };
          yield { id: keys.eventId(owner, `${epoch}-${entry.sequence}`), event };
        } else if (follower.ending === "left") {
          return;
        } else if (follower.ending !== null) {
          throw follower.ending;
        } else {
          await new Promise<void>((resolve) => (follower.wake = resolve));
        }
      }
    } finally {
      release();
    }
  }

  /** Returns what takes the follower off the count. */
  function count(key: string, follower: Follower): () => void {
    const group = followers.get(key) ?? new Set<Follower>();
    if (group.size >= maxPerOwner || followerCount >= maxFollowers)
      throw new ChatSessionError("rate_limited", { retryAfterMs: 1000 });
    followers.set(key, group.add(follower));
    followerCount += 1;
    return () => {
      if (!group.delete(follower)) return;
      followerCount -= 1;
      if (group.size === 0) followers.delete(key);
    };
  }

  function offer(follower: Follower, entry: Entry): void {
    if (follower.ending !== null) return;
    follower.waiting.push(entry);
    if (follower.waiting.length > maxWaiting) follower.waiting = [stale(entry.sequence)];
    follower.wake();
  }

  function end(follower: Follower, ending: Follower["ending"]): void {
    follower.ending ??= ending;
    follower.wake();
  }

  /** What came before is not told either: the credential is good no more. */
  function expire(follower: Follower): void {
    follower.waiting = [];
    end(follower, new ChatSessionError("unauthenticated"));
  }

  function remember(key: string, entry: Entry): void {
    const log = logs.get(key) ?? { kept: [], goneUpTo };
    log.kept.push(entry);
    keptCount += 1;
    if (log.kept.length > keptPerOwner) {
      log.goneUpTo = log.kept.shift()!.sequence;
      keptCount -= 1;
    }
    logs.delete(key);
    logs.set(key, log);
    if (keptCount <= keptInAll) return;
    const [oldest, forgotten] = logs.entries().next().value!;
    logs.delete(oldest);
    keptCount -= forgotten.kept.length;
    goneUpTo = Math.max(goneUpTo, forgotten.kept.at(-1)!.sequence);
  }

  /** Of a session that keeps asking too much one word is enough: the others would push out what matters. */
  function isRepeat(key: string, news: SessionNews): boolean {
    if (news.type !== "rate-limited") return false;
    const sinceMs = now() - repeatAfterMs;
    const kept = logs.get(key)?.kept ?? [];
    return kept.some(
      (it) => it.news.type === news.type && it.news.sessionId === news.sessionId && it.atMs > sinceMs,
    );
  }

  function since(key: string, after: number | null): Entry[] {
    const log = logs.get(key) ?? { kept: [], goneUpTo };
    if (after === null || after < log.goneUpTo) return [stale(sequence)];
    return log.kept.filter((entry) => entry.sequence > after);
  }

  function stale(upTo: number): Entry {
    return { sequence: upTo, atMs: now(), news: { type: "stale" } };
  }

  /** Null: of an earlier process. */
  function positionOf(owner: SessionOwner, id: string): number | null {
    const [ofEpoch, position] = keys.eventPosition(owner, id)?.split("-") ?? [];
    if (ofEpoch === undefined) throw new ChatSessionError("invalid_request", { fields: ["lastEventId"] });
    return ofEpoch === epoch ? Number(position) : null;
  }

  /** By whichever clock says so first. Returns what stops it. */
  function whenOver(untilMs: number, call: () => void): () => void {
    const monotonicUntilMs = monotonicNow() + untilMs - now();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const check = () => {
      const leftMs = Math.min(untilMs - now(), monotonicUntilMs - monotonicNow());
      if (leftMs <= 0) call();
      else timer = setTimeout(check, Math.min(leftMs, clockCheckMs));
    };
    check();
    return () => clearTimeout(timer);
  }
}
