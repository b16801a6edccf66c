// The upstream's API key: from its one configured source, and in the words that each package fails with.

import { ChatSessionError } from "@sidekit/chat-session";
import { ChatKitError } from "@sidekit/chatkit";
import {
  createApiKey,
  createEnvironmentKeySource,
  createFileKeySource,
  SecretsError,
  type ApiKey,
  type Secret,
} from "@sidekit/secrets";

import type { Config } from "./config.ts";
import type { Dependency } from "./plugins/health.ts";

export interface UpstreamKey {
  readonly key: ApiKey;
  /** The key, or the failure of an issuer. */
  forIssuer(signal: AbortSignal): Promise<Secret>;
  /** The key, or the failure of a responder. */
  forResponder(signal: AbortSignal): Promise<Secret>;
  /** Without a usable key the demo still answers, so work does not stop. */
  readonly dependency: Dependency;
}

export function createUpstreamKey(config: Config, fetch: typeof globalThis.fetch): UpstreamKey {
  const key = createApiKey({
    id: "upstream",
    purpose: "Models and hosted sessions",
    source:
      config.key.kind === "file"
        ? createFileKeySource({ setting: "OPENAI_API_KEY_FILE", path: config.key.path })
        : createEnvironmentKeySource({ setting: "OPENAI_API_KEY", value: config.key.value }),
    shape: { prefix: config.upstreamIsVendor ? "sk-" : null },
    baseUrl: config.upstreamBaseUrl,
    fetch,
  });
  const currentOr = async (signal: AbortSignal, failure: (cause: SecretsError) => Error) => {
    try {
      return await key.current(signal);
    } catch (cause) {
      throw cause instanceof SecretsError ? failure(cause) : cause;
    }
  };
  return {
    key,
    forIssuer: (signal) => currentOr(signal, (cause) => new ChatSessionError("upstream_auth", { cause })),
    forResponder: (signal) => currentOr(signal, (cause) => new ChatKitError("upstream_auth", { cause })),
    dependency: {
      name: "key",
      required: false,
      check: async (signal) => {
        const { state, fingerprint } = await key.check(signal);
        return { ok: state === "valid", state: fingerprint === null ? state : `${state} (${fingerprint})` };
      },
    },
  };
}
