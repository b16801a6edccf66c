// The settings of this process, checked once. `parseConfig` is pure; `loadConfig` is the one place that reads the
// process environment.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { sessionTtlSeconds } from "@sidekit/chat-session/contract";
import { keychainVariables } from "@sidekit/secrets";
import type { z } from "zod";

import { findResponders } from "./responders.ts";
import { elementProblems, parseElement, type ElementConfig } from "./settings-element.ts";
import { formatProblems, type SettingProblem } from "./setting-problems.ts";
import { s3Problems, s3Setting, type S3Setting } from "./settings-files.ts";
import { handoffProblems } from "./settings-host.ts";
import { defaultKeyId, hasDefaultKey, keyVariableNames, parseKeys, type KeyConfig } from "./settings-keys.ts";
import { parseIssuers, type IssuerConfig } from "./settings-issuers.ts";
import { parseBudgets, type BudgetConfig } from "./settings-limits.ts";
import { isLoopbackName, remoteProblems } from "./settings-network.ts";
import { noProcess, processProblems, type ProcessFacts } from "./settings-process.ts";
import {
  builtInResponders,
  configFile,
  environment,
  vendorBaseUrl,
  type profileSettings,
} from "./settings.ts";

const workspaceRoot = resolve(import.meta.dirname, "../../..");
const defaultConfigFile = "sidekit.config.json";
/** Read by the command line, which may share a shell with the sidecar. */
const foreignVariables = new Set(["SIDEKIT_LAUNCH_TOKEN"]);
/** Settings that would change where data lives: ignoring one in silence would be worse than not starting. */
const unservedVariables = ["REDIS_URL", "DATABASE_URL"];

export interface ProfileConfig {
  readonly name: string;
  readonly issuer: "local" | "hosted";
  readonly workflow: { readonly id: string; readonly version: string | null } | null;
  /** A built-in one, or one of the application's own. */
  readonly responder: string;
  readonly model: string;
  /** Id of the API key that its calls are made with. */
  readonly key: string;
  /** Ids of models and tools that a message may ask for (S74). */
  readonly offers: { readonly models: readonly string[]; readonly tools: readonly string[] };
  readonly instructions: string;
  readonly ttlSeconds: number;
  readonly requestsPerMinute: number;
  readonly stateVariables: readonly string[];
  readonly automaticThreadTitling: boolean;
  readonly history: { readonly enabled: boolean; readonly recentThreads: number | null };
  readonly fileUpload: {
    readonly enabled: boolean;
    readonly maxFileSizeMb: number;
    readonly maxFiles: number;
  };
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  /** By id; every one that a profile uses is among them. */
  readonly keys: readonly KeyConfig[];
  readonly keyOverlapMs: number;
  readonly keyRemovedMs: number;
  /** By which the desktop's keychain is found. */
  readonly keychainVariables: Readonly<Record<string, string | undefined>>;
  readonly upstreamBaseUrl: string;
  /** False when another server with the same API stands in; its keys may look different. */
  readonly upstreamIsVendor: boolean;
  /** The default profile first. */
  readonly profiles: readonly ProfileConfig[];
  /** Those of the application's own responders that a profile names. */
  readonly ownResponders: readonly string[];
  readonly detachGraceMs: number;
  /** Null: derived from the address that is listened on. */
  readonly allowedHosts: readonly string[] | null;
  readonly allowedOrigins: readonly string[] | null;
  /** Addresses and networks; empty when nobody stands in front. */
  readonly trustedProxies: readonly string[];
  /** Of all files of one user. */
  readonly uploadQuotaMb: number;
  /** Null: files are in the data directory. */
  readonly s3: S3Setting | null;
  readonly issuers: IssuerConfig;
  readonly mintsPerMinute: number;
  readonly budgets: BudgetConfig;
  readonly auditDays: number;
  readonly element: ElementConfig;
  readonly logLevel: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
  /** `development` lets a debugger in. */
  /** Descriptor of the channel to the program that started this one; null when nobody hands anything over. */
  readonly handoffFd: number | null;
  readonly mode: "production" | "development";
  readonly asRoot: boolean;
}

