// What sessions know of the configured profiles.

import type { SessionProfile } from "@sidekit/chat-session";

import type { ProfileConfig } from "./config.ts";

/** In order: the first one is the default. */
export function sessionProfiles(configured: readonly ProfileConfig[]): [SessionProfile, ...SessionProfile[]] {
  const [first, ...others] = configured.map((profile): SessionProfile => ({
    name: profile.name,
    issuer: profile.issuer,
    workflow: profile.workflow,
    ttlSeconds: profile.ttlSeconds,
    requestsPerMinute: profile.requestsPerMinute,
    stateVariables: profile.stateVariables,
    features: {
      automaticThreadTitling: profile.automaticThreadTitling,
      fileUpload: profile.fileUpload,
      history: profile.history,
    },
  }));
  if (first === undefined) throw new Error("There is no profile.");
  return [first, ...others];
}
