// The `fetch` that a chat component is given for our own ChatKit endpoint: adds the client secret, and turns the
// component's abort into an explicit stop of the run.

import { orAborted } from "../abortable.ts";
import type { ChatSession } from "../contract.ts";
import { ChatSessionClientError } from "./client-error.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import { stoppableResponse } from "./stoppable-response.ts";

export interface ChatKitFetchOptions {
  readonly session: SessionKeeper;
  readonly fetch: typeof fetch;
  /** The URL the component was told to call. */
  readonly url: string;
  /** True from the moment the page is being left: what aborts then is not a stop. */
  readonly leaving: () => boolean;
}

/** The header field in which the endpoint names the run that a request started. */
const runIdField = "x-sidekit-run-id";
/** The header field that says of a message in the same words that it is another one. */
const repeatField = "x-sidekit-repeat";
const headersDeadlineMs = 60_000;
const stopDeadlineMs = 10_000;

interface PlainRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestInit["body"];
  readonly signal: AbortSignal | null;
}

type SelfHostedApi = Extract<ChatSession["api"], { kind: "self-hosted" }>;

/**
 * Sends to the session's own endpoint only. A request whose answer did not arrive whole may be sent again, and joins
 * the answer that is being given; the same words after a whole answer are a new message. On 401 it mints a new session and sends a text body once more. An abort
 * rejects, or ends the body, at once; the run is then stopped in the background.
 */
export function createChatKitFetch(options: ChatKitFetchOptions): typeof fetch {
  const { session } = options;
  /** The last request whose answer streamed to its end. */
  let answeredWhole: RequestInit["body"] = null;

  return async (input, init) => {
    const request = await plainRequest(input, init);
    const { signal } = request;
    signal?.throwIfAborted();
    refuseForeign(request.url);
    const connection = new AbortController();
    const opening = open(request, connection);
    if (signal === null) return stoppable(await opening, request, connection);
    try {
      return stoppable(await orAborted(opening, signal), request, connection);
    } catch (failure) {
      if (signal.aborted) stopOnceOpen(opening, connection);
      throw failure;
    }
  };

  function refuseForeign(url: string): void {
    const held = session.held();
    const own = [options.url, ...(held?.api.kind === "self-hosted" ? [held.api.url] : [])];
    if (!own.some((it) => new URL(it).href === url)) throw new ChatSessionClientError("foreign_url");
  }

  async function open(request: PlainRequest, connection: AbortController): Promise<Response> {
    const late = setTimeout(() => connection.abort(new ChatSessionClientError("timeout")), headersDeadlineMs);
    try {
      return await authorised((api, authorization) => {
        // Aborted while the session was being minted: nothing has been sent, so there is nothing to stop.
        request.signal?.throwIfAborted();
        const headers = new Headers(request.headers);
        headers.set("authorization", authorization);
        if (isReplayable(request.body) && request.body != null && request.body === answeredWhole) {
          headers.set(repeatField, "new");
        }
        return options.fetch(api.url, {
          method: request.method,
          headers,
          ...(request.body == null ? {} : { body: request.body }),
          signal: connection.signal,
          redirect: "error",
          credentials: "omit",
        });
      }, isReplayable(request.body));
    } finally {
      clearTimeout(late);
    }
  }

  async function authorised(
    send: (api: SelfHostedApi, authorization: string) => Promise<Response>,
    mayRepeat: boolean,
  ): Promise<Response> {
    let first: ChatSession;
    try {
      first = await session.usable();
    } catch (refusal) {
      return refusalAsAnswer(refusal);
    }
    const response = await send(selfHosted(first), `Bearer ${first.clientSecret}`);
    if (response.status !== 401 || !mayRepeat) return response;
    await response.body?.cancel();
    const second = await session.replace(first.clientSecret);
    return send(selfHosted(second), `Bearer ${second.clientSecret}`);
  }

  function stoppable(response: Response, request: PlainRequest, connection: AbortController): Response {
    return stoppableResponse(response, {
      signal: request.signal,
      onStop: () => void stop(response, connection),
      onWhole: () => {
        if (response.headers.has(runIdField)) answeredWhole = request.body;
      },
      stalled: () => new ChatSessionClientError("timeout"),
    });
  }

  function stopOnceOpen(opening: Promise<Response>, connection: AbortController): void {
    const late = setTimeout(() => connection.abort(), stopDeadlineMs);
    void opening
      .then((response) => stop(response, connection))
      // What failed to open started nothing that could be named here.
      .catch(() => undefined)
      .finally(() => clearTimeout(late));
  }

  async function stop(response: Response, connection: AbortController): Promise<void> {
    const runId = response.headers.get(runIdField);
    try {
      if (runId !== null && !options.leaving()) await stopRun(runId);
    } catch {
      // Unreachable: without a follower the server ends the run by itself.
    } finally {
      connection.abort();
    }
  }

  async function stopRun(runId: string): Promise<void> {
    const response = await authorised(
      (api, authorization) =>
        options.fetch(`${api.url}/runs/${encodeURIComponent(runId)}`, {
          method: "DELETE",
          headers: { authorization },
          // A stop pressed just before the page goes still arrives.
          keepalive: true,
          redirect: "error",
          credentials: "omit",
          signal: AbortSignal.timeout(stopDeadlineMs),
        }),
      true,
    );
    await response.body?.cancel();
  }
}

async function plainRequest(
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<PlainRequest> {
  const request = input instanceof Request ? input : null;
  const url = request?.url ?? String(input);
  return {
    url: absoluteUrl(url),
    method: init.method ?? request?.method ?? "GET",
    headers: new Headers(init.headers ?? request?.headers),
    body: init.body ?? (request?.body ? await request.text() : null),
    signal: init.signal ?? request?.signal ?? null,
  };
}

/** Relative to the page, where there is one. */
/**
 * A component tells a server that refuses from one that is out of reach by getting an answer. Without a credential
 * that is good there is no session to come, which is the page's business: that rejects.
 */
function refusalAsAnswer(refusal: unknown): Response {
  if (!(refusal instanceof ChatSessionClientError) || refusal.status === null || refusal.status === 401)
    throw refusal;
  const { appCode, message, requestId, retryAfterMs, status } = refusal;
  return Response.json(
    { error: { code: appCode, message, requestId } },
    {
      status,
      headers: retryAfterMs === null ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) },
    },
  );
}

export function absoluteUrl(url: string): string {
  const page: unknown = Reflect.get(globalThis, "location");
  return new URL(url, page === undefined ? undefined : String(page)).href;
}

function isReplayable(body: RequestInit["body"]): boolean {
  return body == null || typeof body === "string";
}

function selfHosted(session: ChatSession): SelfHostedApi {
  if (session.api.kind !== "self-hosted") throw new ChatSessionClientError("wrong_issuer");
  return session.api;
}
