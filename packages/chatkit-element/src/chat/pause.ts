// Waiting before another try: for a while, or until the browser says that it is online again.

/** Resolves early when the network comes back, and when the signal fires. */
export function pauseUntilOnline(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const events: EventTarget | null = globalThis instanceof EventTarget ? globalThis : null;
    const over = () => {
      clearTimeout(timer);
      events?.removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    events?.addEventListener("online", over);
    signal.addEventListener("abort", over);
    if (signal.aborted) over();
  });
}
