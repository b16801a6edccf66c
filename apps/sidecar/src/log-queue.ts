// Lines that wait for whoever reads them: a bounded number, never in the way of anything else (L38, R72).

/** L38. */
export const logQueueLimits = { bytes: 8_388_608, lines: 10_000 } as const;

/** Audit lines have the rest to themselves. */
const ordinaryShare = 0.75;
const maxChunkBytes = 65_536;
const retryMs = 1000;

/** Takes text, and says once what became of it. After `gone` nothing is given to it any more. */
export type LogSink = (text: string, done: (outcome: "written" | "refused" | "gone") => void) => void;

export interface LogQueue {
  /** Never throws and never waits. A line that finds no place is dropped and counted. */
  push(line: string, kind: "ordinary" | "audit"): void;
  /** All that waits, in order, for one last attempt; nothing is left afterwards. */
  takeAll(): string;
  /** Resolves when nothing waits, or when the time is over. */
  settled(deadlineMs: number): Promise<void>;
}

export interface LogQueueOptions {
  readonly sink: LogSink;
  /** The line that says how many were dropped, once lines are taken again. */
  readonly droppedLine: (count: number) => string;
  readonly limits?: { readonly bytes: number; readonly lines: number };
  readonly retryMs?: number;
  /** For how long lines are gathered before they go out; what waits at the end of the process is `takeAll`'s. */
  readonly gatherMs?: number;
}

interface Waiting {
  readonly line: string;
  readonly bytes: number;
}

export function createLogQueue(options: LogQueueOptions): LogQueue {
  const { sink, droppedLine, limits = logQueueLimits, gatherMs = 0 } = options;
  let waiting: Waiting[] = [];
  let bytes = 0;
  let dropped = 0;
  let state: "idle" | "scheduled" | "writing" | "gone" = "idle";
  const onSettled = new Set<() => void>();

  return {
    push(line, kind) {
      const size = Buffer.byteLength(line);
      const share = kind === "audit" ? 1 : ordinaryShare;
      const full = bytes + size > limits.bytes * share || waiting.length >= limits.lines * share;
      if (full || state === "gone") {
        dropped++;
        return;
      }
      waiting.push({ line, bytes: size });
      bytes += size;
      if (state !== "idle") return;
      state = "scheduled";
      // All lines of one tick, or of some more, go out together: a write costs more than a line.
      if (gatherMs === 0) setImmediate(writeNext);
      else setTimeout(writeNext, gatherMs).unref();
    },
    takeAll() {
      const text = waiting.map(({ line }) => line).join("");
      forget(waiting.length);
      return text;
    },
    async settled(deadlineMs) {
      if (isSettled()) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onSettled.add(resolve);
      const late = setTimeout(resolve, deadlineMs);
      await promise;
      clearTimeout(late);
      onSettled.delete(resolve);
    },
  };

  function writeNext(): void {
    if (waiting.length === 0) return settle("idle");
    state = "writing";
    const [text, lines] = nextChunk();
    sink(text, (outcome) => {
      if (outcome === "gone") {
        dropped += waiting.length;
        forget(waiting.length);
        return settle("gone");
      }
      if (outcome === "refused") {
        setTimeout(writeNext, options.retryMs ?? retryMs).unref();
        return;
      }
      forget(lines);
      if (dropped > 0) reportDropped();
      writeNext();
    });
  }

  function nextChunk(): [text: string, lines: number] {
    let lines = 0;
    let size = 0;
    for (const next of waiting) {
      if (lines > 0 && size + next.bytes > maxChunkBytes) break;
      lines++;
      size += next.bytes;
    }
    const text = waiting
      .slice(0, lines)
      .map(({ line }) => line)
      .join("");
    return [text, lines];
  }

  /** Where the gap is: behind what waited when the first one was dropped. */
  function reportDropped(): void {
    const line = droppedLine(dropped);
    dropped = 0;
    waiting.push({ line, bytes: Buffer.byteLength(line) });
    bytes += Buffer.byteLength(line);
  }

  function forget(lines: number): void {
    for (const { bytes: size } of waiting.slice(0, lines)) bytes -= size;
    waiting = waiting.slice(lines);
  }

  function isSettled(): boolean {
    return state === "idle" || state === "gone";
  }

  function settle(next: "idle" | "gone"): void {
    state = next;
    for (const resolve of onSettled) resolve();
  }
}
