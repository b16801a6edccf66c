// Who is reading a run's stream, and how far the run may go ahead of them (L16).

import type { StreamLogReader } from "./ports.ts";

export interface Followers {
  /** Counts the reader until it is closed, or lost because it is four times the bound behind. */
  attach(reader: StreamLogReader): StreamLogReader;
  appended(frame: string): void;
  /** The reader that is furthest ahead has more than the bound to take. Nobody there: never full. */
  readonly full: boolean;
  /** Calls back once, as soon as half of the bound is free again or everybody has left. */
  whenRoom(notify: () => void): void;
}

/** How often the bound a follower may be behind the newest frame, when another one keeps the run going. */
const lagBounds = 4;

export interface FollowersOptions {
  /** In UTF-16 code units. */
  readonly maxUnsentChars: number;
  readonly onFirst: () => void;
  readonly onLastLeft: () => void;
}

export function createFollowers({ maxUnsentChars, onFirst, onLastLeft }: FollowersOptions): Followers {
  const followers = new Set<Follower>();
  let appendedChars = 0;
  let furthestChars = 0;
  let nextLookChars = maxUnsentChars;
  let waiting: (() => void) | null = null;

  return {
    attach(reader) {
      if (followers.size === 0) onFirst();
      const follower: Follower = { reader, takenChars: 0, lost: false, notify: () => {} };
      followers.add(follower);
      return {
        take(maxChars) {
          if (follower.lost) return "";
          const text = reader.take(maxChars);
          follower.takenChars += text.length;
          if (followers.has(follower)) furthestChars = Math.max(furthestChars, follower.takenChars);
          giveRoom();
          return text;
        },
        get finished() {
          return !follower.lost && reader.finished;
        },
        get lost() {
          return follower.lost || reader.lost;
        },
        whenReady(notify) {
          follower.notify = notify;
          reader.whenReady(notify);
        },
        close: () => leave(follower),
      };
    },
    appended(frame) {
      appendedChars += frame.length;
      if (appendedChars > nextLookChars) leaveBehind();
    },
    get full() {
      return followers.size > 0 && appendedChars - furthestChars > maxUnsentChars;
    },
    whenRoom(notify) {
      waiting = notify;
      giveRoom();
    },
  };

  function leave(follower: Follower): void {
    follower.reader.close();
    if (!followers.delete(follower)) return;
    furthestChars = 0;
    for (const { takenChars } of followers) furthestChars = Math.max(furthestChars, takenChars);
    giveRoom();
    if (followers.size === 0) onLastLeft();
  }

  /** What the slowest has not taken is kept in memory, and the furthest alone does not hold the run back for it. */
  function leaveBehind(): void {
    nextLookChars = appendedChars + maxUnsentChars / 4;
    for (const follower of followers) {
      if (follower.takenChars >= appendedChars - lagBounds * maxUnsentChars) continue;
      follower.lost = true;
      leave(follower);
      setImmediate(follower.notify);
    }
  }

  function giveRoom(): void {
    if (waiting === null || (followers.size > 0 && appendedChars - furthestChars > maxUnsentChars / 2))
      return;
    const notify = waiting;
    waiting = null;
    notify();
  }
}

interface Follower {
  readonly reader: StreamLogReader;
  takenChars: number;
  lost: boolean;
  /** What it last asked to be called. */
  notify: () => void;
}
