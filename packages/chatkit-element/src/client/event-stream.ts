// From the body of a streaming answer to batches of checked events.

import { createParser } from "eventsource-parser";

import { SidekitChatError } from "../errors.ts";
import { readEvent, type ShownEvent } from "./wire-events.ts";

/** A server that says nothing for so long has forgotten us. */
const idleDeadlineMs = 300_000;
/** A single frame longer than this is not an answer. */
const maxFrameChars = 8 * 1024 * 1024;

export interface ReadBatchesOptions {
  /** Fires when the request is given up; reading ends with its reason. */
  readonly signal: AbortSignal;
  /** Fires when nobody reads any more; reading ends quietly. */
  readonly left: AbortSignal;
  /** Told of each frame that is no event of the protocol; the stream goes on. */
  readonly onUnreadable: (frame: string) => void;
}

/** One batch per network chunk, in order. Throws `connection_lost` when the body breaks, `timed_out` when it stalls. */
export async function* readBatches(
  body: ReadableStream<Uint8Array>,
  { signal, left, onUnreadable }: ReadBatchesOptions,
): AsyncGenerator<ShownEvent[], void, undefined> {
  let batch: ShownEvent[] = [];
  const parser = createParser({
    maxBufferSize: maxFrameChars,
    onEvent: ({ data }) => {
      const event = readFrame(data);
      if (event === null) onUnreadable(data);
      else if (event !== "ignored") batch.push(event);
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded")
        throw new SidekitChatError("malformed_answer", { cause: error });
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  // Cancelling ends a pending read at once, whatever the fetch in use makes of the signal.
  const cancel = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", cancel);
  left.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (left.aborted) return;
      const chunk = await nextChunk(reader, signal);
      if (chunk === null) return;
      parser.feed(decoder.decode(chunk, { stream: true }));
      if (batch.length === 0) continue;
      yield batch;
      batch = [];
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    left.removeEventListener("abort", cancel);
    cancel();
  }
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const idle = Promise.withResolvers<never>();
  const timer = setTimeout(() => idle.reject(new SidekitChatError("timed_out")), idleDeadlineMs);
  try {
    const { done, value } = await Promise.race([reader.read(), idle.promise]);
    signal.throwIfAborted();
    return done ? null : value;
  } catch (error) {
    if (signal.aborted || error instanceof SidekitChatError) throw error;
    throw new SidekitChatError("connection_lost", { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function readFrame(data: string): ReturnType<typeof readEvent> {
  try {
    return readEvent(JSON.parse(data));
  } catch {
    // A frame that is not JSON is reported like any other that cannot be read.
    return null;
  }
}
