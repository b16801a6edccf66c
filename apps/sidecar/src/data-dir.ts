// The folder that survives the process: made private, proven writable, and home of the keys we make ourselves.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { StartError } from "./start-error.ts";

const keyBytes = 32;
/** NFS, SMB in its three generations, AFS, Ceph: locks there do not hold, and SQLite's files get damaged (S152). */
const networkFileSystems = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400]);

/**
 * Creates the folder when it is missing. Throws StartError when it cannot be written to, or is on another machine's
 * disk, which is known on Linux alone.
 */
export function prepareDataDir(path: string, fileSystemOf = fileSystemType): void {
  try {
    makeFolders(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, "", { mode: 0o600 });
    rmSync(probe);
  } catch (cause) {
    throw new StartError(
      "The data directory cannot be written to. Make it writable for this user, or name another one with SIDEKIT_DATA_DIR.",
      { cause },
    );
  }
  if (!networkFileSystems.has(fileSystemOf(path))) return;
  throw new StartError(
    "The data directory is on a network file system, where a database gets damaged. Name one on a disk of this machine with SIDEKIT_DATA_DIR.",
    { exitStatus: 78 },
  );
}

/**
 * The key that turns a user into a pseudonym for the upstream. Made once and kept: another key would orphan every
 * hosted thread (S30, S150). Throws StartError when it is there and is not a key.
 */
export function loadPseudonymKey(dataDir: string): Buffer {
  return loadKey(dataDir, "pseudonym.key");
}

/**
 * The key that makes addresses of files unguessable (S106). Kept, so that an upload goes on after a restart. Throws
 * StartError when it is there and is not a key.
 */
export function loadAddressKey(dataDir: string): Buffer {
  return loadKey(dataDir, "address.key");
}

function loadKey(dataDir: string, name: string): Buffer {
  const folder = join(dataDir, "keys");
  const file = join(folder, name);
  try {
    makeFolders(folder);
    chmodSync(folder, 0o700);
    writeOnce(file, randomBytes(keyBytes));
    const key = readFileSync(file);
    if (key.length === keyBytes) return key;
  } catch (cause) {
    throw new StartError("The key of this installation in the data directory cannot be read or made.", {
      cause,
    });
  }
  throw new StartError(
    `The key of this installation in the data directory is damaged. Restore keys/${name}.`,
  );
}

/** Elsewhere the numbers mean something else. */
function fileSystemType(path: string): number {
  return process.platform === "linux" ? statfsSync(path).type >>> 0 : 0;
}

/** One by one: making them all in one call does not end where a parent takes no children. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Complete or absent, whoever else starts at the same moment. */
function writeOnce(file: string, content: Buffer): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content, { mode: 0o600, flag: "w" });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}
