// The settings of API keys: where each one stands, and how long a former or a removed one is kept.

import { resolve } from "node:path";

import { Secret } from "@sidekit/secrets";
import { z } from "zod";

import type { SettingProblem } from "./setting-problems.ts";

/** The key of every profile that names no other. */
export const defaultKeyId = "upstream";

const defaultPlaces = [
  "OPENAI_API_KEY",
  "OPENAI_API_KEY_FILE",
  "OPENAI_API_KEY_KEYCHAIN",
  "OPENAI_API_KEY_HANDOFF",
] as const;
const defaultPurpose = "Models and hosted sessions";

export const keyId = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the id of a key, in small letters");

const keychainEntry = z
  .string()
  .regex(/^[^/\p{Cc}]{1,128}\/[^/\p{Cc}]{1,128}$/u, "must be a keychain entry such as sidekit/default");
const seconds = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().max(most, `must be at most ${most}`));

/** Of the environment. At most one of the first four is set. */
export const keyVariables = {
  OPENAI_API_KEY: z.string().optional().describe("The upstream key."),
  OPENAI_API_KEY_FILE: z.string().optional().describe("A file that holds the upstream key; watched."),
  OPENAI_API_KEY_KEYCHAIN: keychainEntry
    .optional()
    .describe("An entry of the system's keychain that holds the upstream key: `service/account`."),
  OPENAI_API_KEY_HANDOFF: z
    .literal("1", "must be 1")
    .optional()
    .describe("1: the program that starts the sidecar hands the upstream key over."),
  SIDEKIT_KEY_OVERLAP_SECONDS: seconds(86_400)
    .default(600)
    .describe("How long the former key stays at hand after a rotation."),
  SIDEKIT_KEY_REMOVED_SECONDS: seconds(86_400)
    .default(60)
    .describe("How long a key that was taken out of its file or keychain stays in use."),
};

const purpose = z.string().min(1).max(80).optional().describe("What the key is for, in a few words.");

/** Of one key in `sidekit.config.json`. */
export const namedKey = z.union([
  z.strictObject({
    purpose,
    file: z.string().min(1).max(4096).describe("A file that holds the key; watched."),
  }),
  z.strictObject({
    purpose,
    environment: z
      .string()
      .regex(/^(?!SIDEKIT_)[A-Z][A-Z0-9_]{0,63}$/, "must be the name of a variable of your own")
      .describe("A variable that holds the key."),
  }),
  z.strictObject({ purpose, keychain: keychainEntry.describe("An entry of the system's keychain.") }),
  z.strictObject({
    purpose,
    host: z.literal(true).describe("The program that starts the sidecar hands it over."),
  }),
]);

/** The one place where a key stands; `value` is null when there is none. It is still unchecked. */
export type KeySetting =
  | { readonly kind: "environment"; readonly value: Secret | null }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "keychain"; readonly service: string; readonly account: string }
  | { readonly kind: "host" };

export interface KeyConfig {
  readonly id: string;
  readonly purpose: string;
  /** The setting that people know its place by: `OPENAI_API_KEY_FILE`, `keys.research.file`. */
  readonly setting: string;
  readonly source: KeySetting;
}

type Variables = Readonly<Record<string, string | undefined>>;
type KeyValues = z.infer<z.ZodObject<typeof keyVariables>>;
type NamedKeys = Readonly<Record<string, z.infer<typeof namedKey>>>;

/** Whether a variable says where the default key stands. */
export function hasDefaultKey(values: KeyValues): boolean {
  return defaultPlaces.some((name) => values[name] !== undefined);
}

/** The default key first. It is left out when nothing sets it and no profile uses it. */
export function parseKeys(
  values: KeyValues,
  variables: Variables,
  named: NamedKeys,
  options: { readonly used: readonly string[]; readonly root: string },
): { readonly keys: readonly KeyConfig[]; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const set = defaultPlaces.filter((name) => values[name] !== undefined);
  if (set.length > 1) {
    problems.push({
      setting: set[0]!,
      problem: `is set beside ${set.slice(1).join(" and ")}; keep one of them`,
    });
  }
  if (defaultKeyId in named) {
    problems.push({
      setting: `keys.${defaultKeyId}`,
      problem: "is the key that OPENAI_API_KEY… variables set",
    });
  }
  for (const id of options.used) {
    if (id !== defaultKeyId && !(id in named))
      problems.push({ setting: `keys.${id}`, problem: "is not there" });
  }
  const keys = Object.entries(named).map(([id, key]) => namedKeyConfig(id, key, variables, options.root));
  const needsDefault = set.length > 0 || options.used.includes(defaultKeyId);
  return { keys: needsDefault ? [defaultKey(values, variables), ...keys] : keys, problems };
}

/** Those of the environment that hold keys, for the process edge to take away (S135). */
export function keyVariableNames(keys: readonly KeyConfig[]): string[] {
  return keys.filter(({ source }) => source.kind === "environment").map(({ setting }) => setting);
}

function defaultKey(values: KeyValues, variables: Variables): KeyConfig {
  const about = { id: defaultKeyId, purpose: defaultPurpose };
  if (values.OPENAI_API_KEY_FILE !== undefined) {
    const source = { kind: "file", path: values.OPENAI_API_KEY_FILE } as const;
    return { ...about, setting: "OPENAI_API_KEY_FILE", source };
  }
  if (values.OPENAI_API_KEY_KEYCHAIN !== undefined) {
    return { ...about, setting: "OPENAI_API_KEY_KEYCHAIN", source: keychain(values.OPENAI_API_KEY_KEYCHAIN) };
  }
  if (values.OPENAI_API_KEY_HANDOFF !== undefined) {
    return { ...about, setting: "OPENAI_API_KEY_HANDOFF", source: { kind: "host" } };
  }
  return { ...about, setting: "OPENAI_API_KEY", source: variable("OPENAI_API_KEY", variables) };
}

function namedKeyConfig(
  id: string,
  key: z.infer<typeof namedKey>,
  variables: Variables,
  root: string,
): KeyConfig {
  const about = { id, purpose: key.purpose ?? "Models and hosted sessions of some profiles" };
  if ("file" in key) {
    const source = { kind: "file", path: resolve(root, key.file) } as const;
    return { ...about, setting: `keys.${id}.file`, source };
  }
  if ("keychain" in key) return { ...about, setting: `keys.${id}.keychain`, source: keychain(key.keychain) };
  if ("host" in key) return { ...about, setting: `keys.${id}`, source: { kind: "host" } };
  return { ...about, setting: key.environment, source: variable(key.environment, variables) };
}

/** A blank one is kept, so that what reports on it can say so. */
function variable(name: string, variables: Variables): KeySetting {
  const value = variables[name];
  return { kind: "environment", value: value === undefined ? null : new Secret(value) };
}

function keychain(entry: string): KeySetting {
  const [service = "", account = ""] = entry.split("/");
  return { kind: "keychain", service, account };
}
