// What can go wrong, in whole sentences, and the exit status of each.

/** Exit statuses of every command. */
export const exitStatus = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

interface ErrorRow {
  readonly exit: ExitStatus;
  /** What is wrong. `{}` stands for the subject: the name of an option, command or place, never a value. */
  readonly message: string;
  /** How to mend it, where the message does not say so already. */
  readonly mend?: string;
}

/** Every failure that has words of its own. */
export const errorTable = {
  unknown_command: usage('There is no command "{}". See sidekit --help.'),
  missing_command: usage("{} needs a command. See {} --help."),
  unknown_action: usage("There is no such action. There are {}."),
  unknown_option: usage("There is no option {} here. See --help."),
  option_needs_value: usage("The option {} needs a value."),
  option_takes_no_value: usage("The option {} takes no value."),
  missing_argument: usage("{} needs an argument more. See --help."),
  surplus_argument: usage("There are more arguments than {} takes. See --help."),
  exclusive_options: usage("--url and --local exclude each other."),
  one_key_place: usage("Name one place for the key: --file PATH or --keychain SERVICE/ACCOUNT."),
  invalid_keychain_entry: usage("--keychain must be an entry such as sidekit/default."),
  invalid_service_id: usage("--id must be a name of small letters, digits and hyphens."),
  invalid_rights: usage("--rights must be some of {}."),
  invalid_limit: usage("--limit must be a whole number from 1 to 10000."),
  invalid_time: usage("--since must be a time such as 90m, 24h, 7d or 2026-01-31."),
  missing_key: usage("There is no key: standard input was empty."),
  key_too_long: usage("What was given is longer than any key."),
  secret_argument: usage(
    "A token or key may not stand on the command line, where other programs can read it.",
    "Treat it as compromised, and pass the next one in SIDEKIT_LAUNCH_TOKEN or at the prompt.",
  ),
  invalid_url: usage(
    "--url must be an http or https address with nothing after the port, such as http://127.0.0.1:4310.",
  ),
  insecure_url: usage(
    "--url must use https, except on loopback: plain http would show the launch token to the network.",
  ),
  missing_message: usage("There is no message: standard input was empty."),
  message_too_long: usage("The message is longer than 256 KiB."),

  invalid_settings: failed("The settings have problems:\n{}"),
  missing_launch_token: failed(
    "A launch token is needed.",
    "Set SIDEKIT_LAUNCH_TOKEN to what follows #launch= in the sidecar's ready line, or run this in a terminal to be asked.",
  ),
  malformed_launch_token: failed(
    "What was given is not a launch token.",
    "Take what follows #launch= in the sidecar's ready line, or that whole address.",
  ),
  foreign_launch_token: failed(
    "The launch token comes from the ready line of another address than --url, so it was not sent.",
    "Take the ready line of the sidecar that you mean.",
  ),
  wrong_launch_token: failed(
    "The sidecar does not accept this launch token.",
    "It makes a new one at every start: take the one of its last ready line.",
  ),
  server_unreachable: failed(
    "Nothing answers at {}.",
    "Start the sidecar with npm start, take address and launch token from its ready line, or use --local.",
  ),
  connection_lost: failed("The connection to the server broke off."),
  stalled: failed("The server sent nothing for too long."),
  unexpected_reply: failed(
    "The server's reply is not one this program understands.",
    "Check that --url is a Sidekit of this version.",
  ),
  refused: failed("{}"),
  hosted_conversation: failed(
    "This profile's conversations run at OpenAI and need the chat component.",
    "Name a profile of the local issuer with --profile, or use --local.",
  ),
  no_thread: failed("There is no such thread."),
  answer_failed: failed("{}"),
  unusable_key: failed("{}"),
  key_not_taken: failed(
    "The sidecar has not taken the new key into use within 20 s.",
    "Check that one of its keys is read from this place: sidekit keys status.",
  ),
  key_not_used: failed("{}"),
  key_not_written: failed("{}"),
  data_dir_unwritable: failed(
    "The data directory cannot be written.",
    "Set SIDEKIT_DATA_DIR to a directory of yours.",
  ),
  database_in_use: failed(
    "A sidecar, or another sidekit, has the data directory in use.",
    "Talk to the sidecar with --url instead of --local, or set SIDEKIT_DATA_DIR.",
  ),
  database_unusable: failed(
    "{}",
    "It is sidekit.sqlite in the data directory: move it away, or set SIDEKIT_DATA_DIR.",
  ),
  internal: failed("Something went wrong inside sidekit.", "Run sidekit doctor."),

  interrupted: { exit: exitStatus.interrupted, message: "Stopped." },
} as const satisfies Record<string, ErrorRow>;

export type CliErrorCode = keyof typeof errorTable;

/** A failure with a code of the table. Message and mend are the table's sentences and safe to print. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;
  /** The server's code for it, when it was the server that refused; else ours. */
  readonly reason: string;
  readonly mend: string | null;
  readonly exit: ExitStatus;

  /** `subject` fills the sentence; it is never a credential or a value of a setting. */
  constructor(
    code: CliErrorCode,
    subject = "",
    options: ErrorOptions & { readonly reason?: string; readonly mend?: string } = {},
  ) {
    const row: ErrorRow = errorTable[code];
    super(
      row.message.replaceAll("{}", () => subject),
      options,
    );
    this.code = code;
    this.reason = options.reason ?? code;
    this.mend = options.mend ?? row.mend ?? null;
    this.exit = row.exit;
  }
}

function usage(message: string, mend?: string): ErrorRow {
  return { exit: exitStatus.usage, message, ...(mend === undefined ? {} : { mend }) };
}

function failed(message: string, mend?: string): ErrorRow {
  return { exit: exitStatus.failed, message, ...(mend === undefined ? {} : { mend }) };
}
