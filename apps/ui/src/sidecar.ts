// The typed client of the sidecar that this page came from.

import {
  ChatSessionClientError,
  createChatSessionClient,
  type ChatSessionClient,
} from "@sidekit/chat-session/client";
import type { SystemInfo } from "@sidekit/chat-session/contract";

/** Names a profile that the server offers; without one the server's first is used. */
export function connectSidecar(token: string, profile?: SystemInfo["profiles"][number]): ChatSessionClient {
  return createChatSessionClient({
    url: "/trpc",
    issuerCredential: () => token,
    fetch: fetchFromHere,
    ...(profile === undefined ? {} : { profile: profile.name, issuer: profile.issuer }),
  });
}

/** Whether the launch token is no longer good: the sidecar was started anew. */
export function isRefused(error: unknown): boolean {
  return error instanceof ChatSessionClientError && error.appCode === "unauthenticated";
}

/** Whether nobody answered. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof ChatSessionClientError && (error.appCode === "network" || error.appCode === "timeout")
  );
}

/** The server's fixed sentence, or the client's. */
export function sentenceOf(error: unknown): string {
  return error instanceof ChatSessionClientError ? error.message : "Something unexpected went wrong.";
}

/**
 * The policy of the page lets it call only where it came from. Whatever name the server gives its endpoint, it is
 * reached by that way; while developing, that is the proxy.
 */
const fetchFromHere: typeof fetch = (input, init) => {
  const { pathname, search } = new URL(input instanceof Request ? input.url : input, location.href);
  return fetch(location.origin + pathname + search, input instanceof Request ? input : init);
};
