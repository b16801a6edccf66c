// Arguments to one typed command. Refuses what it does not know, and secrets, before anything else happens.

import { parseArgs as tokenize } from "node:util";

import { type ArgsDef, type ParsedArgs, parseArgs } from "citty";

import { CliError } from "./errors.ts";
import { defaultUrl } from "./way-in.ts";

const maxAuditEntries = 10_000;
/** As the sidecar reads them. */
const serviceRights = ["sessions", "impersonate", "operator"];

const shared = {
  json: { type: "boolean", description: "Machine-readable objects on standard output" },
  url: {
    type: "string",
    valueHint: "address",
    description: `The sidecar; ${defaultUrl} unless the ready line says otherwise`,
  },
  local: { type: "boolean", description: "No sidecar: sessions, threads and answers in this process" },
  help: { type: "boolean", alias: "h", description: "Show this and exit" },
} as const satisfies ArgsDef;
const profile = { type: "string", valueHint: "name", description: "The profile to ask for" } as const;

const keyPlaces = {
  file: { type: "string", valueHint: "path", description: "Into this file, for its user alone" },
  keychain: {
    type: "string",
    valueHint: "service/account",
    description: "Into this entry of the system's keychain",
  },
} as const satisfies ArgsDef;

/** The arguments of each command, as help shows them. */
export const commandArguments = {
  chat: {
    message: { type: "positional", required: false, description: "Send this, print the answer and exit" },
    thread: { type: "string", valueHint: "id", description: "Go on with this thread" },
    profile,
    ...shared,
  },
  "session create": { profile, ...shared },
  "session list": shared,
  "session cancel": {
    id: { type: "positional", required: true, description: "The session, cksess_…" },
    ...shared,
  },
  "session cancel-all": shared,
  "keys status": shared,
  "keys verify": shared,
  "keys set": { ...keyPlaces, json: shared.json, help: shared.help },
  "keys rotate": { ...keyPlaces, json: shared.json, url: shared.url, help: shared.help },
  "service-key create": {
    id: { type: "string", valueHint: "name", description: "What the service is called" },
    tenant: { type: "string", valueHint: "name", description: "The tenant whose users it knows" },
    rights: {
      type: "string",
      valueHint: "list",
      description: "sessions, impersonate, operator; with commas",
    },
    json: shared.json,
    help: shared.help,
  },
  audit: {
    action: { type: "string", valueHint: "name", description: "Only these, such as session.refused" },
    session: { type: "string", valueHint: "id", description: "Only of this session" },
    tenant: { type: "string", valueHint: "name", description: "Only of this tenant" },
    user: {
      type: "string",
      valueHint: "name",
      description: "Only of this user, of --tenant if there are tenants",
    },
    since: { type: "string", valueHint: "time", description: "Only from then on: 90m, 24h, 7d or a date" },
    limit: { type: "string", valueHint: "n", description: "How many at most; 50" },
    json: shared.json,
    url: shared.url,
    help: shared.help,
  },
  doctor: shared,
} as const satisfies Record<string, ArgsDef>;
export type CommandName = keyof typeof commandArguments;

/** Commands that only group others. The empty one is the program. */
export const groupNames = ["", "session", "keys", "service-key"] as const;
export type GroupName = (typeof groupNames)[number];

/** Where the work is done. A remote `url` is null when no option names one. */
export type Target = { readonly kind: "local" } | { readonly kind: "remote"; readonly url: string | null };

export type Command =
  | { readonly name: "help"; readonly of: CommandName | GroupName }
  | (Common & {
      readonly name: "chat";
      readonly message: string | null;
      readonly thread: string | null;
      readonly profile: string | null;
    })
  | (Common & { readonly name: "session create"; readonly profile: string | null })
  | (Common & { readonly name: "session list" })
  | (Common & { readonly name: "session cancel"; readonly sessionId: string })
  | (Common & { readonly name: "session cancel-all" })
  | (Common & { readonly name: "keys status" })
  | (Common & { readonly name: "keys verify" })
  | (Common & { readonly name: "doctor" })
  | { readonly name: "keys set"; readonly place: KeyPlace }
  | {
      readonly name: "service-key create";
      readonly id: string;
      readonly tenant: string;
      readonly rights: readonly string[];
    }
  | (Common & { readonly name: "keys rotate"; readonly place: KeyPlace })
  | (Common & { readonly name: "audit"; readonly filter: AuditFilter });

