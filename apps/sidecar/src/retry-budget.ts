// How many requests may be sent once more: a share of those that were sent at all (L30).

const windowSeconds = 60;
const share = 0.1;
const floor = 3;

export interface RetryBudget {
  /** A request is sent, for the first time or once more. */
  sent(): void;
  /** Whether one may be sent once more; if so it is counted as that. */
  take(): boolean;
}

interface Second {
  at: number;
  sent: number;
  taken: number;
}

/** Over the last 60 s at most one in ten, or three if that is more. */
export function createRetryBudget(
  options: {
    /** Milliseconds by a clock that only goes forward. */ readonly monotonicNow?: () => number;
  } = {},
): RetryBudget {
  const { monotonicNow = () => performance.now() } = options;
  const seconds: Second[] = Array.from({ length: windowSeconds }, () => ({ at: -1, sent: 0, taken: 0 }));

  return {
    sent() {
      current().sent++;
    },
    take() {
      const oldest = Math.floor(monotonicNow() / 1000) - windowSeconds;
      let sent = 0;
      let taken = 0;
      for (const second of seconds) {
        if (second.at <= oldest) continue;
        sent += second.sent;
        taken += second.taken;
      }
      if (taken >= Math.max(floor, Math.floor(sent * share))) return false;
      current().taken++;
      return true;
    },
  };

  function current(): Second {
    const at = Math.floor(monotonicNow() / 1000);
    const second = (seconds[at % windowSeconds] ??= { at, sent: 0, taken: 0 });
    if (second.at !== at) Object.assign(second, { at, sent: 0, taken: 0 });
    return second;
  }
}
