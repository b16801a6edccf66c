// Stream log of one process.

import type { RunOutcome, StreamLog, StreamLogReader, StreamLogWriter } from "../ports.ts";

const dropBatch = 256;

export interface MemoryStreamLogOptions {
  /** What is kept of a run for readers still to come, in UTF-16 code units. */
  readonly keptCharsPerRun?: number;
  /** How long an ended run can still be read. */
  readonly retentionMs?: number;
  /** Ended runs kept at most; the oldest goes first. */
  readonly maxEndedRuns?: number;
}

interface RunFrames {
  /** Frames from number `first` on; those before are gone. */
  frames: string[];
  first: number;
  chars: number;
  outcome: RunOutcome | null;
  readonly readers: Set<Cursor>;
}

interface Cursor {
  /** Number of the next frame to take. */
  next: number;
  notify: (() => void) | null;
  scheduled: NodeJS.Immediate | null;
}

/**
 * Keeps every frame that an open reader has yet to take, and beyond that the last `keptCharsPerRun` of each run. A run
 * whose beginning is gone takes no new readers: a stream is read whole or not at all. Who appends has to watch what
 * readers leave behind; the log does not stop it.
 */
export function createMemoryStreamLog(options: MemoryStreamLogOptions = {}): StreamLog {
  const { keptCharsPerRun = 262_144, retentionMs = 30_000, maxEndedRuns = 200 } = options;
  const runs = new Map<string, RunFrames>();
  const ended = new Map<string, NodeJS.Timeout>();

  return {
    open(runId) {
      const run: RunFrames = { frames: [], first: 0, chars: 0, outcome: null, readers: new Set() };
      runs.set(runId, run);
      return createWriter(run, keptCharsPerRun, () => retire(runId));
    },
    read(runId) {
      const run = runs.get(runId);
      return run === undefined || run.first > 0 ? null : createReader(run);
    },
  };

  function retire(runId: string): void {
    ended.set(runId, setTimeout(() => forget(runId), retentionMs).unref());
    const oldest = ended.keys().next();
    if (ended.size > maxEndedRuns && oldest.value !== undefined) forget(oldest.value);
  }

  /** Open readers hold on to what they still have to take. */
  function forget(runId: string): void {
    clearTimeout(ended.get(runId));
    ended.delete(runId);
    runs.delete(runId);
  }
}

function createWriter(run: RunFrames, keptChars: number, onEnd: () => void): StreamLogWriter {
  return {
    append(frame) {
      if (run.outcome !== null) return;
      run.frames.push(frame);
      run.chars += frame.length;
      if (run.chars > keptChars) dropTaken(run, keptChars);
      wakeAll(run);
    },
    end(outcome) {
      if (run.outcome !== null) return;
      run.outcome = outcome;
      wakeAll(run);
      onEnd();
    },
  };
}

/** Removing from the front of an array costs its whole length, so it is done for many frames at a time. */
function dropTaken(run: RunFrames, keptChars: number): void {
  let takenByAll = run.frames.length;
  for (const reader of run.readers) takenByAll = Math.min(takenByAll, reader.next - run.first);
  if (takenByAll < Math.min(dropBatch, run.frames.length)) return;
  let count = 0;
  while (count < takenByAll && run.chars > keptChars / 2) {
    run.chars -= run.frames[count]?.length ?? 0;
    count++;
  }
  run.frames.splice(0, count);
  run.first += count;
}

function createReader(run: RunFrames): StreamLogReader {
  const cursor: Cursor = { next: 0, notify: null, scheduled: null };
  run.readers.add(cursor);
  return {
    take(maxBytes) {
      let text = "";
      let bytes = 0;
      for (;;) {
        const frame = run.frames[cursor.next - run.first];
        if (frame === undefined) return text;
        bytes += Buffer.byteLength(frame);
        if (text !== "" && bytes > maxBytes) return text;
        text += frame;
        cursor.next++;
      }
    },
    get finished() {
      return run.outcome !== null && cursor.next === run.first + run.frames.length;
    },
    whenReady(notify) {
      if (!run.readers.has(cursor)) return;
      cursor.notify = notify;
      if (run.outcome !== null || cursor.next < run.first + run.frames.length) wake(cursor);
    },
    close() {
      run.readers.delete(cursor);
      cursor.notify = null;
      if (cursor.scheduled !== null) clearImmediate(cursor.scheduled);
    },
  };
}

function wakeAll(run: RunFrames): void {
  for (const reader of run.readers) wake(reader);
}

/**
 * Once a tick, however much is appended in it. An immediate, and not a microtask, lets sockets have their turn when a
 * responder never waits.
 */
function wake(cursor: Cursor): void {
  if (cursor.notify === null || cursor.scheduled !== null) return;
  cursor.scheduled = setImmediate(() => {
    cursor.scheduled = null;
    const { notify } = cursor;
    cursor.notify = null;
    notify?.();
  });
}