/** Where a key is put. */
export type KeyPlace =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "keychain"; readonly service: string; readonly account: string };

/** As given; the server says what is wrong with an action, session or name. */
export interface AuditFilter {
  readonly action?: string;
  readonly sessionId?: string;
  readonly tenant?: string;
  readonly user?: string;
  /** ISO 8601, UTC. */
  readonly since?: string;
  readonly limit: number;
}

interface Common {
  readonly target: Target;
}

/** Names that promise a secret as their value. There is no such option, on purpose. */
const secretOption =
  /^--?((launch|client|api|openai|bearer|access|auth)-?)*(token|secret|key|password|credential)s?(=|$)/i;
const secretShape = /ck(ss|bs|sv|st)_[0-9A-Za-z]{8}|#launch=|\bsk-[\w-]{16}/;

/** Known before the arguments are, so that a refusal of them is machine-readable too. */
export function wantsJson(argv: readonly string[]): boolean {
  return beforeTerminator(argv).includes("--json");
}

/**
 * The command that these arguments ask for. Throws CliError: a usage error in one sentence, and `secret_argument`
 * for anything that looks like a credential, which the message does not repeat (S134).
 */
export function parseCommandLine(argv: readonly string[]): Command {
  if (argv.some((arg) => secretOption.test(arg) || secretShape.test(arg)))
    throw new CliError("secret_argument");
  const { name, rest } = findCommand(argv);
  switch (name) {
    case "":
    case "session":
    case "keys":
    case "service-key": {
      const { help } = readArguments({ help: shared.help }, rest, name, [0, 0]);
      if (name !== "" && help !== true) throw new CliError("missing_command", `sidekit ${name}`);
      return { name: "help", of: name };
    }
    case "chat": {
      const args = readArguments(commandArguments[name], rest, name, [0, Infinity]);
      if (args.help === true) return { name: "help", of: name };
      const message = args._.length === 0 ? null : args._.join(" ");
      return { name, message, thread: args.thread ?? null, profile: args.profile ?? null, ...commonOf(args) };
    }
    case "session create": {
      const args = readArguments(commandArguments[name], rest, name, [0, 0]);
      return args.help === true
        ? { name: "help", of: name }
        : { name, profile: args.profile ?? null, ...commonOf(args) };
    }
    case "session cancel": {
      if (asksForHelp(rest)) return { name: "help", of: name };
      const args = readArguments(commandArguments[name], rest, name, [1, 1]);
      return { name, sessionId: args.id, ...commonOf(args) };
    }
    case "keys set":
    case "keys rotate": {
      const args = readArguments(commandArguments["keys rotate"], rest, name, [0, 0]);
      if (args.help === true) return { name: "help", of: name };
      const place = keyPlaceOf(args);
      if (name === "keys rotate") return { name, place, ...commonOf(args) };
      if (args.url !== undefined) throw new CliError("unknown_option", "--url");
      return { name, place };
    }
    case "service-key create": {
      const args = readArguments(commandArguments[name], rest, name, [0, 0]);
      return args.help === true ? { name: "help", of: name } : { name, ...serviceOf(args) };
    }
    case "audit": {
      const args = readArguments(commandArguments[name], rest, name, [0, 0]);
      return args.help === true
        ? { name: "help", of: name }
        : { name, filter: auditFilterOf(args), ...commonOf(args) };
    }
    case "session list":
    case "session cancel-all":
    case "keys status":
    case "keys verify":
    case "doctor": {
      const args = readArguments(commandArguments[name], rest, name, [0, 0]);
      return args.help === true ? { name: "help", of: name } : { name, ...commonOf(args) };
    }
  }
}

/** The longest command name that the arguments begin with. */
function findCommand(argv: readonly string[]): { name: CommandName | GroupName; rest: readonly string[] } {
  let name: CommandName | GroupName = "";
  for (const [index, word] of argv.entries()) {
    const isGroup = (groupNames as readonly string[]).includes(name);
    if (!isGroup || word.startsWith("-")) return { name, rest: argv.slice(index) };
    const longer: string = name === "" ? word : `${name} ${word}`;
    if (!isCommand(longer)) throw new CliError("unknown_command", longer);
    name = longer;
  }
  return { name, rest: [] };
}

