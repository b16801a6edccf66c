// The process's one logger, and how what the packages report becomes a line. Standard error only: standard output
// carries the ready line.

import { randomBytes } from "node:crypto";

import type { SessionObservation } from "@sidekit/chat-session";
import type { ChatKitObservation } from "@sidekit/chatkit";
import type { ResponderObservation } from "@sidekit/chatkit/responders/openai-responses";
import { credentialLogPaths, type KeyObservation } from "@sidekit/secrets";
import { pino, type Logger } from "pino";

import type { Config } from "./config.ts";
import { describeError } from "./log-errors.ts";
import { sampleWarnings } from "./log-sampling.ts";
import type { RefusedKeyObservation } from "./refused-keys.ts";
import { requestFacts } from "./request-facts.ts";
import type { ServiceKeysObservation } from "./service-keys.ts";
import type { UpstreamObservation } from "./upstream-guard.ts";

/** Tells the lines of this process from those of another one that writes to the same place. */
export const instance = `ins_${randomBytes(6).toString("hex")}`;

/** JSON lines, each with `ts`, `level`, `event` and, while a request is served, `requestId`. */
export function createLog(level: Config["logLevel"], write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: { instance },
      messageKey: "event",
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: [...credentialLogPaths], censor: "[secret]" },
      serializers: { err: describeError },
      mixin() {
        const facts = requestFacts.getStore();
        return facts === undefined ? {} : { requestId: facts.requestId };
      },
      hooks: { logMethod: sampleWarnings() },
    },
    { write },
  );
}

export type Observation =
  | SessionObservation
  | ChatKitObservation
  | ResponderObservation
  | UpstreamObservation
  | KeyObservation
  | RefusedKeyObservation
  | ServiceKeysObservation;

/** What somebody should look at; all else is ordinary. */
const warnings: ReadonlySet<Observation["event"]> = new Set([
  "session.integrity",
  "issuer.unverifiable",
  "upstream.failed",
  "upstream.auth",
  "upstream.budget",
  "breaker.open",
  "key.rejected",
  "service_keys.rejected",
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
