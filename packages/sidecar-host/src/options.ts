// The options of `spawnSidecar`, checked once. Nothing of a value is ever in an error.

import { isAbsolute } from "node:path";

import { scrubText, Secret } from "@sidekit/secrets";
import { z } from "zod";

import { SidecarHostError } from "./errors.ts";
import { keyId, keyValue, maxOrigins, origin } from "./handshake.ts";
import { defaultRestart, type RestartPolicy } from "./restart.ts";
import type { OutputLine, SidecarState, SpawnSidecarOptions } from "./sidecar.ts";

/** Set by the host itself, or a way around the channel. */
const ownVariables = new Set([
  "SIDEKIT_HOST",
  "SIDEKIT_PORT",
  "SIDEKIT_REMOTE",
  "SIDEKIT_HANDOFF_FD",
  "OPENAI_API_KEY",
  "OPENAI_API_KEY_HANDOFF",
]);
/** The id of the key that no file has to name. */
export const defaultKeyId = "upstream";

/** A Secret that fits into a message. */
export const keySecret = z
  .instanceof(Secret)
  .refine((key) => keyValue.safeParse(key.reveal()).success, "must have 1 to 1024 characters");

const delayMs = z.int().min(1).max(3_600_000);
const absolutePath = z.string().refine(isAbsolute, "must be an absolute path");

const schema = z.strictObject({
  entry: absolutePath,
  node: absolutePath.optional(),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().regex(/^[^\0]*$/))
    .refine((all) => !Object.keys(all).some((name) => ownVariables.has(name)), "sets what is not to be set")
    .refine(
      (all) => Object.values(all).every((value) => scrubText(value) === value),
      "holds a credential, which belongs in `keys`",
    )
    .optional(),
  keys: z.record(keyId, keySecret.nullable()).optional(),
  origins: z.array(origin).max(maxOrigins).optional(),
  readyDeadlineMs: delayMs.optional(),
  closeDeadlineMs: delayMs.optional(),
  restart: z
    .strictObject({ firstDelayMs: delayMs, maxDelayMs: delayMs, maxEnds: z.int().min(1), windowMs: delayMs })
    .nullable()
    .optional(),
  onLine: z.custom<(line: OutputLine) => void>((value) => typeof value === "function").optional(),
  onState: z.custom<(state: SidecarState) => void>((value) => typeof value === "function").optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

export interface HostOptions {
  readonly entry: string;
  readonly node: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, Secret | null>>;
  readonly origins: readonly string[];
  readonly readyDeadlineMs: number;
  readonly closeDeadlineMs: number;
  readonly restart: RestartPolicy | null;
  readonly onLine: (line: OutputLine) => void;
  readonly onState: (state: SidecarState) => void;
  readonly signal: AbortSignal;
}

/** Throws SidecarHostError `invalid_options`, whose cause names the options and the rules. */
export function parseOptions(given: SpawnSidecarOptions): HostOptions {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw invalid(parsed.error);
  const options = parsed.data;
  return {
    entry: options.entry,
    node: options.node ?? process.execPath,
    environment: options.environment ?? {},
    keys: options.keys ?? {},
    origins: options.origins ?? [],
    readyDeadlineMs: options.readyDeadlineMs ?? 20_000,
    closeDeadlineMs: options.closeDeadlineMs ?? 10_000,
    restart: options.restart === undefined ? defaultRestart : options.restart,
    onLine: options.onLine ?? (() => {}),
    onState: options.onState ?? (() => {}),
    signal: options.signal ?? new AbortController().signal,
  };
}

/** The value, when the schema takes it. Throws SidecarHostError `invalid_options`. */
export function parseArgument<Value>(form: z.ZodType<Value>, value: unknown): Value {
  const parsed = form.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

function invalid(error: z.ZodError): SidecarHostError {
  const problems = error.issues.map(({ path, message }) => `${path.slice(0, 1).join("")}: ${message}`);
  return new SidecarHostError("invalid_options", { cause: new Error(problems.join("; ")) });
}
