// The parent's end of the channel: what is said to the sidecar, and what of its answers is believed.

import type { Duplex } from "node:stream";

import { SidecarHostError } from "./errors.ts";
import {
  maxMessageBytes,
  parseLine,
  sidecarMessage,
  type Change,
  type Handover,
  type Outcome,
  type ParentMessage,
} from "./handshake.ts";
import { createLineSplitter, type Line } from "./lines.ts";
import { orAborted } from "./or-aborted.ts";

const maxWaiting = 64;
/** Longer than the sidecar takes to ask the upstream about a key. */
const requestDeadlineMs = 10_000;

export interface ParentChannel {
  /** Where the sidecar listens. Rejects with `protocol` when it says anything else first. */
  readonly ready: Promise<string>;
  /** When the sidecar's end is closed, or broken. */
  readonly closed: Promise<void>;
  send(message: Handover | ParentMessage): void;
  /** Rejects with SidecarHostError when there is no answer within 10 s, or never will be one. */
  request(change: Change, signal: AbortSignal): Promise<Outcome>;
}

/** Once the sidecar is ready, a line of it that is not valid is dropped; what waits for it has a deadline. */
export function openParentChannel(stream: Duplex): ParentChannel {
  const ready = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  const waiting = new Map<number, PromiseWithResolvers<Outcome>>();
  let lastRequest = 0;
  ready.promise.catch(() => {});

  const splitter = createLineSplitter(maxMessageBytes, receive);
  stream.on("data", splitter.push);
  // That it broke is told by the end that follows.
  stream.on("error", () => {});
  stream.once("close", () => {
    for (const request of waiting.values()) request.reject(new SidecarHostError("sidecar_ended"));
    closed.resolve();
  });

  return {
    ready: ready.promise,
    closed: closed.promise,
    send,
    async request(change, signal) {
      signal.throwIfAborted();
      if (stream.destroyed) throw new SidecarHostError("sidecar_ended");
      if (waiting.size >= maxWaiting) throw new SidecarHostError("busy");
      const number = (lastRequest += 1);
      const answer = Promise.withResolvers<Outcome>();
      const deadline = AbortSignal.timeout(requestDeadlineMs);
      waiting.set(number, answer);
      send({ ...change, request: number });
      try {
        return await orAborted(answer.promise, AbortSignal.any([signal, deadline]));
      } catch (failure) {
        signal.throwIfAborted();
        throw deadline.aborted ? new SidecarHostError("request_timeout") : failure;
      } finally {
        waiting.delete(number);
      }
    },
  };

  function send(message: Handover | ParentMessage): void {
    if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
  }

  function receive({ text, cut }: Line): void {
    const parsed = sidecarMessage.safeParse(cut ? undefined : parseLine(text));
    if (!parsed.success) return ready.reject(new SidecarHostError("protocol"));
    if (parsed.data.type === "ready") ready.resolve(parsed.data.url);
    else waiting.get(parsed.data.request)?.resolve(parsed.data.outcome);
  }
}
