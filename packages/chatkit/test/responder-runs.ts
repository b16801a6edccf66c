// One turn of the responder against the stand-in, over a pool of connections as a process has it.

import {
  createOpenAiResponsesResponder,
  type OpenAiResponsesOptions,
  type ResponderObservation,
} from "@sidekit/chatkit/responders/openai-responses";
import { Agent, fetch as undiciFetch } from "undici";
import { expect } from "vitest";

import { ChatKitError } from "../src/errors.ts";
import type { ResponderEvent } from "../src/ports.ts";
import type { StandIn } from "./responses-stand-in.ts";
import type { TurnFixture } from "./turn-fixture.ts";

/** Stands in every error reply of the upstream, and must come out nowhere. */
export const upstreamWords = "CANARY the key sk-canary-123 is wrong";

export const messageId = `msg_${"0".repeat(48)}`;

/** For all tests of a file; closed when its process ends. */
const agent = new Agent({ connections: 4 });

/** Runs one turn to its end. In all that comes of it there is no word of the upstream's, and no key. */
export async function run(
  upstream: StandIn,
  turn: TurnFixture,
  options: Partial<OpenAiResponsesOptions> = {},
) {
  const observations: ResponderObservation[] = [];
  const responder = createOpenAiResponsesResponder(
    optionsFor(upstream, { observe: (it) => observations.push(it), ...options }),
  );
  const events: ResponderEvent[] = [];
  let thrown: unknown = null;
  try {
    for await (const event of responder.respond(turn)) events.push(event);
  } catch (error) {
    thrown = error;
  }
  const all = [...events, ...observations].map((it) => JSON.stringify(it)).join() + everythingIn(thrown);
  expect(all).not.toMatch(/CANARY|sk-/);
  return { events, thrown, observations };
}

export function optionsFor(
  upstream: StandIn,
  options: Partial<OpenAiResponsesOptions> = {},
): OpenAiResponsesOptions {
  return {
    apiKey: () => Promise.resolve({ reveal: () => "sk-first" }),
    baseURL: upstream.baseURL,
    fetch: fetchOver(agent),
    retryBaseMs: 5,
    ...options,
  };
}

/** As the composition of a process does it: the pool decides which connection is used. */
export function fetchOver(dispatcher: Agent): OpenAiResponsesOptions["fetch"] {
  return (address, init) => undiciFetch(address, { ...init, dispatcher });
}

function everythingIn(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return `${thrown.stack} ${JSON.stringify(thrown)} ${everythingIn(thrown.cause)}`;
}

export function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof ChatKitError)) throw new Error("no ChatKitError", { cause: thrown });
  return thrown.reason;
}
