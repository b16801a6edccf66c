// The folder that outlives the process.

import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { CliError } from "../errors.ts";

/** Makes the folder, for this user alone, if it is missing. Throws CliError `data_dir_unwritable`. */
export function prepareDataDir(path: string): void {
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CliError("data_dir_unwritable", "", { cause });
  }
}

/** Node's own recursion never ends where a parent is there but takes no children: under /proc, behind a dead link. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}
