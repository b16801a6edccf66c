// The environment of this process, read once. `parseLocalSettings` is pure.

import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { type AskKeychain, createKeychainProcess, Secret } from "@sidekit/secrets";
import { z } from "zod";

import { CliError } from "./errors.ts";
import { isLoopback } from "./way-in.ts";

const vendorBaseUrl = "https://api.openai.com/v1";
const secretVariables = ["OPENAI_API_KEY", "SIDEKIT_LAUNCH_TOKEN"] as const;

/** What `--local` takes from the environment, named and meant as the sidecar does. */
const localVariables = z.object({
  OPENAI_API_KEY_FILE: z.string().optional(),
  OPENAI_BASE_URL: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .default(vendorBaseUrl),
  SIDEKIT_MODEL: z.string().max(128, "must have at most 128 characters").default("gpt-6-luna"),
  SIDEKIT_DATA_DIR: z.string().default(".sidekit"),
});

/** Where the upstream key comes from. The key itself is still unchecked. */
export type KeySetting =
  | { readonly kind: "none" }
  | { readonly kind: "environment"; readonly value: Secret }
  | { readonly kind: "file"; readonly path: string };

export interface LocalSettings {
  readonly key: KeySetting;
  readonly upstreamBaseUrl: string;
  /** False when another server with the same API stands in; its keys may look different. */
  readonly upstreamIsVendor: boolean;
  /** The demo unless a key is configured. */
  readonly responder: "demo" | "openai-responses";
  readonly model: string;
  /** Absolute. */
  readonly dataDir: string;
}

export interface Settings {
  /** As given: a token, or the ready line that has it. */
  readonly launchToken: Secret | null;
  /** No colours wanted. */
  readonly plain: boolean;
  /** The system's keychain. */
  readonly askKeychain: AskKeychain;
  /** Throws CliError `invalid_settings` with a line per problem; it names settings and never repeats a value. */
  local(): LocalSettings;
}

/** Takes the secrets out of the environment, so that nothing started later inherits them (S135). */
export function loadSettings(): Settings {
  const variables = { ...process.env };
  for (const name of secretVariables) delete process.env[name];
  const token = filled(variables["SIDEKIT_LAUNCH_TOKEN"]);
  return {
    launchToken: token === undefined ? null : new Secret(token),
    plain: filled(variables["NO_COLOR"]) !== undefined || variables["TERM"] === "dumb",
    askKeychain: createKeychainProcess(variables),
    local: () => parseLocalSettings(variables, findWorkspaceRoot(process.cwd())),
  };
}

/** Relative paths start at `root`. Throws CliError `invalid_settings`. */
export function parseLocalSettings(
  variables: Readonly<Record<string, string | undefined>>,
  root: string,
): LocalSettings {
  const problems: string[] = [];
  const parsed = localVariables.safeParse(
    Object.fromEntries(Object.keys(localVariables.shape).map((name) => [name, filled(variables[name])])),
  );
  if (!parsed.success) {
    throw new CliError(
      "invalid_settings",
      parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}.`).join("\n"),
    );
  }
  const values = parsed.data;
  const baseUrl = new URL(values.OPENAI_BASE_URL);
  if (baseUrl.protocol === "http:" && !isLoopback(baseUrl.hostname)) {
    problems.push("OPENAI_BASE_URL must use https, except on loopback.");
  }
  if (baseUrl.username !== "" || baseUrl.password !== "" || baseUrl.search !== "" || baseUrl.hash !== "") {
    problems.push("OPENAI_BASE_URL must not carry credentials, a query or a fragment.");
  }
  if (filled(variables["OPENAI_API_KEY"]) !== undefined && values.OPENAI_API_KEY_FILE !== undefined) {
    problems.push("OPENAI_API_KEY is set beside OPENAI_API_KEY_FILE; keep one of them.");
  }
  if (problems.length > 0) throw new CliError("invalid_settings", problems.join("\n"));
  const hasKey =
    filled(variables["OPENAI_API_KEY"]) !== undefined || values.OPENAI_API_KEY_FILE !== undefined;
  return {
    key: keySetting(variables["OPENAI_API_KEY"], values.OPENAI_API_KEY_FILE),
    upstreamBaseUrl: values.OPENAI_BASE_URL.replace(/\/+$/, ""),
    upstreamIsVendor: baseUrl.host === new URL(vendorBaseUrl).host,
    responder: hasKey ? "openai-responses" : "demo",
    model: values.SIDEKIT_MODEL,
    dataDir: resolve(root, values.SIDEKIT_DATA_DIR),
  };
}

/** A blank key is kept, so that what reports on it can say so. */
function keySetting(key: string | undefined, file: string | undefined): KeySetting {
  if (file !== undefined) return { kind: "file", path: file };
  return key === undefined ? { kind: "none" } : { kind: "environment", value: new Secret(key) };
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value;
}

function findWorkspaceRoot(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "pnpm-workspace.yaml"))) return folder;
    if (dirname(folder) === folder) return from;
  }
}
