// What is known of the request that is being served, for whatever is logged on its behalf, however deep.

import { AsyncLocalStorage } from "node:async_hooks";

/** Who asks, by pseudonym: a log knows no names (N6). */
export interface Actor {
  readonly tenant: string;
  readonly user: string;
  /** How that was proven. */
  readonly credential: "session" | "launch" | "jwt" | "service" | "host";
}

export interface RequestFacts {
  readonly requestId: string;
  /** Null until a credential was accepted. */
  actor: Actor | null;
  /** What the upstream called the last request that was sent to it on behalf of this one. */
  upstreamRequestId: string | null;
}

/** A run that goes on after its request keeps that request's facts. */
export const requestFacts = new AsyncLocalStorage<RequestFacts>();
