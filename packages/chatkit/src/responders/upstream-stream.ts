// The body of a streamed response as its events, with a bound on silence and on size.

import { createParser } from "eventsource-parser";

import { ChatKitError } from "../errors.ts";
import { malformed } from "./upstream-failures.ts";

export interface UpstreamStream {
  /**
   * The events that have arrived, parsed as JSON, in order; null when the body has ended. Rejects with
   * ChatKitError `upstream_malformed`, with `upstream_timeout` after `silenceMs` without a byte, and with
   * `upstream_unavailable` when the connection breaks.
   */
  next(silenceMs: number): Promise<unknown[] | null>;
  /** Reads what is left, for at most `ms`, so that the connection can serve again. Never rejects. */
  settle(ms: number): Promise<void>;
  /** Lets the connection go. Idempotent. */
  close(): void;
}

/** Takes the body over. An event of more characters is malformed (R28). It is let go when `signal` is aborted; a read then waiting answers null. */
export function openUpstreamStream(
  response: Response,
  maxEventCharacters: number,
  signal: AbortSignal,
): UpstreamStream {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
    // Whoever gave up on the body before may have ended it already.
    response.body?.cancel().catch(() => undefined);
    throw malformed("not an event stream");
  }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  signal.addEventListener("abort", close, { once: true });
  const decoder = new TextDecoder();
  let events: unknown[] = [];
  let overflow = false;
  const parser = createParser({
    maxBufferSize: maxEventCharacters,
    onEvent: ({ data }) => {
      if (data !== "[DONE]") events.push(parseJson(data));
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    },
  });

  return { next, settle, close };

  async function next(silenceMs: number): Promise<unknown[] | null> {
    const { value, done } = await readWithin(silenceMs);
    if (done) return null;
    events = [];
    parser.feed(decoder.decode(value, { stream: true }));
    if (overflow) throw malformed("event too large");
    return events;
  }

  async function readWithin(silenceMs: number): ReturnType<typeof reader.read> {
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      close();
    }, silenceMs);
    try {
      const read = await reader.read();
      if (silent) throw new ChatKitError("upstream_timeout", { cause: new Error("silence in mid-stream") });
      return read;
    } catch (error) {
      throw error instanceof ChatKitError
        ? error
        : new ChatKitError("upstream_unavailable", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  async function settle(ms: number): Promise<void> {
    const timer = setTimeout(close, ms);
    try {
      while (!(await reader.read()).done);
    } catch {
      // The answer is complete; how its connection ends changes nothing.
    } finally {
      clearTimeout(timer);
    }
  }

  function close(): void {
    signal.removeEventListener("abort", close);
    // The body may already have failed, which whoever reads it has been told.
    reader.cancel().catch(() => undefined);
  }
}

function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // The parser's own message quotes what it was given.
    throw malformed("event is not JSON");
  }
}
