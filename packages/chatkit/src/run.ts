// One run: a responder answers, its events are stored and shown, and every way it can end keeps what was said.

import { setImmediate as nextTick } from "node:timers/promises";

import { ChatKitError, type ChatKitErrorReason, errorEvent } from "./errors.ts";
import { createFollowers } from "./followers.ts";
import { eventFrame } from "./frames.ts";
import { keptOnEnd } from "./kept-on-end.ts";
import type { NewId } from "./ids.ts";
import type { ChatKitLimits } from "./limits.ts";
import { codeOf, type ObserveChatKit, type StopReason, traceOf } from "./observe.ts";
import type {
  AttachmentStore,
  Owner,
  ResponderEvent,
  RunOutcome,
  StreamLog,
  StreamLogReader,
  ThreadStore,
  Turn,
} from "./ports.ts";
import { createThreadChanges, type ThreadChanges } from "./thread-changes.ts";
import { createRetriedThread, type RunItems } from "./retried-thread.ts";
import { createTurn, type TurnFacts } from "./turn.ts";
import { createTurnEvents } from "./turn-events.ts";
import { createUnfinishedItems } from "./unfinished-items.ts";
import { wireThread } from "./wire-forms.ts";

/** A responder that never waits still has to let the rest of the process have its turn. */
const eventsPerTick = 512;
/** Looking now and then whether anything has come costs less than setting a timer anew for every token. */
const looksPerSilence = 20;

export interface RunParts {
  readonly store: ThreadStore;
  readonly attachments: AttachmentStore | undefined;
  readonly log: StreamLog;
  readonly observe: ObserveChatKit;
  readonly now: () => string;
  readonly newId: NewId;
  readonly limits: ChatKitLimits;
  /** The deadline of one store operation. Not the run's own signal: what has been answered is kept. */
  readonly storeSignal: () => AbortSignal;
  /** How long a run goes on when nobody follows it; 0 stops it at once. */
  readonly detachGraceMs: number;
}

export interface RunOrder extends TurnFacts {
  readonly answer: (turn: Turn) => AsyncIterable<ResponderEvent>;
  /** The message that is answered again. Absent: the run is no retry. */
  readonly retriedItemId?: string;
  /** Frames that come before those of the responder. */
  readonly prologue: readonly string[];
}

export interface Run {
  readonly runId: string;
  readonly owner: Owner;
  readonly threadId: string;
  /** The first follower; there from the first frame. */
  readonly reader: StreamLogReader;
  /** One more follower, from the first frame on. Null when the log does not go back so far. */
  follow(): StreamLogReader | null;
  readonly changes: ThreadChanges;
  /** The items of the thread as this run sees them: a retry no longer sees what it replaces. */
  readonly items: RunItems;
  /** Resolves when all there is to keep is stored and the stream has ended. Never rejects. */
  readonly ended: Promise<RunOutcome>;
  /** The first reason stays. Takes effect at once, or after the event that is just being stored. */
  stop(reason: StopReason): void;
}