/** All that is wrong with the settings; the message has a line per problem and no value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Their names, without what is wrong with them. */
  readonly settings: readonly string[];

  constructor(problems: readonly SettingProblem[]) {
    super(formatProblems(problems));
    this.settings = problems.map(({ setting }) => setting);
  }
}

/**
 * Settings from variables, the content of the config file and the names of the application's own responders. Pure.
 * Without a config file each of those responders is offered as a profile of its name.
 * Throws ConfigError with every problem at once; it names settings and never repeats a value.
 */
export function parseConfig(
  variables: Readonly<Record<string, string | undefined>>,
  file?: unknown,
  ownResponders: readonly string[] = [],
  process: ProcessFacts = noProcess,
): Config {
  const problems: SettingProblem[] = unknownVariables(variables);
  const env = environment.safeParse(withoutBlanks(variables));
  const profiles = configFile.safeParse(file ?? { profiles: profilesOf(ownResponders) });
  if (!env.success) problems.push(...env.error.issues.map((issue) => problemOf(issue, [])));
  if (!profiles.success)
    problems.push(...profiles.error.issues.map((issue) => problemOf(issue, [defaultConfigFile])));
  if (!env.success || !profiles.success) throw new ConfigError(problems);

  const values = env.data;
  const baseUrl = new URL(values.OPENAI_BASE_URL);
  if (baseUrl.protocol === "http:" && !isLoopbackName(baseUrl.hostname)) {
    problems.push({ setting: "OPENAI_BASE_URL", problem: "must use https, except on loopback" });
  }
  if (baseUrl.username !== "" || baseUrl.password !== "" || baseUrl.search !== "" || baseUrl.hash !== "") {
    problems.push({
      setting: "OPENAI_BASE_URL",
      problem: "must not carry credentials, a query or a fragment",
    });
  }

  problems.push(...remoteProblems(values), ...s3Problems(values), ...elementProblems(values));
  problems.push(...processProblems(values, variables, process));

  const merged = mergeProfiles(
    values,
    variables,
    profiles.data.profiles,
    hasDefaultKey(values) ? "openai-responses" : "demo",
  );
  const keys = parseKeys(values, variables, profiles.data.keys, {
    used: [...new Set(merged.map(({ key }) => key))],
    root: workspaceRoot,
  });
  problems.push(...keys.problems, ...handoffProblems(values, keys.keys));
  const { issuers, problems: issuerProblems } = parseIssuers(values, workspaceRoot);
  problems.push(...issuerProblems);
  const responders = [...builtInResponders, ...ownResponders];
  for (const profile of merged) problems.push(...profileProblems(profile, responders));
  if (problems.length > 0) throw new ConfigError(problems);

  return Object.freeze({
    host: values.SIDEKIT_HOST,
    port: values.SIDEKIT_PORT,
    dataDir: resolve(workspaceRoot, values.SIDEKIT_DATA_DIR),
    keys: Object.freeze(keys.keys),
    keyOverlapMs: values.SIDEKIT_KEY_OVERLAP_SECONDS * 1000,
    keyRemovedMs: values.SIDEKIT_KEY_REMOVED_SECONDS * 1000,
    keychainVariables: Object.fromEntries(keychainVariables.map((name) => [name, variables[name]])),
    upstreamBaseUrl: values.OPENAI_BASE_URL.replace(/\/+$/, ""),
    upstreamIsVendor: baseUrl.host === new URL(vendorBaseUrl).host,
    profiles: Object.freeze(merged),
    ownResponders: ownResponders.filter(
      (name) => !builtInResponders.includes(name) && merged.some(({ responder }) => responder === name),
    ),
    detachGraceMs: values.SIDEKIT_DETACH_GRACE_SECONDS * 1000,
    handoffFd: values.SIDEKIT_HANDOFF_FD ?? null,
    allowedHosts: values.SIDEKIT_ALLOWED_HOSTS ?? null,
    allowedOrigins: values.SIDEKIT_ALLOWED_ORIGINS ?? null,
    trustedProxies: values.SIDEKIT_TRUSTED_PROXIES ?? [],
    uploadQuotaMb: values.SIDEKIT_UPLOAD_QUOTA_MB,
    s3: s3Setting(values),
    issuers,
    mintsPerMinute: values.SIDEKIT_MINTS_PER_MINUTE,
    budgets: parseBudgets(values),
    auditDays: values.SIDEKIT_AUDIT_DAYS,
    element: parseElement(values),
    logLevel: values.SIDEKIT_LOG_LEVEL,
    mode: values.NODE_ENV,
    asRoot: process.userId === 0,
  });
}

