// The session of one profile as the page shows it: started, renewed and ended by hand, and followed when the chat
// renews it by itself.

import type { ChatSessionClient, SessionSnapshot } from "@sidekit/chat-session/client";

import { createObservable, type Observed } from "../observed.ts";
import { isRefused, sentenceOf } from "../sidecar.ts";

export type SessionState =
  | { readonly state: "starting" }
  | {
      readonly state: "active";
      readonly session: SessionSnapshot;
      readonly pending: "renewing" | "ending" | null;
      /** Why the last renewal did not come about; null when it did. */
      readonly problem: string | null;
    }
  /** With a problem when the server could not be told. */
  | { readonly state: "ended"; readonly problem: string | null }
  | { readonly state: "failed"; readonly problem: string };

export interface SessionControl extends Observed<SessionState> {
  start(): Promise<void>;
  /** Resolves to whether it came about. */
  renew(): Promise<boolean>;
  end(): Promise<void>;
}

export interface SessionControlOptions {
  readonly client: Pick<ChatSessionClient, "session">;
  /** The launch token is no longer good. */
  readonly onRefused: () => void;
}

/** Begins with a session being started by nobody yet: call `start`. */
export function createSessionControl({ client, onRefused }: SessionControlOptions): SessionControl {
  const state = createObservable<SessionState>({ state: "starting" });
  let isEnding = false;
  client.session.subscribe(follow);

  return {
    current: state.current,
    subscribe: state.subscribe,
    async start() {
      isEnding = false;
      state.put({ state: "starting" });
      await mint();
    },
    async renew() {
      wait("renewing");
      return mint();
    },
    async end() {
      isEnding = true;
      wait("ending");
      let problem: string | null = null;
      try {
        await client.session.end();
      } catch (error) {
        if (isRefused(error)) onRefused();
        problem = sentenceOf(error);
      }
      state.put({ state: "ended", problem });
    },
  };

  function wait(pending: "renewing" | "ending"): void {
    const now = state.current();
    if (now.state === "active") state.put({ ...now, pending });
  }

  async function mint(): Promise<boolean> {
    try {
      await client.session.renew();
      return true;
    } catch (error) {
      if (isRefused(error)) onRefused();
      const problem = sentenceOf(error);
      // A session that could not be renewed may still live; without one there is nothing to chat with.
      const held = client.session.current();
      state.put(
        held === null
          ? { state: "failed", problem }
          : { state: "active", session: held, pending: null, problem },
      );
      return false;
    }
  }

  function follow(): void {
    if (isEnding) return;
    const session = client.session.current();
    if (session !== null) return state.put({ state: "active", session, pending: null, problem: null });
    // The server refused the secret, and the chat is about to ask for another: ask with it, and hear how that ends.
    void mint();
  }
}
