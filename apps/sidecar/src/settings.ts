// The schema of every setting: environment variables, and the profiles of the config file.

import { sessionTtlSeconds } from "@sidekit/chat-session/contract";
import { z } from "zod";

import { elementSettings } from "./settings-element.ts";
import { fileStoreSettings } from "./settings-files.ts";
import { hostSettings } from "./settings-host.ts";
import { keyId, keyVariables, namedKey } from "./settings-keys.ts";
import { issuerSettings } from "./settings-issuers.ts";
import { budgetSettings } from "./settings-limits.ts";
import { listenerSettings, reachSettings } from "./settings-network.ts";
import { processSettings } from "./settings-process.ts";

/** The upstream when no other is named. */
export const vendorBaseUrl = "https://api.openai.com/v1";

/** Those that are there without a file in `responders/`. */
export const builtInResponders: readonly string[] = ["demo", "openai-responses"];

/** Whether there is a responder of this name is known to the process alone. */
const responderName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the name of a responder, in small letters, digits and hyphens");

const offeredIds = z.array(z.string().min(1).max(128)).max(64).optional();

/** What a profile in `sidekit.config.json` may set. */
export const profileSettings = z.strictObject({
  issuer: z.enum(["local", "hosted"]).optional().describe("Who mints the client secret."),
  workflow: z
    .union([
      z.string().regex(/^wf_/),
      z.strictObject({ id: z.string().regex(/^wf_/), version: z.string().min(1).max(64).optional() }),
    ])
    .optional()
    .describe("The upstream workflow; hosted profiles only."),
  responder: responderName.optional().describe("What answers; local profiles only."),
  key: keyId
    .optional()
    .describe("Which of `keys` it uses; the one of the OPENAI_API_KEY… variables unless set."),
  model: z.string().min(1).max(128).optional().describe("The upstream model."),
  models: offeredIds.describe("Ids of models that a message may ask for in place of `model`."),
  tools: offeredIds.describe("Ids of tools that a message may ask for."),
  instructions: z.string().max(65_536).optional().describe("The developer's words to the model."),
  ttlSeconds: z
    .int()
    .min(sessionTtlSeconds.min)
    .max(sessionTtlSeconds.max)
    .optional()
    .describe("How long a client secret lives; at most 600 when hosted."),
  requestsPerMinute: z.int().min(1).max(1000).optional().describe("Runs a session may start in a minute."),
  stateVariables: z
    .array(z.string().min(1).max(64))
    .max(64)
    .optional()
    .describe("Names that a caller may set in `stateVariables`."),
  features: z
    .strictObject({
      automaticThreadTitling: z.boolean().optional(),
      history: z
        .strictObject({
          enabled: z.boolean(),
          recentThreads: z.int().positive().optional(),
        })
        .optional(),
      fileUpload: z
        .strictObject({
          enabled: z.boolean(),
          maxFileSizeMb: z.int().min(1).max(512).optional().describe("Of one file; 25 unless set."),
          maxFiles: z.int().min(1).max(10).optional().describe("Of one message; 10 unless set."),
        })
        .optional(),
    })
    .optional()
    .describe("What the chat component offers."),
});

/** `sidekit.config.json`. */
export const configFile = z.strictObject({
  $schema: z.string().optional(),
  profiles: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), profileSettings).default({}),
  keys: z
    .record(keyId, namedKey)
    .refine((keys) => Object.keys(keys).length <= 32, "must have at most 32 keys")
    .default({})
    .describe("API keys beside the one of the variables, by an id that profiles name."),
});

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));

/** The environment variables. An unset variable is absent; a blank one counts as unset, but for the key itself. */
export const environment = z.object({
  ...listenerSettings,
  SIDEKIT_DATA_DIR: z
    .string()
    .default(".sidekit")
    .describe(
      "SQLite file, keys and attachments, on a disk of this machine. Relative to the workspace root.",
    ),
  SIDEKIT_CONFIG: z.string().optional().describe("File with profiles; `sidekit.config.json` if that exists."),
  ...keyVariables,
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default(vendorBaseUrl)
    .describe("Any server with the same API. Plain http on loopback only."),
  SIDEKIT_ISSUER: z.enum(["local", "hosted"]).default("local").describe("Issuer of the default profile."),
  SIDEKIT_WORKFLOW_ID: z
    .string()
    .regex(/^wf_/, "must begin with wf_")
    .optional()
    .describe("Workflow of the default profile when hosted."),
  SIDEKIT_RESPONDER: responderName
    .optional()
    .describe("Responder of the default profile: `openai-responses` with a key, else `demo`."),
  SIDEKIT_MODEL: z.string().min(1).max(128).default("gpt-6-luna").describe("Model of the default profile."),
  SIDEKIT_SESSION_TTL_SECONDS: wholeNumber(sessionTtlSeconds.min, sessionTtlSeconds.max)
    .default(sessionTtlSeconds.default)
    .describe("Life of a client secret of the default profile."),
  SIDEKIT_REQUESTS_PER_MINUTE: wholeNumber(1, 1000)
    .default(10)
    .describe("Runs a session of the default profile may start in a minute."),
  SIDEKIT_MINTS_PER_MINUTE: wholeNumber(1, 100_000)
    .default(10)
    .describe("Sessions that one user may ask for in a minute."),
  ...budgetSettings,
  SIDEKIT_DETACH_GRACE_SECONDS: wholeNumber(0, 3600)
    .default(30)
    .describe("How long a run goes on when nobody follows it; 0 stops it at once."),
  ...reachSettings,
  SIDEKIT_UPLOAD_QUOTA_MB: wholeNumber(1, 1_000_000)
    .default(500)
    .describe("What all files of one user may take up."),
  ...fileStoreSettings,
  SIDEKIT_AUDIT_DAYS: wholeNumber(1, 3650).default(90).describe("How many days the audit trail is kept."),
  ...elementSettings,
  SIDEKIT_LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Logs go to standard error: JSON, or pretty on a terminal."),
  ...issuerSettings,
  ...processSettings,
  ...hostSettings,
});
