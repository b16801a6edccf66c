// The machine below the sidecar: its data directory, disk, descriptors and database.

import { constants } from "node:fs";
import { access, readdir, readFile, stat, statfs } from "node:fs/promises";

import type { Check, CheckResult } from "./examination.ts";

const mebibyte = 1_048_576;
const littleFreeMb = 1_024;
const tooLittleFreeMb = 100;
/** L9: connections may take this share of the descriptors; files, the upstream and the store need the rest. */
const connectionShare = 0.8;

export function dataDirCheck(dataDir: string): Check {
  return {
    name: "data directory",
    why: "Conversations, files and the keys of this installation are kept there.",
    async run() {
      try {
        await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
      } catch {
        return [
          {
            status: "broken",
            what: "The data directory cannot be written to any more.",
            mend: "Give it back to the user of the sidecar, or name another one with SIDEKIT_DATA_DIR.",
          },
        ];
      }
      const { mode } = await stat(dataDir);
      if (process.platform === "win32" || (mode & 0o077) === 0) {
        return [{ status: "ok", what: "The data directory is writable, and nobody else may look into it." }];
      }
      return [
        {
          status: "warning",
          what: `Other users of this machine may look into the data directory (mode ${(mode & 0o777).toString(8)}).`,
          mend: "Take their rights away: chmod 700.",
        },
      ];
    },
  };
}

/** `freeMb` stands in for the disk where a test has none that is full. */
export function diskCheck(dataDir: string, freeMb: (path: string) => Promise<number> = freeSpaceMb): Check {
  return {
    name: "disk",
    why: "Without room no message can be stored, and a message that cannot be stored is not answered.",
    async run() {
      const free = Math.floor(await freeMb(dataDir));
      const what = `The disk of the data directory has ${free} MB left.`;
      if (free >= littleFreeMb) return [{ status: "ok", what }];
      const status = free < tooLittleFreeMb ? "broken" : "warning";
      return [{ status, what, mend: "Make room, or move the data directory to a larger disk." }];
    },
  };
}

/** R64. Only where the system tells. */
export function descriptorCheck(
  maxConnections: number,
  usage: () => Promise<{ readonly limit: number; readonly open: number } | null> = descriptorUsage,
): Check {
  return {
    name: "file descriptors",
    why: "Each connection and each open file takes one; without any left nobody gets in.",
    async run() {
      const found = await usage();
      if (found === null) return [];
      const { limit, open } = found;
      const needed = Math.ceil(maxConnections / connectionShare);
      const mend = `Raise the limit of open files for the sidecar to at least ${needed} (ulimit -n, or LimitNOFILE).`;
      if (limit < needed) {
        const what = `Up to ${maxConnections} connections are taken, but only ${limit} files may be open.`;
        return [{ status: "warning", what, mend }];
      }
      const what = `${open} of ${limit} file descriptors are in use.`;
      return open > limit * connectionShare ? [{ status: "warning", what, mend }] : [{ status: "ok", what }];
    },
  };
}

/** `intact` reads the whole database: false if it is damaged. */
export function databaseCheck(intact: (signal: AbortSignal) => Promise<boolean>): Check {
  return {
    name: "database",
    why: "What is damaged cannot be read back, and gets worse with every write.",
    async run(signal): Promise<CheckResult[]> {
      if (await intact(signal)) return [{ status: "ok", what: "The database is whole." }];
      return [
        {
          status: "broken",
          what: "The database is damaged.",
          mend: "Stop the sidecar, set sidekit.sqlite and the files beside it aside, and restore a backup. The sqlite3 tool's .recover saves what can be read.",
        },
      ];
    },
  };
}

async function freeSpaceMb(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return (bavail * bsize) / mebibyte;
}

async function descriptorUsage(): Promise<{ limit: number; open: number } | null> {
  try {
    const limits = await readFile("/proc/self/limits", "utf8");
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
    return Number.isFinite(limit) ? { limit, open: (await readdir("/proc/self/fd")).length } : null;
  } catch {
    return null;
  }
}
