// Conversations through the typed client, and its failures in this program's words.

import { ChatSessionClientError, createChatSessionClient } from "@sidekit/chat-session/client";

import type { ChatKitEndpoint } from "../conversation.ts";
import { CliError } from "../errors.ts";
import { printable } from "../output.ts";

export interface ClientEndpointOptions {
  /** The server, without a slash at its end. */
  readonly origin: string;
  readonly issuerCredential: () => string;
  /** Null for the server's first. */
  readonly profile: string | null;
  readonly fetch: typeof fetch;
}

/** The same client as in the UI: it mints on first use, renews, and turns an abort into an explicit stop. */
export function createClientEndpoint(options: ClientEndpointOptions): ChatKitEndpoint {
  const { origin, issuerCredential, profile } = options;
  const client = createChatSessionClient({
    url: `${origin}/trpc`,
    issuerCredential,
    ...(profile === null ? {} : { profile }),
    fetch: options.fetch,
  });
  const api = client.chatkitApi();
  return {
    url: api.url,
    async fetch(input, init) {
      try {
        return await api.fetch(input, init);
      } catch (error) {
        init?.signal?.throwIfAborted();
        throw toCliError(error, origin);
      }
    },
  };
}

/** What the typed client threw, or the fetch beneath it, which may have its own words. */
export function toCliError(error: unknown, origin: string): CliError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof CliError) return inner;
  }
  if (!(error instanceof ChatSessionClientError))
    return new CliError("server_unreachable", origin, { cause: error });
  switch (error.appCode) {
    case "network":
      return new CliError("server_unreachable", origin, { cause: error });
    case "timeout":
      return new CliError("stalled", "", { cause: error });
    case "unexpected_reply":
      return new CliError("unexpected_reply", "", { cause: error });
    case "wrong_issuer":
      return new CliError("hosted_conversation", "", { cause: error });
    case "unauthenticated":
      return new CliError("wrong_launch_token", "", { cause: error });
    default: {
      const fields = error.fields.length === 0 ? "" : ` (${error.fields.join(", ")})`;
      return new CliError("refused", printable(`${error.message}${fields}`), {
        cause: error,
        reason: error.appCode,
      });
    }
  }
}