/**
 * Settings of this process. Secrets are taken out of the environment, so that nothing started later inherits them (S135).
 * Throws ConfigError, also for a config file that cannot be read.
 */
export function loadConfig(): Config {
  const variables = { ...process.env };
  delete process.env["OPENAI_API_KEY"];
  delete process.env["SIDEKIT_S3_SECRET_ACCESS_KEY"];
  const config = parseConfig(variables, readConfigFile(variables["SIDEKIT_CONFIG"]), findResponders(), {
    nodeArguments: process.execArgv,
    userId: process.getuid?.() ?? null,
  });
  for (const name of keyVariableNames(config.keys)) delete process.env[name];
  return config;
}

function readConfigFile(setting: string | undefined): unknown {
  const path = resolve(
    workspaceRoot,
    setting === undefined || setting.trim() === "" ? defaultConfigFile : setting,
  );
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && (setting === undefined || setting.trim() === "")) return undefined;
    throw new ConfigError([
      {
        setting: "SIDEKIT_CONFIG",
        problem: missing ? "names a file that does not exist" : "names a file that cannot be read",
      },
    ]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError([{ setting: "SIDEKIT_CONFIG", problem: "names a file that is not valid JSON" }]);
  }
}

function profilesOf(responders: readonly string[]): Record<string, z.infer<typeof profileSettings>> {
  return Object.fromEntries(responders.map((responder) => [responder, { responder }]));
}

function unknownVariables(variables: Readonly<Record<string, string | undefined>>): SettingProblem[] {
  const ours = Object.keys(variables).filter(
    (name) => name.startsWith("SIDEKIT_") && !(name in environment.shape) && !foreignVariables.has(name),
  );
  const unserved = unservedVariables.filter((name) => (variables[name] ?? "").trim() !== "");
  return [...ours, ...unserved].map((setting) => ({ setting, problem: "is not a setting of this version" }));
}

function withoutBlanks(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined && value.trim() !== "") set[name] = value;
  }
  return set;
}

/** A file's `default` profile fills what no variable sets. */
function mergeProfiles(
  values: z.infer<typeof environment>,
  variables: Readonly<Record<string, string | undefined>>,
  fromFile: Readonly<Record<string, z.infer<typeof profileSettings>>>,
  keyedResponder: string,
): ProfileConfig[] {
  const isSet = (name: string) => (variables[name] ?? "").trim() !== "";
  const { default: fileDefault = {}, ...others } = fromFile;
  const fallback = {
    issuer: "local",
    responder: keyedResponder,
    model: environment.shape.SIDEKIT_MODEL.parse(undefined),
    ttlSeconds: sessionTtlSeconds.default,
    requestsPerMinute: 10,
  } as const;
  const fromVariables = {
    ...(isSet("SIDEKIT_ISSUER") && { issuer: values.SIDEKIT_ISSUER }),
    ...(values.SIDEKIT_WORKFLOW_ID !== undefined && { workflow: values.SIDEKIT_WORKFLOW_ID }),
    ...(values.SIDEKIT_RESPONDER !== undefined && { responder: values.SIDEKIT_RESPONDER }),
    ...(isSet("SIDEKIT_MODEL") && { model: values.SIDEKIT_MODEL }),
    ...(isSet("SIDEKIT_SESSION_TTL_SECONDS") && { ttlSeconds: values.SIDEKIT_SESSION_TTL_SECONDS }),
    ...(isSet("SIDEKIT_REQUESTS_PER_MINUTE") && { requestsPerMinute: values.SIDEKIT_REQUESTS_PER_MINUTE }),
  };
  const named: [string, z.infer<typeof profileSettings>][] = [
    ["default", { ...fileDefault, ...fromVariables }],
    ...Object.entries(others),
  ];
  return named.map(([name, settings]) => completeProfile(name, settings, fallback));
}

