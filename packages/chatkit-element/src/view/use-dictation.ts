// Dictating from the first press of the button to the words in the field.

import { type RefObject, useCallback, useEffect, useEffectEvent, useRef, useState } from "react";

import type { Recording } from "../chat/recording.ts";
import { failureOf } from "../chat/failure.ts";
import { SidekitChatError } from "../errors.ts";
import type { FieldHandle } from "./composer-field.tsx";
import { useView } from "./view-context.ts";

export interface Dictation {
  readonly phase: "idle" | "asking" | "recording" | "transcribing";
  /** What went wrong the last time, until something is typed. */
  readonly problem: string | null;
  readonly seconds: number;
  start(): void;
  finish(): void;
  cancel(): void;
  level(): number;
}

/** Longer dictations are ended, and what was said is kept. */
const longestSeconds = 300;

export function useDictation(field: RefObject<FieldHandle | null>, text: string): Dictation {
  const { chat, emit, strings } = useView();
  const [phase, setPhase] = useState<Dictation["phase"]>("idle");
  const [problem, setProblem] = useState<{ sentence: string; besides: string } | null>(null);
  const [seconds, setSeconds] = useState(0);
  const abort = useRef<AbortController | null>(null);
  const recording = useRef<Recording | null>(null);

  const end = useCallback(() => {
    abort.current?.abort();
    recording.current?.cancel();
    [abort.current, recording.current] = [null, null];
  }, []);
  // The microphone must not stay open behind a chat that has gone.
  useEffect(() => end, [end]);

  useEffect(() => {
    if (phase !== "recording") return undefined;
    const began = performance.now();
    const timer = setInterval(() => setSeconds(Math.floor((performance.now() - began) / 1000)), 250);
    return () => clearInterval(timer);
  }, [phase]);

  const finish = () => void transcribe();
  const finishLate = useEffectEvent(finish);
  const isOver = phase === "recording" && seconds >= longestSeconds;
  useEffect(() => {
    if (isOver) finishLate();
  }, [isOver]);

  return {
    phase,
    problem: problem?.besides === text ? problem.sentence : null,
    seconds,
    start: () => void start(),
    finish,
    cancel: () => {
      end();
      setPhase("idle");
      field.current?.element?.focus();
    },
    level: () => recording.current?.level() ?? 0,
  };

  async function start(): Promise<void> {
    end();
    const mine = new AbortController();
    abort.current = mine;
    setProblem(null);
    setSeconds(0);
    setPhase("asking");
    try {
      const { startRecording } = await import("../chat/recording.ts");
      recording.current = await startRecording(mine.signal);
      setPhase("recording");
    } catch (error) {
      failed(mine, error);
    }
  }

  async function transcribe(): Promise<void> {
    const [mine, made] = [abort.current, recording.current];
    if (mine === null || made === null) return;
    recording.current = null;
    setPhase("transcribing");
    try {
      const words = (await chat.transcribe(await made.finish(), mine.signal)).trim();
      if (mine.signal.aborted) return;
      if (words === "") throw new SidekitChatError("nothing_heard");
      insert(words);
      setPhase("idle");
    } catch (error) {
      failed(mine, error);
    }
  }

  function insert(words: string): void {
    const element = field.current?.element;
    if (element == null) return;
    const { selectionStart, selectionEnd, value } = element;
    const before = /\S$/.test(value.slice(0, selectionStart)) ? " " : "";
    const after = /^\S/.test(value.slice(selectionEnd)) ? " " : "";
    field.current?.replace(selectionStart, selectionEnd, `${before}${words}${after}`);
  }

  function failed(mine: AbortController, error: unknown): void {
    if (mine.signal.aborted) return;
    end();
    const { code, message } = failureOf(error);
    const sentence = strings.dictationProblems[code] ?? message ?? strings.dictationFailed;
    setProblem({ sentence, besides: chat.getState().composer.draft.text });
    setPhase("idle");
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}
