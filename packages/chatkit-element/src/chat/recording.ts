// Records speech. Loaded with the first use.

import { SidekitChatError } from "../errors.ts";

export interface Recording {
  /** How loud it is now, from 0 to 1. */
  level(): number;
  /** Ends it and gives what was recorded. */
  finish(): Promise<Blob>;
  /** Ends it for nothing. Idempotent; frees the microphone, as `finish` does. */
  cancel(): void;
}

/** The order of the protocol. */
const types = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
/** Enough for speech, and ten minutes of it are within what servers take. */
const bitsPerSecond = 32_000;

/**
 * Resolves when the recording runs. Rejects with `dictation_unavailable`, `microphone_refused`, `microphone_missing`, or
 * with the signal's reason; who takes back the wish while the browser still asks gets no recording.
 */
export async function startRecording(signal: AbortSignal): Promise<Recording> {
  const stream = await openMicrophone();
  try {
    signal.throwIfAborted();
    return record(stream);
  } catch (error) {
    release(stream);
    throw error;
  }
}

async function openMicrophone(): Promise<MediaStream> {
  // Neither is there on a page without https.
  if (!isSecureContext || typeof MediaRecorder === "undefined")
    throw new SidekitChatError("dictation_unavailable");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (cause) {
    const isRefused = cause instanceof DOMException && /^(NotAllowed|Security)Error$/.test(cause.name);
    throw new SidekitChatError(isRefused ? "microphone_refused" : "microphone_missing", { cause });
  }
}

function record(stream: MediaStream): Recording {
  const mimeType = types.find((type) => MediaRecorder.isTypeSupported(type));
  const recorder = new MediaRecorder(stream, {
    audioBitsPerSecond: bitsPerSecond,
    ...(mimeType === undefined ? {} : { mimeType }),
  });
  const parts: Blob[] = [];
  recorder.addEventListener("dataavailable", ({ data }) => parts.push(data));
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  analyser.fftSize = 256;
  audio.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  recorder.start();
  return { level, finish, cancel };

  function level(): number {
    analyser.getByteTimeDomainData(samples);
    let loudest = 0;
    for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample - 128));
    return loudest / 128;
  }

  function finish(): Promise<Blob> {
    return new Promise((resolve) => {
      recorder.addEventListener("stop", () => {
        end();
        resolve(new Blob(parts, { type: recorder.mimeType }));
      });
      // A microphone that was pulled out has stopped it already.
      if (recorder.state === "inactive") recorder.dispatchEvent(new Event("stop"));
      else recorder.stop();
    });
  }

  function cancel(): void {
    if (recorder.state !== "inactive") recorder.stop();
    end();
  }

  function end(): void {
    release(stream);
    if (audio.state !== "closed") void audio.close();
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
