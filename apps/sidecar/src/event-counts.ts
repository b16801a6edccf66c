// Events that may come by the thousand: the first is told at once, the others once a window, as a number.

export interface EventCounts {
  add(event: string): void;
}

export interface EventCountsOptions {
  readonly report: (event: string, count: number) => void;
  readonly windowMs?: number;
}

/** A timer per event that occurs, which keeps no process alive; as many as there are different events. */
export function createEventCounts({ report, windowMs = 5000 }: EventCountsOptions): EventCounts {
  const waiting = new Map<string, number>();
  const closeWindow = (event: string) => {
    const count = waiting.get(event) ?? 0;
    waiting.delete(event);
    if (count === 0) return;
    report(event, count);
    open(event);
  };
  const open = (event: string) => {
    waiting.set(event, 0);
    setTimeout(closeWindow, windowMs, event).unref();
  };
  return {
    add(event) {
      const count = waiting.get(event);
      if (count !== undefined) return void waiting.set(event, count + 1);
      report(event, 1);
      open(event);
    },
  };
}