function isCommand(name: string): name is CommandName | GroupName {
  return name in commandArguments || (groupNames as readonly string[]).includes(name);
}

function asksForHelp(argv: readonly string[]): boolean {
  return beforeTerminator(argv).some((arg) => arg === "--help" || arg === "-h");
}

function beforeTerminator(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end === -1 ? argv : argv.slice(0, end);
}

/** citty reads any option; the checks before it are ours. */
function readArguments<const Args extends ArgsDef>(
  definition: Args,
  argv: readonly string[],
  name: string,
  [fewest, most]: readonly [number, number],
): ParsedArgs<Args> {
  const options: Record<string, { type: "boolean" | "string"; short?: string }> = {};
  for (const [option, { type, ...rest }] of Object.entries(definition)) {
    if (type === "positional") continue;
    const short = "alias" in rest && typeof rest.alias === "string" ? { short: rest.alias } : {};
    options[option] = { type: type === "boolean" ? "boolean" : "string", ...short };
  }
  const { tokens } = tokenize({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const known = options[token.name];
    if (known === undefined) throw new CliError("unknown_option", token.rawName);
    if (known.type === "boolean" && token.value !== undefined)
      throw new CliError("option_takes_no_value", token.rawName);
    if (known.type === "string" && isMissing(token)) throw new CliError("option_needs_value", token.rawName);
  }
  const words = tokens.filter((token) => token.kind === "positional").length;
  if (words < fewest) throw new CliError("missing_argument", name);
  if (words > most) throw new CliError("surplus_argument", `sidekit ${name}`);
  return parseArgs<Args>([...argv], definition);
}

function keyPlaceOf(args: {
  readonly file?: string | undefined;
  readonly keychain?: string | undefined;
}): KeyPlace {
  if ((args.file === undefined) === (args.keychain === undefined)) throw new CliError("one_key_place");
  if (args.file !== undefined) return { kind: "file", path: args.file };
  const [service = "", account = "", ...more] = (args.keychain ?? "").split("/");
  if (service === "" || account === "" || more.length > 0) throw new CliError("invalid_keychain_entry");
  return { kind: "keychain", service, account };
}

function serviceOf(args: {
  readonly id?: string | undefined;
  readonly tenant?: string | undefined;
  readonly rights?: string | undefined;
}): { id: string; tenant: string; rights: readonly string[] } {
  const rights = (args.rights ?? "").split(",").filter((right) => right !== "");
  const known = rights.every((right) => serviceRights.includes(right));
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(args.id ?? "")) throw new CliError("invalid_service_id");
  if (args.tenant === undefined) throw new CliError("option_needs_value", "--tenant");
  if (rights.length === 0 || !known) throw new CliError("invalid_rights", serviceRights.join(", "));
  return { id: args.id ?? "", tenant: args.tenant, rights };
}

function auditFilterOf(args: {
  readonly action?: string | undefined;
  readonly session?: string | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly since?: string | undefined;
  readonly limit?: string | undefined;
}): AuditFilter {
  const limit = Number(args.limit ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxAuditEntries) throw new CliError("invalid_limit");
  return {
    ...(args.action !== undefined && { action: args.action }),
    ...(args.session !== undefined && { sessionId: args.session }),
    ...(args.tenant !== undefined && { tenant: args.tenant }),
    ...(args.user !== undefined && { user: args.user }),
    ...(args.since !== undefined && { since: timeOf(args.since) }),
    limit,
  };
}

function timeOf(text: string): string {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const atMs =
    count === undefined
      ? Date.parse(text)
      : Date.now() - Number(count) * { m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as "m" | "h" | "d"];
  if (Number.isNaN(atMs)) throw new CliError("invalid_time");
  return new Date(atMs).toISOString();
}

/** An option's name is never a value that was meant: `--url --json` forgot one. */
function isMissing(token: {
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}): boolean {
  return (
    token.value === undefined ||
    token.value === "" ||
    (token.inlineValue !== true && token.value.startsWith("-"))
  );
}

function commonOf(args: { readonly local?: boolean | undefined; readonly url?: string | undefined }): Common {
  if (args.local === true && args.url !== undefined) throw new CliError("exclusive_options");
  return { target: args.local === true ? { kind: "local" } : { kind: "remote", url: args.url ?? null } };
}
