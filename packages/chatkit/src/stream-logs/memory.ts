// Stream log of one process.

import type { RunOutcome, StreamLog, StreamLogReader, StreamLogWriter } from "../ports.ts";

/** Frames that nobody has taken yet are joined up to this length, in UTF-16 code units: then they are taken in one. */
const pieceChars = 16_384;

export interface MemoryStreamLogOptions {
  /** What is kept of a run for readers still to come, in UTF-16 code units. */
  readonly keptCharsPerRun?: number;
  /** How long an ended run can still be read. */
  readonly retentionMs?: number;
  /** Ended runs kept at most; the oldest goes first. */
  readonly maxEndedRuns?: number;
}

interface RunFrames {
  /** One or more frames each, from piece number `first` on; those before are gone. */
  pieces: string[];
  first: number;
  chars: number;
  /** The last piece may still grow: nobody has taken it. */
  open: boolean;
  /** Some reader is to be told when there is something to take. */
  awaited: boolean;
  outcome: RunOutcome | null;
  readonly readers: Set<Cursor>;
}

interface Cursor {
  /** Number of the next piece to take. */
  next: number;
  notify: (() => void) | null;
  scheduled: boolean;
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
      const run: RunFrames = {
        pieces: [],
        first: 0,
        chars: 0,
        open: false,
        awaited: false,
        outcome: null,
        readers: new Set(),
      };
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
      const last = run.open ? run.pieces.pop() : undefined;
      if (last === undefined) run.pieces.push(frame);
      else if (last.length + frame.length <= pieceChars) run.pieces.push(last + frame);
      else run.pieces.push(last, frame);
      run.open = true;
      run.chars += frame.length;
      if (run.chars > keptChars) dropTaken(run, keptChars);
      if (run.awaited) wakeAll(run);
    },
    end(outcome) {
      if (run.outcome !== null) return;
      run.outcome = outcome;
      wakeAll(run);
      onEnd();
    },
  };
}

/** Removing from the front of an array costs its whole length, so it is done when much of it can go. */
function dropTaken(run: RunFrames, keptChars: number): void {
  let takenByAll = run.pieces.length;
  for (const reader of run.readers) takenByAll = Math.min(takenByAll, reader.next - run.first);
  if (takenByAll < run.pieces.length / 2) return;
  let count = 0;
  while (count < takenByAll && run.chars > keptChars / 2) {
    run.chars -= run.pieces[count]?.length ?? 0;
    count++;
  }
  run.pieces.splice(0, count);
  run.first += count;
}

function createReader(run: RunFrames): StreamLogReader {
  const cursor: Cursor = { next: 0, notify: null, scheduled: false };
  run.readers.add(cursor);
  return {
    take(maxChars) {
      let text = run.pieces[cursor.next - run.first];
      if (text === undefined) return "";
      for (;;) {
        cursor.next++;
        const more = run.pieces[cursor.next - run.first];
        if (more === undefined) break;
        if (text.length + more.length > maxChars) return text;
        text += more;
      }
      // What comes now is a piece of its own, so that it can be taken without what this reader has.
      run.open = false;
      return text;
    },
    lost: false,
    get finished() {
      return run.outcome !== null && cursor.next === run.first + run.pieces.length;
    },
    whenReady(notify) {
      if (!run.readers.has(cursor)) return;
      cursor.notify = notify;
      if (run.outcome !== null || cursor.next < run.first + run.pieces.length) wake(cursor);
      else run.awaited = true;
    },
    close() {
      run.readers.delete(cursor);
      cursor.notify = null;
    },
  };
}

function wakeAll(run: RunFrames): void {
  run.awaited = false;
  for (const reader of run.readers) wake(reader);
}

/**
 * Once a tick, however much is appended in it: as soon as all who append have to wait for something. Others who are to
 * have their turn come later, so that what many runs have ready at once is not kept until all of them are.
 */
function wake(cursor: Cursor): void {
  if (cursor.notify === null || cursor.scheduled) return;
  cursor.scheduled = true;
  process.nextTick(() => {
    cursor.scheduled = false;
    const { notify } = cursor;
    cursor.notify = null;
    notify?.();
  });
}
