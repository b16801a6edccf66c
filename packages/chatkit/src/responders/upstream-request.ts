// Sends one request upstream: key, retries, and what may be retried.

import { setTimeout as sleep } from "node:timers/promises";

import { OpenAI } from "openai";

import { ChatKitError } from "../errors.ts";
import { requestFailure, type UpstreamFailure } from "./upstream-failures.ts";

/** An API key as its keeper hands it out: shown by nothing but `reveal()`. */
export interface RevealableKey {
  reveal(): string;
}

/** The key to send. `refused` is the one that the upstream has just answered with 401 (S142). */
export type AskKey = (signal: AbortSignal, refused?: RevealableKey) => Promise<RevealableKey>;

export interface UpstreamOrder {
  /** Sends the request with these headers; called again for every attempt. */
  readonly send: (headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;
  /** Travels as the request's id, for finding it again at the upstream. */
  readonly requestId: string;
  /** Called again when the upstream refuses the key, for the case that it has just been replaced. */
  readonly apiKey: AskKey;
  /** Retries, when the failure is transient, before any of the answer has come (L29). */
  readonly maxRetries: number;
  readonly retryBaseMs: number;
  /** Milliseconds that are left for waiting. */
  readonly remainingMs: () => number;
}

export type UpstreamReply =
  | { readonly kind: "answered"; readonly response: Response; readonly attempts: number }
  | { readonly kind: "failed"; readonly failure: UpstreamFailure; readonly attempts: number };

const retryCapMs = 4_000;

/** As much of an error reply as is read (L41). */
const maxErrorBytes = 65_536;

/** The SDK over this fetch, with nothing of its own: no key, no retries, no deadline that comes before ours. */
export function createUpstreamClient(
  baseURL: string,
  fetch: typeof globalThis.fetch,
  timeoutMs: number,
): OpenAI {
  return new OpenAI({
    // Every request brings its own Authorization header; the SDK only insists on having something.
    apiKey: "set-per-request",
    baseURL,
    fetch: boundedFetch(fetch),
    // Left out, these would come from the environment.
    adminAPIKey: null,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: "off",
  });
}

/**
 * Sends the order, again where that is safe. Never again once the upstream has begun to answer: the user would see
 * the answer twice and the owner pay for it twice. Rejects only with the reason of `signal`, or with
 * ChatKitError `upstream_auth` or `internal` when there is no request to be sent.
 */
export async function sendUpstream(order: UpstreamOrder, signal: AbortSignal): Promise<UpstreamReply> {
  let key = await readKey(order, signal);
  let keyReadAgain = false;
  let waits = 0;
  for (let attempts = 1; ; attempts += 1) {
    try {
      const headers = {
        Authorization: `Bearer ${key.reveal()}`,
        "X-Client-Request-Id": order.requestId,
      };
      const response = await order.send(headers, signal);
      return { kind: "answered", response, attempts };
    } catch (error) {
      signal.throwIfAborted();
      const failure = requestFailure(error);
      // What could not even be sent may quote the headers, and with them the key (S128).
      if (!failure) throw new ChatKitError("internal", { cause: new Error("the request could not be made") });

      if (failure.code === "upstream_auth" && !keyReadAgain) {
        keyReadAgain = true;
        const current = await readKey(order, signal, failure.status === 401 ? key : undefined);
        if (current.reveal() !== key.reveal()) {
          key = current;
          continue;
        }
      }
      const waitMs = retryWaitMs(failure, waits, order);
      if (waitMs === null) return { kind: "failed", failure, attempts };
      waits += 1;
      await sleep(waitMs, undefined, { signal });
    }
  }
}

async function readKey(
  order: UpstreamOrder,
  signal: AbortSignal,
  refused?: RevealableKey,
): Promise<RevealableKey> {
  try {
    return await order.apiKey(signal, refused);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ChatKitError ? error : new ChatKitError("upstream_auth", { cause: error });
  }
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

/** Follows no redirect (S127), and reads no more of an error reply than 64 KiB. */
function boundedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const bounded: typeof globalThis.fetch = async (input, init) => {
    const response = await fetch(input, { ...(await encoded(init)), redirect: "manual" });
    return response.ok ? response : shortened(response);
  };
  // By this the SDK finds out, without a request of its own, that forms can be sent.
  return Object.assign(bounded, { Response });
}

/** Not every fetch takes the forms of another; all of them take bytes. */
async function encoded(init: RequestInit | undefined): Promise<RequestInit | undefined> {
  if (!(init?.body instanceof FormData)) return init;
  const form = new Response(init.body);
  const headers = new Headers(init.headers);
  headers.set("content-type", form.headers.get("content-type") ?? "multipart/form-data");
  return { ...init, headers, body: await form.arrayBuffer() };
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
