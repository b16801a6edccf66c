// Everything that can be wrong with a configured key before anybody is asked about it, and how to mend it.

interface ErrorRow {
  /** `missing`: there is no key. `malformed`: there is something, and it is not used. `invalid`: the upstream refuses it. */
  readonly state: "missing" | "malformed" | "invalid";
  /** Sentences that name the setting and never hold a value. */
  readonly problem: (setting: string) => string;
  readonly mend: (setting: string) => string;
}

const copyAgain = (setting: string) =>
  `Copy the key again from where it was issued, and put it in ${setting}.`;
const ownerOnly = (setting: string) => `Run chmod 600 on the file that ${setting} names.`;

/** One row per failure. */
export const secretsErrors = {
  key_missing: {
    state: "missing",
    problem: (setting) => `${setting} is not set.`,
    mend: (setting) => `Set ${setting} to an API key, and start again.`,
  },
  key_not_handed_over: {
    state: "missing",
    problem: (setting) => `The program that started this one has handed over no key for ${setting}.`,
    mend: (setting) => `Let that program hand over a key, or choose another source for ${setting}.`,
  },
  key_blank: {
    state: "missing",
    problem: (setting) => `${setting} is set but blank.`,
    mend: (setting) => `Put an API key in ${setting}, or unset it.`,
  },
  key_placeholder: {
    state: "malformed",
    problem: (setting) => `${setting} holds a placeholder, not a key.`,
    mend: (setting) => `Replace the placeholder in ${setting} with a real key.`,
  },
  key_quoted: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} contains a quotation mark.`,
    mend: (setting) => `Write the key in ${setting} without quotation marks.`,
  },
  key_white_space: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} contains white space.`,
    mend: (setting) =>
      `Remove spaces, tabs and line breaks from ${setting}; one line break at the end is fine.`,
  },
  key_look_alike: {
    state: "malformed",
    problem: (setting) =>
      `The key in ${setting} contains a character beyond plain ASCII, such as a look-alike letter or an invisible one.`,
    mend: copyAgain,
  },
  key_unprintable: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} contains a control character.`,
    mend: copyAgain,
  },
  key_admin: {
    state: "malformed",
    problem: (setting) => `${setting} holds an administration key, which may do far more than a chat needs.`,
    mend: (setting) => `Create an ordinary project key, and put that in ${setting}.`,
  },
  key_wrong_prefix: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} does not begin the way the upstream's keys do.`,
    mend: (setting) => `Check that ${setting} holds an API key, and not another kind of credential.`,
  },
  key_too_short: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} is shorter than 20 characters.`,
    mend: copyAgain,
  },
  key_too_long: {
    state: "malformed",
    problem: (setting) => `The key in ${setting} is longer than 512 characters.`,
    mend: (setting) => `Check that ${setting} holds one key and nothing else.`,
  },
  key_unsettled: {
    state: "malformed",
    problem: (setting) => `What ${setting} leads to is being written.`,
    mend: () =>
      "Wait a moment; write keys to another file and rename that, so that it is never seen half done.",
  },
  key_refused: {
    state: "invalid",
    problem: (setting) => `The upstream refuses the new key in ${setting}; the one before stays in use.`,
    mend: (setting) => `Put a key in ${setting} that works.`,
  },

  keychain_not_installed: {
    state: "missing",
    problem: (setting) =>
      `${setting} names a keychain entry, but the package that reads keychains is not installed.`,
    mend: () => "Install @napi-rs/keyring beside @sidekit/secrets, or choose another source.",
  },
  keychain_unavailable: {
    state: "missing",
    problem: (setting) => `${setting} names a keychain entry, but this machine has no keychain that answers.`,
    mend: () =>
      "Start the desktop's keychain (on Linux: a Secret Service such as GNOME Keyring, and D-Bus), or choose another source.",
  },
  keychain_no_entry: {
    state: "missing",
    problem: (setting) => `The keychain has no entry of the name in ${setting}.`,
    mend: () => "Put the key there with sidekit keys set --keychain, or correct the name.",
  },
  keychain_locked: {
    state: "malformed",
    problem: (setting) => `The keychain that ${setting} names an entry of is locked.`,
    mend: () => "Unlock the keychain, then check again.",
  },
  keychain_denied: {
    state: "malformed",
    problem: (setting) => `The keychain does not let this program read the entry that ${setting} names.`,
    mend: () => "Allow the access when the keychain asks, then check again.",
  },
  keychain_ambiguous: {
    state: "malformed",
    problem: (setting) => `The keychain has more than one entry of the name in ${setting}.`,
    mend: () => "Remove all but one of them.",
  },
  keychain_slow: {
    state: "malformed",
    problem: (setting) => `The keychain did not answer within 5 s about the entry that ${setting} names.`,
    mend: () => "Look for a question of the keychain on the screen, answer it, then check again.",
  },
  keychain_failed: {
    state: "malformed",
    problem: (setting) => `The keychain could not give the entry that ${setting} names.`,
    mend: () => "Look at the entry with the system's own keychain program.",
  },

  file_missing: {
    state: "missing",
    problem: (setting) => `${setting} names a file that does not exist.`,
    mend: (setting) => `Create the file with the key in it, or correct ${setting}.`,
  },
  file_unreadable: {
    state: "malformed",
    problem: (setting) => `${setting} names a file that cannot be read.`,
    mend: (setting) => `Let the user who runs this process read the file that ${setting} names.`,
  },
  file_slow: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names could not be read in time.`,
    mend: () => "Check the disk or network share that the file is on.",
  },
  file_link_outside: {
    state: "malformed",
    problem: (setting) => `${setting} names a link that leads out of its own directory.`,
    mend: (setting) => `Let ${setting} name the file that the link leads to.`,
  },
  file_not_regular: {
    state: "malformed",
    problem: (setting) => `${setting} names something other than a regular file.`,
    mend: (setting) => `Let ${setting} name a file with the key in it.`,
  },
  file_foreign_owner: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names belongs to another user.`,
    mend: (setting) =>
      `Make root or the user who runs this process the owner of the file that ${setting} names.`,
  },
  file_writable_by_others: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names can be written by its group or by everybody.`,
    mend: ownerOnly,
  },
  file_readable_by_all: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names can be read by everybody.`,
    mend: ownerOnly,
  },
  file_unwritable: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names cannot be written.`,
    mend: () => "Name a file in a folder of yours.",
  },
  file_too_large: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names is larger than 4 KiB.`,
    mend: (setting) => `Let ${setting} name a file with the key and nothing else in it.`,
  },
  file_not_text: {
    state: "malformed",
    problem: (setting) => `The file that ${setting} names is not UTF-8 text.`,
    mend: (setting) => `Save the file that ${setting} names as plain text.`,
  },
} as const satisfies Record<string, ErrorRow>;

/** Names a row of the table. */
export type SecretsErrorCode = keyof typeof secretsErrors;

/**
 * The one error of this package. Its sentences come from the table and name the setting; `fact` is a short detail such
 * as `mode 0644` or `EACCES`. No value, content or path is in any of them, so all may be logged and shown.
 */
export class SecretsError extends Error {
  override readonly name = "SecretsError";
  readonly code: SecretsErrorCode;
  readonly state: ErrorRow["state"];
  readonly problem: string;
  readonly mend: string;

  constructor(code: SecretsErrorCode, setting: string, fact?: string) {
    const row: ErrorRow = secretsErrors[code];
    const sentence = row.problem(setting);
    const problem = fact === undefined ? sentence : `${sentence.slice(0, -1)} (${fact}).`;
    super(problem);
    this.code = code;
    this.state = row.state;
    this.problem = problem;
    this.mend = row.mend(setting);
  }
}
