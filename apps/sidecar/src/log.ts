// The process's one logger, and how what the packages report becomes a line. Standard error only: standard output
// carries the ready line.

import type { SessionObservation } from "@sidekit/chat-session";
import type { ChatKitObservation } from "@sidekit/chatkit";
import type { ResponderObservation } from "@sidekit/chatkit/responders/openai-responses";
import { credentialLogPaths, scrubText, type KeyObservation } from "@sidekit/secrets";
import { pino, type Logger } from "pino";
import pretty from "pino-pretty";

import type { Config } from "./config.ts";
import type { RefusedKeyObservation } from "./refused-keys.ts";
import type { UpstreamObservation } from "./upstream-guard.ts";

export function createLog(
  level: Config["logLevel"],
  destination: NodeJS.WriteStream = process.stderr,
): Logger {
  return pino(
    {
      level,
      base: null,
      messageKey: "event",
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...credentialLogPaths], censor: "[secret]" },
      serializers: { err: describeError },
    },
    destination.isTTY
      ? pretty({ colorize: true, messageKey: "event", timestampKey: "ts", destination })
      : destination,
  );
}

export type Observation =
  | SessionObservation
  | ChatKitObservation
  | ResponderObservation
  | UpstreamObservation
  | KeyObservation
  | RefusedKeyObservation;

/** What somebody should look at; all else is ordinary. */
const warnings: ReadonlySet<Observation["event"]> = new Set([
  "session.integrity",
  "upstream.failed",
  "upstream.auth",
  "upstream.budget",
  "breaker.open",
  "key.rejected",
  "key.removed",
  "key.revoked",
  "tool.failed",
  "attachment.left_behind",
  "run.failed",
  "run.not_kept",
  "run.abandoned",
  "store.row_unreadable",
]);

/** One line for each observation of the packages. Their members are safe to log by contract. */
export function observeInto(log: Logger): (observation: Observation) => void {
  return ({ event, ...fields }) => {
    if (warnings.has(event)) log.warn(fields, event);
    else log.info(fields, event);
  };
}

/** Class, code and our own sentence. Fields of foreign errors may hold data and are left out (S161). */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { type: error.name, code, message: scrubText(error.message), at: firstFrames(error), cause };
}

/** Where in our code, without the message that a stack begins with. */
function firstFrames(error: Error): string[] {
  return (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at "))
    .slice(0, 4)
    .map((line) => line.trim().replace(/\(?file:\/\/.*\/(?=[^/]+\/[^/]+\/[^/]+:\d+)/, "("));
}
