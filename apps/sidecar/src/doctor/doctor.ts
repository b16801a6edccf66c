// All that the doctor looks at from inside the sidecar. What only its caller can see, the caller adds.

import type { Caller, Examine, SessionService } from "@sidekit/chat-session";
import { ChatSessionError } from "@sidekit/chat-session";
import type { Secret } from "@sidekit/secrets";

import type { Config, ProfileConfig } from "../config.ts";
import { elementCheck } from "./element-check.ts";
import { createExamination, type Check, type CheckResult } from "./examination.ts";
import { databaseCheck, dataDirCheck, descriptorCheck, diskCheck } from "./machine-checks.ts";
import { publicAddressCheck } from "./public-address-check.ts";
import type { SelfVisits } from "./self-visits.ts";
import { upstreamChecks } from "./upstream-checks.ts";

/** Mints the hosted session that shows whether it can be done. */
const patient: Caller = {
  tenant: "local",
  user: "doctor",
  credential: "launch",
  sessions: true,
  operator: false,
};
const cancelMs = 3_000;

export interface DoctorOptions {
  readonly config: Config;
  readonly publicUrl: () => string;
  readonly selfVisits: SelfVisits;
  /** Never follows a redirect, and keeps no count of failures that others suffer from. */
  readonly fetch: typeof fetch;
  readonly apiKey: (signal: AbortSignal) => Promise<Secret>;
  readonly service: Pick<SessionService, "createSession" | "cancelSession">;
  /** Null where the threads are in no file. */
  readonly isIntact: ((signal: AbortSignal) => Promise<boolean>) | null;
  readonly maxConnections: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export function createDoctor(options: DoctorOptions): Examine {
  const { config, publicUrl, selfVisits, fetch, apiKey, service, isIntact, now = Date.now } = options;
  const profilesOf = (issuer: ProfileConfig["issuer"]) =>
    config.profiles.filter((profile) => profile.issuer === issuer);
  const models = profilesOf("local")
    .filter(({ responder }) => responder === "openai-responses")
    .map(({ model }) => model);

  return createExamination([
    settingsCheck(config),
    publicAddressCheck({ publicUrl, visits: selfVisits, fetch }),
    ...upstreamChecks({
      baseUrl: config.upstreamBaseUrl,
      fetch,
      apiKey,
      models: [...new Set(models)],
      hostedProfiles: profilesOf("hosted").map(({ name }) => name),
      tryHosted,
      now,
    }),
    elementCheck({ element: config.element, publicUrl, fetch }),
    dataDirCheck(config.dataDir),
    diskCheck(config.dataDir),
    descriptorCheck(options.maxConnections),
    ...(isIntact === null ? [] : [databaseCheck(isIntact)]),
  ]);

  async function tryHosted(profile: string, signal: AbortSignal): Promise<string | null> {
    try {
      const { id } = await service.createSession(patient, { profile }, signal);
      await service.cancelSession(patient, { sessionId: id }, AbortSignal.timeout(cancelMs));
      return null;
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof ChatSessionError ? error.code : "internal";
    }
  }
}

/** The sidecar would not have started with settings that cannot be meant; some are meant and still worth a word. */
function settingsCheck({ profiles }: Config): Check {
  return {
    name: "settings",
    why: "OpenAI ends hosted sessions with Agent Builder on 2026-11-30; from then on such a profile mints none.",
    async run(): Promise<CheckResult[]> {
      const names = profiles.map(({ name }) => name).join(", ");
      const hosted = profiles.filter(({ issuer }) => issuer === "hosted").map(({ name }) => name);
      const inForce: CheckResult = {
        status: "ok",
        what: `The settings in force offer these profiles: ${names}.`,
      };
      if (hosted.length === 0) return [inForce];
      const mend = "Answer with a responder of your own: give the profile the issuer local.";
      return [inForce, { status: "warning", what: `Hosted at OpenAI: ${hosted.join(", ")}.`, mend }];
    },
  };
}
