// The microphone, and while it is in use what it hears, for how long, and the ways to end it.

import { Check, LoaderCircle, Mic, X } from "lucide-react";
import { useEffect, useRef } from "react";

import type { Dictation } from "./use-dictation.ts";
import { useView } from "./view-context.ts";

/** One button throughout, so that the focus stays where it is when its meaning changes. */
export function DictationControls({ dictation, disabled }: { dictation: Dictation; disabled: boolean }) {
  const { strings } = useView();
  const { phase, seconds } = dictation;
  const isWaiting = phase === "asking" || phase === "transcribing";
  const words = {
    idle: strings.dictate,
    asking: strings.askingForMicrophone,
    recording: strings.finishDictation,
    transcribing: strings.transcribing,
  }[phase];
  return (
    <>
      {phase !== "idle" && (
        <>
          {phase === "recording" && (
            <span className="recording">
              <Level dictation={dictation} />
              <span role="timer" aria-live="off" aria-label={strings.recordedTime}>
                {clock(seconds)}
              </span>
            </span>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={strings.cancelDictation}
            title={strings.cancelDictation}
            onClick={dictation.cancel}
          >
            <X aria-hidden="true" />
          </button>
        </>
      )}
      <button
        type="button"
        className={phase === "recording" ? "icon-button recording-button" : "icon-button"}
        aria-label={words}
        title={words}
        aria-disabled={isWaiting || undefined}
        disabled={disabled}
        onClick={() => {
          if (phase === "idle") dictation.start();
          else if (phase === "recording") dictation.finish();
        }}
      >
        {phase === "idle" && <Mic aria-hidden="true" />}
        {isWaiting && <LoaderCircle aria-hidden="true" className="spinner" />}
        {phase === "recording" && <Check aria-hidden="true" />}
      </button>
    </>
  );
}

/** Said once each, and not the seconds. */
export function DictationStatus({ dictation: { phase, problem } }: { dictation: Dictation }) {
  const { strings } = useView();
  const words = { idle: "", ...strings.dictationPhases }[phase];
  return (
    <>
      <span className="unseen" role="status">
        {words}
      </span>
      <p className="composer-problem" role="status">
        {phase === "idle" ? problem : null}
      </p>
    </>
  );
}

function Level({ dictation }: { dictation: Dictation }) {
  const bar = useRef<HTMLSpanElement>(null);
  const latest = useRef(dictation);
  useEffect(() => {
    latest.current = dictation;
  });
  useEffect(() => {
    let frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);

    function draw(): void {
      bar.current?.style.setProperty("transform", `scaleX(${Math.max(0.06, latest.current.level())})`);
      frame = requestAnimationFrame(draw);
    }
  }, []);
  return (
    <span className="level" aria-hidden="true">
      <span ref={bar} />
    </span>
  );
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
