// Runs of responders over the Agents SDK against the stand-in.

import {
  type AgentResponderOptions,
  agentResponder,
  type AgentUpstream,
} from "@sidekit/chatkit/responders/openai-agents";
import { expect } from "vitest";

import type { Responder, ResponderEvent, Turn } from "../src/ports.ts";
import { type StandIn } from "./responses-stand-in.ts";

type SettingName = "maxTurns" | "silenceMs" | "guardrailMessage" | "handoffText";

const upstreamWords = /CANARY|sk-/;

export function upstreamOf(standIn: StandIn) {
  return {
    apiKey: () => Promise.resolve({ reveal: () => "sk-first" }),
    baseURL: standIn.baseURL,
    fetch: globalThis.fetch,
  };
}

export function runAgent(
  standIn: StandIn,
  turn: Turn,
  agent: AgentResponderOptions["agent"],
  options: Partial<AgentUpstream> & Partial<Pick<AgentResponderOptions, SettingName>> = {},
) {
  return runTurn(agentResponder({ ...upstreamOf(standIn), ...options, agent }), turn);
}

/** Runs one turn to its end. In all that comes of it there is no word of the upstream's, and no key. */
export async function runTurn(responder: Responder, turn: Turn) {
  const events: ResponderEvent[] = [];
  let thrown: unknown = null;
  try {
    for await (const event of responder.respond(turn)) events.push(event);
  } catch (error) {
    thrown = error;
  }
  const shown = JSON.stringify(events) + everythingIn(thrown);
  expect(shown).not.toMatch(upstreamWords);
  return { events, thrown };
}

function everythingIn(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return `${thrown.stack} ${JSON.stringify(thrown)} ${everythingIn(thrown.cause)}`;
}

/** The stand-in's events with the whole response at the end, as the SDK insists on it. */
export function whole(events: readonly object[]): object[] {
  const output = events.flatMap((event) =>
    "type" in event && event.type === "response.output_item.done" && "item" in event ? [event.item] : [],
  );
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  return events.map((event) =>
    "type" in event && event.type === "response.completed"
      ? { type: event.type, response: { id: "resp_1", status: "completed", output, usage } }
      : event,
  );
}
