// What --help prints: citty's usage, and below it what a reader needs to get going.

import { stripVTControlCharacters } from "node:util";

import { type ArgsDef, type CommandDef, defineCommand, renderUsage } from "citty";

import { commandArguments, type CommandName, type GroupName } from "./command-line.ts";

const chat = define("chat", "Hold a conversation, or send one message", commandArguments.chat);
const sessionCreate = define(
  "create",
  "Mint a client secret and print it on standard output",
  commandArguments["session create"],
);
const sessionList = define(
  "list",
  "List the active sessions, newest first",
  commandArguments["session list"],
);
const sessionCancel = define(
  "cancel",
  "Cancel a session: its client secret stops working at once",
  commandArguments["session cancel"],
);
const sessionCancelAll = define(
  "cancel-all",
  "Cancel all sessions of yours",
  commandArguments["session cancel-all"],
);
const keysStatus = define("status", "Say how the keys are doing", commandArguments["keys status"]);
const keysVerify = define("verify", "Ask the provider about the keys now", commandArguments["keys verify"]);
const keysSet = define("set", "Put a key into a file or the keychain", commandArguments["keys set"]);
const keysRotate = define(
  "rotate",
  "Put another key in the place of one, and wait until it is in use",
  commandArguments["keys rotate"],
);
const keys = defineCommand({
  meta: { name: "keys", description: "See, check, set and rotate API keys" },
  subCommands: { status: keysStatus, verify: keysVerify, set: keysSet, rotate: keysRotate },
});
const serviceKeyCreate = define(
  "create",
  "Make a key for another backend, shown once",
  commandArguments["service-key create"],
);
const serviceKey = defineCommand({
  meta: { name: "service-key", description: "Make keys for other backends" },
  subCommands: { create: serviceKeyCreate },
});
const audit = define(
  "audit",
  "Who got, lost or was refused a session, and what became of the keys",
  commandArguments.audit,
);
const doctor = define(
  "doctor",
  "Say what is wrong, why it matters and how to mend it",
  commandArguments.doctor,
);
const session = defineCommand({
  meta: { name: "session", description: "Create, list and cancel sessions" },
  subCommands: {
    create: sessionCreate,
    list: sessionList,
    cancel: sessionCancel,
    "cancel-all": sessionCancelAll,
  },
});
const sidekit = defineCommand({
  meta: { name: "sidekit", description: "Chat, sessions and diagnosis for a Sidekit server, in a terminal" },
  subCommands: { chat, session, keys, "service-key": serviceKey, audit, doctor },
});

const definitions: Readonly<Record<CommandName | GroupName, CommandDef>> = {
  "": sidekit,
  chat,
  session,
  "session create": sessionCreate,
  "session list": sessionList,
  "session cancel": sessionCancel,
  "session cancel-all": sessionCancelAll,
  keys,
  "keys status": keysStatus,
  "keys verify": keysVerify,
  "keys set": keysSet,
  "keys rotate": keysRotate,
  "service-key": serviceKey,
  "service-key create": serviceKeyCreate,
  audit,
  doctor,
};

const variables = `
VARIABLES

  SIDEKIT_LAUNCH_TOKEN  What follows #launch= in the sidecar's ready line, or that whole address. Asked for if unset
  OPENAI_API_KEY        With --local: the key. Without one the built-in demo answers
  OPENAI_API_KEY_FILE   With --local: a file that holds the key
  OPENAI_BASE_URL       With --local: any server with the same API
  SIDEKIT_MODEL         With --local: the model
  SIDEKIT_DATA_DIR      With --local: where threads are kept; .sidekit in the workspace root if unset
  NO_COLOR              Set to anything: plain text

  A token or key is never taken from the command line, where other programs can read it.`;

const exits = `
EXIT STATUS

  0 done   1 failed, or something is broken   2 wrong usage   130 interrupted`;

