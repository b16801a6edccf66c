// Writes the frames of a run to a hijacked reply: one write a tick, as fast as the reader takes them (L15, L16).

import type { ServerResponse } from "node:http";

import type { StreamLogReader } from "@sidekit/chatkit";

/** One write carries about this much at most, in UTF-16 code units. */
const maxWriteChars = 16_384;
/** S54: a stream that is cut is gone by then. */
const farewellMs = 5000;
const heartbeatFrame = ": keep-alive\n\n";

export type StreamEnding = "finished" | "client" | "slow_consumer" | "session_ended" | "refused";

export interface RunStreamOptions {
  /** Silence after which a comment keeps proxies from cutting the line. */
  readonly heartbeatMs: number;
  /** How long a reader may take nothing before the connection is cut. */
  readonly stallMs: number;
}

export interface StreamCut {
  readonly signal: AbortSignal;
  /** What the client is told before the end. */
  readonly frame: string;
}

/**
 * Sends all frames of the reader, then ends the response. Resolves when the response is over, with the reason.
 * The reader is paused while the socket is full, which in turn pauses the run once its bound is reached.
 */
export function sendRunStream(
  response: ServerResponse,
  reader: StreamLogReader,
  options: RunStreamOptions,
  cut: StreamCut,
): Promise<StreamEnding> {
  return new Promise((resolve) => {
    let stall: NodeJS.Timeout | undefined;
    let begun = false;
    const heartbeat = setInterval(() => {
      if (stall === undefined) response.write(heartbeatFrame);
    }, options.heartbeatMs);

    const finish = (ending: StreamEnding) => {
      clearInterval(heartbeat);
      clearTimeout(stall);
      response.off("close", onClose);
      response.off("error", onClose);
      response.off("drain", onDrain);
      cut.signal.removeEventListener("abort", onCut);
      reader.close();
      resolve(ending);
      if (response.closed) return;
      // A reader that does not even take the end is not waited for; one that takes it slowly has the usual time.
      const waitMs = ending === "session_ended" ? Math.min(options.stallMs, farewellMs) : options.stallMs;
      const late = setTimeout(() => response.destroy(), waitMs);
      response.once("close", () => clearTimeout(late));
    };
    const onClose = () => finish("client");
    const onCut = () => {
      finish("session_ended");
      response.end(cut.frame);
    };
    const onDrain = () => {
      clearTimeout(stall);
      stall = undefined;
      pump();
    };
    const pump = () => {
      for (;;) {
        const frames = reader.take(maxWriteChars);
        begun = true;
        if (reader.lost) {
          finish("slow_consumer");
          response.destroy();
          return;
        }
        if (reader.finished) {
          finish("finished");
          response.end(frames);
          return;
        }
        if (frames === "") break;
        heartbeat.refresh();
        // All that is written in one tick goes to the socket at once.
        if (!response.write(frames)) {
          stall = setTimeout(() => {
            finish("slow_consumer");
            response.destroy();
          }, options.stallMs);
          return;
        }
      }
      reader.whenReady(pump);
    };

    response.on("close", onClose);
    response.on("error", onClose);
    response.on("drain", onDrain);
    cut.signal.addEventListener("abort", onCut);
    // The session may have ended while the run was being begun.
    if (cut.signal.aborted) return onCut();
    reader.whenReady(pump);
    // The client learns that it is being answered before there is anything to say.
    setImmediate(() => {
      if (!begun) response.flushHeaders();
    });
  });
}
