// How the API keys are doing, and a check of them on demand.

import type { ChatSessionClient } from "@sidekit/chat-session/client";
import type { ApiKeyStatus } from "@sidekit/chat-session/contract";

import { createObservable, type Observed } from "../observed.ts";
import { isRefused, sentenceOf } from "../sidecar.ts";
import { hasProblem } from "./key-state.ts";

export interface ApiKeysState {
  readonly keys: readonly ApiKeyStatus[];
  readonly isChecking: boolean;
  /** Why the last check did not come about; null when it did. */
  readonly failure: string | null;
  /** Whether the panel is open. It opens by itself when a key has a problem. */
  readonly isOpen: boolean;
}

export interface ApiKeys extends Observed<ApiKeysState> {
  check(): Promise<void>;
  /** Checks keys that nobody has checked yet. */
  checkUnknown(): Promise<void>;
  toggle(): void;
}

export interface ApiKeysOptions {
  readonly client: Pick<ChatSessionClient, "apiKeys">;
  /** What the server said when the page connected. */
  readonly keys: readonly ApiKeyStatus[];
  /** The launch token is no longer good. */
  readonly onRefused: () => void;
}

export function createApiKeys({ client, keys, onRefused }: ApiKeysOptions): ApiKeys {
  const state = createObservable<ApiKeysState>({
    keys,
    isChecking: false,
    failure: null,
    isOpen: keys.some(hasProblem),
  });
  const change = (part: Partial<ApiKeysState>) => state.put({ ...state.current(), ...part });

  return {
    current: state.current,
    subscribe: state.subscribe,
    check,
    async checkUnknown() {
      if (state.current().keys.some((key) => key.state === "unchecked")) await check();
    },
    toggle: () => change({ isOpen: !state.current().isOpen }),
  };

  async function check(): Promise<void> {
    change({ isChecking: true });
    try {
      const found = await client.apiKeys.verify();
      const isOpen = state.current().isOpen || found.keys.some(hasProblem);
      change({ keys: found.keys, isChecking: false, failure: null, isOpen });
    } catch (error) {
      if (isRefused(error)) onRefused();
      change({ isChecking: false, failure: sentenceOf(error) });
    }
  }
}