/** Starts to answer. The run belongs to the thread: it goes on when its followers leave, for the grace period. */
export function startRun(parts: RunParts, order: RunOrder): Run {
  const { store, limits, observe, storeSignal } = parts;
  const { runId, owner, thread } = order;
  const threadId = thread.id;
  const startedAt = performance.now();
  const controller = new AbortController();

  const writer = parts.log.open(runId);
  const logReader = parts.log.read(runId);
  if (logReader === null)
    throw new ChatKitError("internal", { cause: new Error("the stream log lost a new run") });

  let stopReason: StopReason | null = null;
  const interrupted = Promise.withResolvers<false>();
  let waitsFor: "responder" | "room" | null = null;
  let over = false;
  let eventCount = 0;
  let grace: NodeJS.Timeout | undefined;

  const followers = createFollowers({
    maxUnsentChars: limits.unsentChars,
    onFirst: () => clearTimeout(grace),
    onLastLeft: leftAlone,
  });
  const append = (frame: string) => {
    followers.appended(frame);
    writer.append(frame);
  };
  const unfinished = createUnfinishedItems();
  const changes = createThreadChanges({
    thread,
    save: (change) => store.updateThread(owner, threadId, change, storeSignal()),
    announce: (changed) => append(eventFrame({ type: "thread.updated", thread: wireThread(changed) })),
  });
  const { retriedItemId } = order;
  const retried =
    retriedItemId === undefined ? null : createRetriedThread(store, owner, threadId, retriedItemId);
  const items = retried?.items ?? store;
  const events = createTurnEvents({ ...parts, items, owner, threadId, unfinished, append });
  const turn = createTurn({ ...order, ...parts, items, signal: controller.signal });

  let eventsSeen = 0;
  let silentLooks = 0;
  const silence = setInterval(() => {
    const silent = waitsFor === "responder" && eventsSeen === eventCount;
    eventsSeen = eventCount;
    silentLooks = silent ? silentLooks + 1 : 0;
    if (silentLooks === looksPerSilence) stop("timeout");
  }, limits.silenceMs / looksPerSilence);
  const wholeRun = setTimeout(() => stop("timeout"), limits.runMs);

  const reader = followers.attach(logReader);
  return {
    runId,
    owner,
    threadId,
    reader,
    follow() {
      const another = parts.log.read(runId);
      return another === null || over ? another : followers.attach(another);
    },
    changes,
    items,
    ended: conduct(),
    stop,
  };

  function stop(reason: StopReason): void {
    if (stopReason !== null) return;
    stopReason = reason;
    // What is just being stored is not interrupted.
    if (waitsFor !== null) interrupted.resolve(false);
    controller.abort();
  }

  function leftAlone(): void {
    if (over || stopReason !== null) return;
    observe({ event: "stream.detached", runId });
    if (parts.detachGraceMs === 0) stop("detached");
    else grace = setTimeout(() => stop("detached"), parts.detachGraceMs);
  }

  async function conduct(): Promise<RunOutcome> {
    let outcome: RunOutcome = "failed";
    try {
      outcome = await consume().then(
        (stopped) => (stopped === null ? "completed" : endStopped(stopped)),
        endBroken,
      );
    } catch (thrown) {
      observe({ event: "run.not_kept", runId, code: codeOf(thrown), error: traceOf(thrown) });
    }
    clearTimeout(grace);
    clearInterval(silence);
    clearTimeout(wholeRun);
    over = true;
    writer.end(outcome);
    observe({
      event: "run.done",
      runId,
      outcome,
      stop: stopReason,
      events: eventCount,
      elapsedMs: Math.round(performance.now() - startedAt),
    });
    return outcome;
  }

  /** Takes the responder's events until it is done, or the run is stopped: then it returns why. */
  async function consume(): Promise<StopReason | null> {
    // A tick later, when whoever asked for the run follows it: what the responder has ready goes with the first frames.
    await nextTick();
    for (const frame of order.prologue) append(frame);
    if (stopReason !== null) return stopReason;
    const source = order.answer(turn)[Symbol.asyncIterator]();
    let exhausted = false;
    try {
      // Whatever the responder does after an interruption goes unseen.
      exhausted = await Promise.race([takeAll(source), interrupted.promise]);
      return exhausted ? null : stopReason;
    } finally {
      if (!exhausted) dismiss(source);
    }
  }

  /** True when the responder is done; false as soon as it is seen that the run is stopped. */
  async function takeAll(source: AsyncIterator<ResponderEvent>): Promise<boolean> {
    for (;;) {
      if (followers.full) {
        waitsFor = "room";
        await new Promise<void>(followers.whenRoom);
      }
      if (stopReason !== null) return false;
      waitsFor = "responder";
      const step = await source.next();
      waitsFor = null;
      if (stopReason !== null) return false;
      if (step.done === true) {
        await retried?.settle(storeSignal());
        await changes.sync();
        return true;
      }
      const storing = events.accept(step.value);
      if (storing !== undefined) await storing;
      const saving = changes.sync();
      if (saving !== undefined) await saving;
      if (++eventCount % eventsPerTick === 0) await nextTick();
    }
  }

  /** Tells the responder to end and does not wait for it (R30). */
  function dismiss(source: AsyncIterator<ResponderEvent>): void {
    controller.abort();
    const patience = setTimeout(() => observe({ event: "run.abandoned", runId }), limits.farewellMs).unref();
    const gone = () => clearTimeout(patience);
    // A responder that is not a generator may lack `return`, or throw from it.
    (async () => source.return?.())().then(gone, gone);
  }

  async function endStopped(reason: StopReason): Promise<RunOutcome> {
    if (reason === "deleted") return "stopped";
    const told = stopEvents[reason];
    await keep(told === null ? "stopped" : "broken");
    if (told !== null) append(eventFrame(errorEvent(new ChatKitError(told))));
    await keepThread();
    return told === null ? "stopped" : "failed";
  }

  async function endBroken(thrown: unknown): Promise<RunOutcome> {
    observe({ event: "run.failed", runId, code: codeOf(thrown), error: traceOf(thrown) });
    await keep("broken");
    append(eventFrame(errorEvent(thrown)));
    await keepThread();
    return "failed";
  }

  async function keep(ending: "stopped" | "broken"): Promise<void> {
    const partials = unfinished.partialMessages();
    // The former answer stays until there is something in its place; a note would be taken for a note about that one.
    if (retried !== null && !retried.replaced && partials.length === 0) return;
    const kept = keptOnEnd({ ending, threadId, partials, ...parts });
    if (kept.length === 0) return;
    await attempt(() => items.saveItems(owner, threadId, kept, storeSignal()));
  }

  function keepThread(): Promise<void> {
    return attempt(() => changes.sync());
  }

  /** The run is over either way; what could not be stored is reported. */
  async function attempt(storing: () => Promise<void> | undefined): Promise<void> {
    try {
      await storing();
    } catch (thrown) {
      observe({ event: "run.not_kept", runId, code: codeOf(thrown), error: traceOf(thrown) });
    }
  }
}

/** What followers are told when a run is stopped from outside; who stops it himself is told nothing. */
const stopEvents: Record<Exclude<StopReason, "deleted">, ChatKitErrorReason | null> = {
  stopped: null,
  detached: null,
  draining: "draining",
  timeout: "upstream_timeout",
};
