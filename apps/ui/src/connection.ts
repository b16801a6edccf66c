// Whether the sidecar answers, lets us in, and what it offers.

import type { ChatSessionClient } from "@sidekit/chat-session/client";
import type { ApiKeyStatus, SystemInfo } from "@sidekit/chat-session/contract";

import { createObservable, type Observed } from "./observed.ts";
import { connectSidecar, isRefused, isUnreachable, sentenceOf } from "./sidecar.ts";

export type ConnectionState =
  | { readonly state: "connecting" }
  /** The launch token is not the one of the running sidecar. */
  | { readonly state: "refused" }
  | { readonly state: "unreachable" }
  | { readonly state: "failed"; readonly message: string }
  | {
      readonly state: "ready";
      readonly client: ChatSessionClient;
      readonly info: SystemInfo;
      readonly keys: readonly ApiKeyStatus[];
    };

export interface Connection extends Observed<ConnectionState> {
  connect(): Promise<void>;
  /** For who learns later that the token is no longer good. */
  refuse(): void;
}

export function createConnection(token: string): Connection {
  const client = connectSidecar(token);
  const state = createObservable<ConnectionState>({ state: "connecting" });

  return {
    current: state.current,
    subscribe: state.subscribe,
    async connect() {
      state.put({ state: "connecting" });
      state.put(await ask());
    },
    refuse: () => state.put({ state: "refused" }),
  };

  async function ask(): Promise<ConnectionState> {
    try {
      // The first is open to everybody, the second tells whether the token is good.
      const [info, { keys }] = await Promise.all([client.system.info(), client.apiKeys.status()]);
      return { state: "ready", client, info, keys };
    } catch (error) {
      if (isRefused(error)) return { state: "refused" };
      if (isUnreachable(error)) return { state: "unreachable" };
      return { state: "failed", message: sentenceOf(error) };
    }
  }
}
