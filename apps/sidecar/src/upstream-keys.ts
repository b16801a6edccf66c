// The API keys of this process: from their sources, watched, and in the words that each package fails with.

import { type ApiKeyReport, ChatSessionError } from "@sidekit/chat-session";
import { ChatKitError } from "@sidekit/chatkit";
import {
  createApiKey,
  createEnvironmentKeySource,
  createFileKeySource,
  createHandoffKeySource,
  createKeychainKeySource,
  createKeychainProcess,
  SecretsError,
  watchKeys,
  type ApiKey,
  type ApiKeyStatus,
  type HandoffKeySource,
  type KeyObservation,
  type KeySource,
  type Secret,
} from "@sidekit/secrets";

import type { Config } from "./config.ts";
import type { Dependency } from "./plugins/health.ts";
import { defaultKeyId, type KeyConfig } from "./settings-keys.ts";

/** The upstream is asked about a key that takes the place of another, for 3 s at most. */
const handoverMs = 8000;

/** The key to send. `refused`: the one that the upstream has just answered with 401. */
export type AskKey = (signal: AbortSignal, refused?: Pick<Secret, "reveal">) => Promise<Secret>;

export interface UpstreamKeys extends AsyncDisposable {
  /** Of the key of this id; fails as an issuer does. */
  forIssuer(id: string): AskKey;
  /** Of the key of this id; fails as a responder does. */
  forResponder(id: string): AskKey;
  readonly report: ApiKeyReport;
  /** Without a usable key the demo still answers, so work does not stop. */
  readonly dependencies: readonly Dependency[];
  /** Reads every source now. */
  reload(signal: AbortSignal): Promise<void>;
  /** A key from the program that started this one; null takes it away (S148). */
  handOver(id: string, key: Secret | null): Promise<"done" | "key_not_configured" | "key_not_taken">;
}

export interface UpstreamKeysOptions {
  readonly config: Config;
  readonly fetch: typeof fetch;
  readonly observe: (observation: KeyObservation) => void;
  /** What the program that started this one has handed over so far, by id. */
  readonly handedOver?: ReadonlyMap<string, Secret>;
  readonly now?: () => number;
  readonly monotonicNow?: () => number;
}

export function createUpstreamKeys(options: UpstreamKeysOptions): UpstreamKeys {
  const { config, fetch, observe } = options;
  const handoffs = new Map<string, HandoffKeySource>();
  const keys = new Map(config.keys.map((key) => [key.id, createKey(key)]));
  // A variable of a running process cannot change.
  const changing = config.keys.filter(({ source }) => source.kind !== "environment");
  const watch = watchKeys(changing.map(({ id }) => keyOf(id)));

  return {
    forIssuer: (id) => asking(id, (cause) => new ChatSessionError("upstream_auth", { cause })),
    forResponder: (id) => asking(id, (cause) => new ChatKitError("upstream_auth", { cause })),
    report: {
      status: () => ({ keys: [...keys.values()].map((key) => key.status()) }),
      check: async (signal) => ({
        keys: await Promise.all([...keys.values()].map((key) => key.checkNow(signal))),
      }),
    },
    dependencies: [...keys].map(([id, key]) => ({
      name: id === defaultKeyId ? "key" : `key.${id}`,
      required: false,
      check: async (signal) => {
        const status = await key.check(signal);
        return { ok: status.state === "valid" && status.alert === null, state: stateWords(status) };
      },
    })),
    reload: (signal) => watch.reload(signal),
    async handOver(id, key) {
      const handoff = handoffs.get(id);
      if (handoff === undefined) return "key_not_configured";
      handoff.offer(key);
      const signal = AbortSignal.timeout(handoverMs);
      // The first one may join a reading that began before the offer.
      await keyOf(id).reload(signal);
      await keyOf(id).reload(signal);
      const { fingerprint, alert } = keyOf(id).status();
      return key === null || (fingerprint !== null && alert === null) ? "done" : "key_not_taken";
    },
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };

  function createKey(key: KeyConfig): ApiKey {
    return createApiKey({
      id: key.id,
      purpose: key.purpose,
      source: sourceOf(key),
      shape: { prefix: config.upstreamIsVendor ? "sk-" : null },
      baseUrl: config.upstreamBaseUrl,
      fetch,
      overlapMs: config.keyOverlapMs,
      removedGraceMs: config.keyRemovedMs,
      observe,
      ...(options.now !== undefined && { now: options.now }),
      ...(options.monotonicNow !== undefined && { monotonicNow: options.monotonicNow }),
    });
  }

  function sourceOf({ id, setting, source }: KeyConfig): KeySource {
    switch (source.kind) {
      case "environment":
        return createEnvironmentKeySource({ setting, value: source.value });
      case "file":
        return createFileKeySource({ setting, path: source.path });
      case "keychain": {
        const ask = createKeychainProcess(config.keychainVariables);
        return createKeychainKeySource({ setting, service: source.service, account: source.account, ask });
      }
      case "host": {
        const handoff = createHandoffKeySource({ setting });
        handoff.offer(options.handedOver?.get(id) ?? null);
        handoffs.set(id, handoff);
        return handoff.source;
      }
    }
  }

  function keyOf(id: string): ApiKey {
    const key = keys.get(id);
    if (key === undefined) throw new Error("A profile names a key that does not exist.");
    return key;
  }

  function asking(id: string, failure: (cause: SecretsError) => Error): AskKey {
    const key = keyOf(id);
    return async (signal, refused) => {
      try {
        return await key.current(signal, refused);
      } catch (cause) {
        throw cause instanceof SecretsError ? failure(cause) : cause;
      }
    };
  }
}

function stateWords({ state, fingerprint, alert }: ApiKeyStatus): string {
  const named = fingerprint === null ? state : `${state} (${fingerprint})`;
  return alert === null ? named : `${named}, source ${alert.code}`;
}
