// Times for `created_at`: UTC with microseconds, each later than the one before, also when the wall clock is set back.

/** Makes the source of times of one process. `now` is the wall clock in milliseconds since 1970. */
export function createClock(now: () => number): () => string {
  let lastMs = 0;
  let lastMicro = 0;
  let lastText = "";
  const toMs = (ms: number) => {
    lastMs = ms;
    lastMicro = 0;
    lastText = new Date(ms).toISOString().slice(0, -1);
  };
  return () => {
    const ms = Math.floor(now());
    if (ms > lastMs) toMs(ms);
    else if (++lastMicro === 1000) toMs(lastMs + 1);
    return `${lastText}${String(lastMicro).padStart(3, "0")}Z`;
  };
}