function completeProfile(
  name: string,
  settings: z.infer<typeof profileSettings>,
  fallback: Pick<ProfileConfig, "issuer" | "responder" | "model" | "ttlSeconds" | "requestsPerMinute">,
): ProfileConfig {
  const workflow = typeof settings.workflow === "string" ? { id: settings.workflow } : settings.workflow;
  return Object.freeze({
    name,
    issuer: settings.issuer ?? fallback.issuer,
    workflow: workflow === undefined ? null : { id: workflow.id, version: workflow.version ?? null },
    // A named key is there to be used.
    responder: settings.responder ?? (settings.key === undefined ? fallback.responder : "openai-responses"),
    key: settings.key ?? defaultKeyId,
    model: settings.model ?? fallback.model,
    offers: { models: settings.models ?? [], tools: settings.tools ?? [] },
    instructions: settings.instructions ?? "",
    ttlSeconds: settings.ttlSeconds ?? fallback.ttlSeconds,
    requestsPerMinute: settings.requestsPerMinute ?? fallback.requestsPerMinute,
    stateVariables: settings.stateVariables ?? [],
    automaticThreadTitling: settings.features?.automaticThreadTitling ?? true,
    history: {
      enabled: settings.features?.history?.enabled ?? true,
      recentThreads: settings.features?.history?.recentThreads ?? null,
    },
    fileUpload: {
      enabled: settings.features?.fileUpload?.enabled ?? false,
      maxFileSizeMb: settings.features?.fileUpload?.maxFileSizeMb ?? 25,
      maxFiles: settings.features?.fileUpload?.maxFiles ?? 10,
    },
  });
}

function profileProblems(profile: ProfileConfig, responders: readonly string[]): SettingProblem[] {
  const own = profile.name === "default";
  const setting = (variable: string, member: string) =>
    own ? variable : `profiles.${profile.name}.${member}`;
  const problems: SettingProblem[] = [];
  if (profile.issuer === "hosted" && profile.workflow === null) {
    problems.push({
      setting: setting("SIDEKIT_WORKFLOW_ID", "workflow"),
      problem: "is needed, because the issuer is hosted",
    });
  }
  if (profile.issuer === "hosted" && profile.ttlSeconds > sessionTtlSeconds.hostedMax) {
    problems.push({
      setting: setting("SIDEKIT_SESSION_TTL_SECONDS", "ttlSeconds"),
      problem: `must be at most ${sessionTtlSeconds.hostedMax} when the issuer is hosted`,
    });
  }
  if (!responders.includes(profile.responder)) {
    problems.push({
      setting: setting("SIDEKIT_RESPONDER", "responder"),
      problem: `must be one of ${responders.join(", ")}`,
    });
  }
  return problems;
}

function problemOf(issue: z.core.$ZodIssue, prefix: readonly string[]): SettingProblem {
  const keys = issue.code === "unrecognized_keys" ? `.${issue.keys.join(", ")}` : "";
  const path = [...prefix, ...issue.path.map(String)].join(".");
  return { setting: `${path}${keys}`, problem: settingSentence(issue) };
}

/** zod's own sentences may quote the value; ours name the rule. */
function settingSentence(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return "is not a setting";
    case "invalid_value":
      return issue.message.startsWith("must ") ? issue.message : `must be one of ${issue.values.join(", ")}`;
    case "invalid_type":
      return `must be ${issue.expected}`;
    default:
      return issue.message.startsWith("must ") ? issue.message : "is not valid";
  }
}
