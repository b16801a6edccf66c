// Asks the upstream for a streamed response: key, retries, and what may be retried.

import { setTimeout as sleep } from "node:timers/promises";

import type { OpenAI } from "openai";
import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";

import { ChatKitError } from "../errors.ts";
import { requestFailure, type UpstreamFailure } from "./upstream-failures.ts";

/** An API key as its keeper hands it out: shown by nothing but `reveal()`. */
export interface RevealableKey {
  reveal(): string;
}

export interface UpstreamOrder {
  readonly client: OpenAI;
  readonly body: ResponseCreateParamsStreaming;
  /** Travels as the request's id, for finding it again at the upstream. */
  readonly runId: string;
  /** Called again when the upstream refuses the key, for the case that it has just been replaced. */
  readonly apiKey: (signal: AbortSignal) => Promise<RevealableKey>;
  /** Retries, when the failure is transient, before any of the answer has come (L29). */
  readonly maxRetries: number;
  readonly retryBaseMs: number;
  /** Milliseconds that are left for waiting. */
  readonly remainingMs: () => number;
}

export type UpstreamReply =
  | { readonly kind: "stream"; readonly response: Response; readonly attempts: number }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure; readonly attempts: number }
  /** The upstream wants no reasoning summary for this model. */
  | { readonly kind: "reasoning-refused"; readonly attempts: number };

const retryCapMs = 4_000;

/** As much of an error reply as is read (L41). */
const maxErrorBytes = 65_536;

/** The transport under the SDK: follows no redirect (S127), and reads no more of an error reply than 64 KiB. */
export function boundedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    return response.ok ? response : shortened(response);
  };
}

/**
 * Sends the order, again where that is safe. Never again once the upstream has begun to answer: the user would see
 * the answer twice and the owner pay for it twice. Rejects only with the reason of `signal`, or with
 * ChatKitError `upstream_auth` or `internal` when there is no request to be sent.
 */
export async function requestResponse(order: UpstreamOrder, signal: AbortSignal): Promise<UpstreamReply> {
  let key = await readKey(order, signal);
  let keyReadAgain = false;
  let waits = 0;
  for (let attempts = 1; ; attempts += 1) {
    try {
      const response = await send(order, key, signal);
      return { kind: "stream", response, attempts };
    } catch (error) {
      signal.throwIfAborted();
      const failure = requestFailure(error);
      // What could not even be sent may quote the headers, and with them the key (S128).
      if (!failure) throw new ChatKitError("internal", { cause: new Error("the request could not be made") });

      if (failure.code === "upstream_auth" && !keyReadAgain) {
        keyReadAgain = true;
        const current = await readKey(order, signal);
        if (current.reveal() !== key.reveal()) {
          key = current;
          continue;
        }
      }
      if (order.body.reasoning && failure.status === 400 && failure.upstreamParam?.startsWith("reasoning")) {
        return { kind: "reasoning-refused", attempts };
      }
      const waitMs = retryWaitMs(failure, waits, order);
      if (waitMs === null) return { kind: "failed", failure, attempts };
      waits += 1;
      await sleep(waitMs, undefined, { signal });
    }
  }
}

async function readKey(order: UpstreamOrder, signal: AbortSignal): Promise<RevealableKey> {
  try {
    return await order.apiKey(signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ChatKitError ? error : new ChatKitError("upstream_auth", { cause: error });
  }
}

function send(order: UpstreamOrder, key: RevealableKey, signal: AbortSignal): Promise<Response> {
  return order.client.responses
    .create(order.body, {
      signal,
      headers: { Authorization: `Bearer ${key.reveal()}`, "X-Client-Request-Id": order.runId },
    })
    .asResponse();
}

/** Null when the request is not to be repeated. */
function retryWaitMs(failure: UpstreamFailure, waits: number, order: UpstreamOrder): number | null {
  if (!failure.transient || waits >= order.maxRetries) return null;
  const asked = failure.retryAfterMs;
  // An upstream that names its time is given it once; after that it is believed to be busy.
  if (asked !== null) return waits === 0 && asked < order.remainingMs() ? asked : null;
  const waitMs = Math.random() * Math.min(retryCapMs, order.retryBaseMs * 2 ** waits);
  return waitMs < order.remainingMs() ? waitMs : null;
}

async function shortened(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body) {
    for await (const chunk of response.body) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= maxErrorBytes) break;
    }
  }
  const { status, headers } = response;
  return new Response(bytes > 0 ? Buffer.concat(chunks).subarray(0, maxErrorBytes) : null, {
    status,
    headers,
  });
}
