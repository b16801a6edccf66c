// A sidecar over HTTP.

import { createChatSessionClient } from "@sidekit/chat-session/client";
import type { Secret } from "@sidekit/secrets";

import type { Gateway } from "../gateway.ts";
import { createClientEndpoint, toCliError } from "./client-endpoint.ts";

/** Nothing is sent before the first call. */
export function openRemoteGateway({
  url,
  launchToken,
}: {
  readonly url: string;
  readonly launchToken: Secret;
}): Gateway {
  const issuerCredential = () => launchToken.reveal();
  const client = createChatSessionClient({ url: `${url}/trpc`, issuerCredential });
  const orCliError = async <Result>(call: Promise<Result>, signal: AbortSignal): Promise<Result> => {
    try {
      return await call;
    } catch (error) {
      signal.throwIfAborted();
      throw toCliError(error, url);
    }
  };
  return {
    place: `at ${url}`,
    createSession: (input, signal) => orCliError(client.createSession(input, { signal }), signal),
    listSessions: (input, signal) => orCliError(client.listSessions(input, { signal }), signal),
    cancelSession: (sessionId, signal) => orCliError(client.cancelSession({ sessionId }, { signal }), signal),
    cancelAllSessions: (signal) => orCliError(client.cancelAllSessions({}, { signal }), signal),
    audit: (input, signal) => orCliError(client.system.audit(input, { signal }), signal),
    keyStatus: (signal) => orCliError(client.apiKeys.status({ signal }), signal),
    verifyKeys: (signal) => orCliError(client.apiKeys.verify({ signal }), signal),
    examine: (signal) => orCliError(client.system.doctor({ signal }), signal),
    chatKit: (profile) => createClientEndpoint({ origin: url, issuerCredential, profile, fetch }),
    // The client's connections close by themselves; a stop on its way keeps the process alive until it has arrived.
    async [Symbol.asyncDispose]() {},
  };
}