const details: Readonly<Record<CommandName | GroupName, string>> = {
  "": `
EXAMPLES

  sidekit chat --local                        Try it now: no sidecar, no key
  sidekit chat                                Talk to the sidecar that npm start has started
  echo "Sum this up" | sidekit chat --local   One answer on standard output
  sidekit session create                      A client secret for curl
  sidekit keys set --keychain sidekit/default Put the API key where only you can read it
  sidekit audit --since 24h                   Who got, lost or was refused a session
  sidekit doctor                              What is wrong, and how to mend it
${variables}
${exits}`,
  chat: `
IN THE CONVERSATION

  /new      Begin a new thread        /threads  List the threads
  /open N   Open thread N of the list /help     Show the commands
  /exit     Leave; Ctrl-D does too
  Ctrl-C stops the answer; at the prompt, or a second time, it leaves.
  A line that ends in \\ goes on in the next.

  Answers and their sources go to standard output; reasoning, notices and the prompt to standard error.
  With --json, standard output carries one object a line: the ChatKit stream events, and at the end of each turn
  {"type":"sidekit.turn_ended","thread_id":…,"outcome":"completed|stopped|failed"}.

EXAMPLES

  sidekit chat --local "What can you do?"
  git diff | sidekit chat --local --json | jq -r 'select(.type == "thread.item.done")'
  sidekit chat --url https://chat.example.com --thread thr_…
${variables}
${exits}`,
  session: "",
  "session create": `
  Standard output carries the client secret alone: a credential for about ten minutes, so keep it out of files and
  logs. The rest goes to standard error. With --json the whole answer of createSession is printed, secret included.

EXAMPLES

  SECRET=$(sidekit session create)
  sidekit session create --json | jq .expiresAt
${variables}
${exits}`,
  "session list": `
EXAMPLES

  sidekit session list
  sidekit session list --json | jq -r '.data[].id'
${variables}
${exits}`,
  "session cancel": `
EXAMPLES

  sidekit session cancel cksess_…
${variables}
${exits}`,
  "session cancel-all": `
EXAMPLES

  sidekit session cancel-all
${variables}
${exits}`,
  keys: "",
  "keys status": `
  Keys are named by fingerprint and never shown. Exit status 1 if one of them is of no use.

EXAMPLES

  sidekit keys status
  sidekit keys status --json | jq -r '.keys[] | "\\(.id) \\(.state)"'
${variables}
${exits}`,
  "keys verify": `
EXAMPLES

  sidekit keys verify
${variables}
${exits}`,
  "keys set": `
  The key is typed at a prompt that does not show it, or piped in. Nothing else is written: a file gets mode 0600. A
  running sidecar that reads the key there takes it into use within seconds. Standard output carries its fingerprint.

EXAMPLES

  sidekit keys set --keychain sidekit/default
  sidekit keys set --file /run/keys/openai < key.txt
${variables}
${exits}`,
  "keys rotate": `
  As set, and then waits up to 20 s until the sidecar has taken the key into use and the provider has accepted it.
  Answers that have begun end with the key before.

EXAMPLES

  sidekit keys rotate --file /run/keys/openai
${variables}
${exits}`,
  "service-key": "",
  "service-key create": `
  Standard output carries the key alone; the record for SIDEKIT_SERVICE_KEYS_FILE, which holds its hash, goes to standard
  error. With --json both are in one object.

EXAMPLES

  sidekit service-key create --id backend --tenant acme --rights sessions,impersonate
${exits}`,
  audit: `
  Newest first. People and tenants are pseudonyms: --user and --tenant take the name and find the pseudonym.

EXAMPLES

  sidekit audit --since 24h --action session.refused
  sidekit audit --session cksess_…
  sidekit audit --json --limit 1000 | jq '.data[] | select(.count > 10)'
${variables}
${exits}`,
  doctor: `
  Checks the runtime, the settings, the key (its shape, and live whether it works), the sidecar (or, with --local,
  the data directory), and whether a session can be minted. Keys are named by fingerprint and never shown.

  The sidecar then looks at itself: its public address as pages reach it (Host, Origin, forwarded fields, and whether
  something in front holds streams back), the provider (reachable, its clock, each model, each hosted workflow), data
  directory, disk, file descriptors, and every page of the database. Takes up to a quarter of a minute.

EXAMPLES

  sidekit doctor
  sidekit doctor --local --json | jq '.findings[] | select(.status == "broken")'
${variables}
${exits}`,
};

/** The help of a command. Escape sequences only if `color`. */
export async function helpText(of: CommandName | GroupName, color: boolean): Promise<string> {
  const group = of.includes(" ") ? of.slice(0, of.indexOf(" ")) : "";
  const parent = group === "" ? "sidekit" : `sidekit ${group}`;
  const usage = await renderUsage(
    definitions[of],
    of === "" ? undefined : defineCommand({ meta: { name: parent } }),
  );
  const text = `${color ? usage : stripVTControlCharacters(usage)}\n${details[of]}\n`;
  return text.replaceAll(/ +$/gm, "").replaceAll(/\n{3,}/g, "\n\n");
}

function define(name: string, description: string, args: ArgsDef): CommandDef {
  return defineCommand<ArgsDef>({ meta: { name, description }, args });
}
