// A key from a file: opened once, and trusted for what the open descriptor says about it (S136).

import { constants, type Stats } from "node:fs";
import { open, realpath, stat, type FileHandle } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import process from "node:process";

import { SecretsError } from "../errors.ts";
import type { KeySource } from "../key-source.ts";
import { Secret } from "../secret.ts";

const maxBytes = 4096;
// Without O_NONBLOCK, opening a named pipe would wait for somebody to write to it.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const writableByOthers = 0o022;
const readableByAll = 0o004;
const settleMs = 200;

export interface FileKeySourceOptions {
  /** The setting that names the file, such as `OPENAI_API_KEY_FILE`. */
  readonly setting: string;
  readonly path: string;
  /** The user whose files are trusted beside root's; null where files have no such owner. */
  readonly userId?: number | null;
}

/**
 * Reads a regular file of at most 4 KiB that belongs to root or to this user and that nobody else may change or, by way
 * of "other", read. A link is followed only within the directory that it lies in, as orchestrators use for swaps.
 * Where the platform has no such owners and modes (Windows), only kind and size are checked.
 */
export function createFileKeySource(options: FileKeySourceOptions): KeySource {
  const { setting, path, userId = process.getuid?.() ?? null } = options;
  return {
    kind: "file",
    setting,
    settleMs,
    mark: () => markOf(path),
    async read(signal) {
      signal.throwIfAborted();
      await using handle = await openTrusted(path, setting);
      checkStats(await handle.stat(), userId, setting);
      signal.throwIfAborted();
      return await readText(handle, setting);
    },
  };
}

/** Links are followed: an orchestrator swaps the one that leads to the directory (S137). */
async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(":");
  } catch (cause) {
    return codeOf(cause) ?? "unreadable";
  }
}

async function openTrusted(path: string, setting: string): Promise<FileHandle> {
  try {
    return await open(path, openFlags);
  } catch (cause) {
    if (codeOf(cause) !== "ELOOP") throw openError(cause, setting);
  }
  try {
    const target = await realpath(path);
    const directory = await realpath(dirname(resolve(path)));
    const way = relative(directory, target);
    if (way === ".." || way.startsWith(`..${sep}`)) throw new SecretsError("file_link_outside", setting);
    return await open(target, openFlags);
  } catch (cause) {
    throw cause instanceof SecretsError ? cause : openError(cause, setting);
  }
}

/** The platform's error quotes the path, which has no place in a log; its code says enough. */
function openError(cause: unknown, setting: string): SecretsError {
  const code = codeOf(cause);
  if (code === "ENOENT" || code === "ENOTDIR") return new SecretsError("file_missing", setting);
  if (code === "ENXIO") return new SecretsError("file_not_regular", setting);
  return new SecretsError("file_unreadable", setting, code);
}

function checkStats(stats: Stats, userId: number | null, setting: string): void {
  if (!stats.isFile()) throw new SecretsError("file_not_regular", setting);
  if (userId !== null) {
    const mode = `mode 0${(stats.mode & 0o777).toString(8).padStart(3, "0")}`;
    if (stats.uid !== userId && stats.uid !== 0) throw new SecretsError("file_foreign_owner", setting, mode);
    if (stats.mode & writableByOthers) throw new SecretsError("file_writable_by_others", setting, mode);
    if (stats.mode & readableByAll) throw new SecretsError("file_readable_by_all", setting, mode);
  }
  if (stats.size > maxBytes) throw new SecretsError("file_too_large", setting);
}

async function readText(handle: FileHandle, setting: string): Promise<Secret> {
  // One byte more than allowed: the file may have grown since its size was read.
  const bytes = Buffer.alloc(maxBytes + 1);
  try {
    const length = await fill(bytes, handle, setting);
    if (length > maxBytes) throw new SecretsError("file_too_large", setting);
    return new Secret(decode(bytes.subarray(0, length), setting));
  } finally {
    bytes.fill(0);
  }
}

async function fill(bytes: Buffer, handle: FileHandle, setting: string): Promise<number> {
  try {
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return length;
  } catch (cause) {
    throw new SecretsError("file_unreadable", setting, codeOf(cause));
  }
}

function decode(bytes: Uint8Array, setting: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SecretsError("file_not_text", setting);
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
