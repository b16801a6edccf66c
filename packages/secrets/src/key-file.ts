// Puts a key into a file that is for its user alone. The sidecar never does this: a person does, with the command line.

import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

import { SecretsError } from "./errors.ts";
import type { Secret } from "./secret.ts";

/** Without O_EXCL, a link that somebody has put there would be followed. */
const newFileFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Complete or not at all: whoever reads the file sees the key before or this one. It gets mode 0600. Throws SecretsError
 * `file_not_regular` when a link, folder or device is there, and `file_unwritable`; `setting` is what they call the file.
 */
export async function writeKeyFile(path: string, key: Secret, setting: string): Promise<void> {
  const file = resolve(path);
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}`);
  const there = await lstat(file).catch(() => null);
  if (there !== null && !there.isFile()) throw new SecretsError("file_not_regular", setting);
  try {
    await using handle = await open(draft, newFileFlags, 0o600);
    await handle.chmod(0o600);
    await handle.writeFile(`${key.reveal()}\n`);
    await handle.sync();
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new SecretsError("file_unwritable", setting, codeOf(cause));
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
