// Who is reading a run's stream, and how far the run may go ahead of them (L16).

import type { StreamLogReader } from "./ports.ts";

export interface Followers {
  /** Counts the reader until it is closed. */
  attach(reader: StreamLogReader): StreamLogReader;
  appended(frame: string): void;
  /** The reader that is furthest ahead has more than the bound to take. Nobody there: never full. */
  readonly full: boolean;
  /** Calls back once, as soon as half of the bound is free again or everybody has left. */
  whenRoom(notify: () => void): void;
}

export interface FollowersOptions {
  /** In UTF-16 code units. */
  readonly maxUnsentChars: number;
  readonly onFirst: () => void;
  readonly onLastLeft: () => void;
}

export function createFollowers({ maxUnsentChars, onFirst, onLastLeft }: FollowersOptions): Followers {
  const taken = new Map<StreamLogReader, number>();
  let appendedChars = 0;
  let furthestChars = 0;
  let waiting: (() => void) | null = null;

  return {
    attach(reader) {
      if (taken.size === 0) onFirst();
      taken.set(reader, 0);
      return {
        take(maxChars) {
          const text = reader.take(maxChars);
          const soFar = (taken.get(reader) ?? 0) + text.length;
          if (taken.has(reader)) taken.set(reader, soFar);
          furthestChars = Math.max(furthestChars, soFar);
          giveRoom();
          return text;
        },
        get finished() {
          return reader.finished;
        },
        whenReady: (notify) => reader.whenReady(notify),
        close() {
          reader.close();
          if (!taken.delete(reader)) return;
          furthestChars = Math.max(0, ...taken.values());
          giveRoom();
          if (taken.size === 0) onLastLeft();
        },
      };
    },
    appended(frame) {
      appendedChars += frame.length;
    },
    get full() {
      return taken.size > 0 && appendedChars - furthestChars > maxUnsentChars;
    },
    whenRoom(notify) {
      waiting = notify;
      giveRoom();
    },
  };

  function giveRoom(): void {
    if (waiting === null || (taken.size > 0 && appendedChars - furthestChars > maxUnsentChars / 2)) return;
    const notify = waiting;
    waiting = null;
    notify();
  }
}
